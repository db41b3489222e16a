"""Jaeger's sampler `probabilistic`: a share of the traces, chosen by their ids."""

from clew.sdk.jaeger_sampler import JaegerSampler, Tags, tags_of
from clew.sdk.sampler import TRACE_ID_LIMIT

DEFAULT_PROBABILITY = 0.001
"""Jaeger's, and that of a server that was told nothing."""


class ProbabilisticSampler(JaegerSampler):
    """Keeps a trace when the lower half of its id is small enough: the very ones that `TraceIdRatioBased` keeps.

    Raises ValueError for what is no probability.
    """

    def __init__(self, rate: float) -> None:
        if not 0 <= rate <= 1:
            raise ValueError(f"a probability is from 0 to 1, not {rate}")
        self.rate = rate
        self._bound = round(rate * TRACE_ID_LIMIT)
        self._tags = tags_of("probabilistic", float(rate))

    def choose(self, trace_id: int, operation: str) -> Tags | None:
        return self._tags if trace_id % TRACE_ID_LIMIT < self._bound else None

    def get_description(self) -> str:
        return f"ProbabilisticSampler{{{self.rate}}}"
