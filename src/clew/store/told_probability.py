"""By which probability a span was kept, from what it tells (`otlp_told.sql`)."""

import functools

from clew.store.encoded_attributes import read_attributes

_REJECTION_DIGITS = 14
_TRACES: int = 16**_REJECTION_DIGITS
_LEAST = 1 / _TRACES
"""Whatever says less is wrong, and its weight would be too large to count with."""
_ATTRIBUTES = b"\n"


@functools.lru_cache(4096)
def probability_of(told: bytes) -> float:
    """0 when it doesn't tell; else by its threshold of rejection, else by Jaeger's attributes.

    A span that says it was kept by something else (a lower bound, a rate limit) has none, whatever else it has:
    clients leave in the trace state what a sampler before has written.
    """
    threshold, attributes, rest = told.partition(_ATTRIBUTES)
    first: dict[str, str] = {}
    for key, text in read_attributes(attributes + rest):
        first.setdefault(key, text)
    sampler = first.get("sampler.type", "")
    if sampler not in ("", "probabilistic"):
        return 0.0
    if threshold:
        return (_TRACES - int(threshold.ljust(_REJECTION_DIGITS, b"0"), 16)) / _TRACES
    return _proper(first.get("sampler.param", "")) if sampler else 0.0


def _proper(text: str) -> float:
    try:
        probability = float(text)
    except ValueError:
        return 0.0
    return probability if _LEAST <= probability <= 1 else 0.0
