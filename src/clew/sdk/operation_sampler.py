"""A probability for each operation, and of each operation at least a trace now and then."""

from collections.abc import Mapping

from clew.sdk.jaeger_sampler import JaegerSampler, Tags, tags_of
from clew.sdk.probabilistic_sampler import ProbabilisticSampler
from clew.sdk.rate_limiter import RateLimiter
from clew.sdk.sampling_strategy import OperationStrategies

MOST_OPERATIONS = 2000
"""As in Jaeger's Python client: names with ids in them are without end."""


class GuaranteedThroughputSampler(JaegerSampler):
    """Jaeger's `lowerbound`: by probability, and where that keeps too few, `lower_bound_per_s` traces per second.

    A trace that both would keep counts as the probability's, and spends a credit of the lower bound nevertheless.
    """

    def __init__(self, rate: float, lower_bound: RateLimiter) -> None:
        self.rate = rate
        self.lower_bound = lower_bound
        self._by_probability = ProbabilisticSampler(rate)
        self._tags = tags_of("lowerbound", float(rate))

    def choose(self, trace_id: int, operation: str) -> Tags | None:
        tags = self._by_probability.choose(trace_id, operation)
        is_wanted = self.lower_bound.spend()
        if tags is not None:
            return tags
        return self._tags if is_wanted else None

    def get_description(self) -> str:
        return f"GuaranteedThroughputSampler{{{self.rate},{self.lower_bound.credits_per_s}}}"


class PerOperationSampler(JaegerSampler):
    """Strategies by operation. Those that are in none get the default probability, and each its own lower bound.

    Beyond `most_operations` there is the default probability only. Takes over the credits of the one before it, so
    that new strategies don't mean new credits.
    """

    def __init__(
        self,
        strategies: OperationStrategies,
        before: "PerOperationSampler | None" = None,
        most_operations: int = MOST_OPERATIONS,
    ) -> None:
        self._strategies = strategies
        self._most = most_operations
        self._others = ProbabilisticSampler(strategies.default_probability)
        known = {} if before is None else dict(before.by_operation)
        rates = {**dict.fromkeys(known, strategies.default_probability), **strategies.by_operation}
        self._by_operation = {name: self._make(rate, known.get(name)) for name, rate in rates.items()}

    @property
    def by_operation(self) -> Mapping[str, GuaranteedThroughputSampler]:
        return self._by_operation

    def choose(self, trace_id: int, operation: str) -> Tags | None:
        sampler = self._by_operation.get(operation)
        if sampler is None:
            if len(self._by_operation) >= self._most:
                return self._others.choose(trace_id, operation)
            made = self._make(self._others.rate, None)
            sampler = self._by_operation.setdefault(operation, made)  # of two threads, one makes it
        return sampler.choose(trace_id, operation)

    def _make(self, rate: float, known: GuaranteedThroughputSampler | None) -> GuaranteedThroughputSampler:
        bound_per_s = self._strategies.lower_bound_per_s
        if known is None:
            return GuaranteedThroughputSampler(rate, RateLimiter(bound_per_s))
        if known.lower_bound.credits_per_s != bound_per_s:
            known.lower_bound.change(bound_per_s)
        return GuaranteedThroughputSampler(rate, known.lower_bound)

    def get_description(self) -> str:
        lower_bound_per_s = self._strategies.lower_bound_per_s
        return f"PerOperationSampler{{{len(self._by_operation)},{self._others.rate},{lower_bound_per_s}}}"
