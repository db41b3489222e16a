"""How many spans one stands for that a client kept by chance and sent; pure.

A client that keeps one span in a hundred says so with the span, and 100 is its weight: an unbiased estimate of the
spans that there were is the sum of weights (OpenTelemetry: "adjusted count").
"""


def weight_of(probability: float) -> float:
    """1 / probability; a span with no known probability (0) stands for itself, exactly."""
    return 1 if probability in (0, 1) else 1 / probability
