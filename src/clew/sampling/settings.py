"""Settings of sampling: where strategies come from, and how adaptive ones are calculated."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SamplingSettings:
    """Times are seconds; the figures of adaptive sampling are Jaeger's, but for the delay."""

    strategies_file: Path | None = None
    """Jaeger's JSON; read again when it changes."""
    strategies_file_interval_s: float = 5.0
    """Between two looks whether it has changed."""

    interval_s: float = 60.0
    """Root spans are counted in windows of this length, and probabilities calculated after each; 0: never."""
    delay_s: float = 30.0
    """After a window's end, until it is counted. Jaeger waits for 120 s, because what it calculates from a window is
    wrong when clients have taken over another probability in it; here each span says by which one it was kept."""
    initial_probability: float = 0.001
    """Of an operation that was never seen."""
    min_probability: float = 1e-5
    min_samples_per_s: float = 0.0167
    """The lower bound that clients get with adaptive strategies: one trace a minute."""
    tolerance: float = 0.3
    """A probability stays when the expected rate is this near to the target."""
