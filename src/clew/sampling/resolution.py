"""From the strategy that holds for a service to what its clients are told."""

from collections.abc import Mapping

from clew.sampling.answer import Answer, OperationSampling
from clew.sampling.settings import SamplingSettings
from clew.sampling.strategy import Adaptive, Choice, Probabilistic, RateLimiting, Strategy


def resolve(choice: Choice, learned: Mapping[str, float], settings: SamplingSettings) -> Answer:
    """The answer for a service; `learned`: the calculated probabilities of its operations."""
    strategy = choice.strategy
    sampler = strategy.sampler
    return Answer(
        probability=sampler.probability if isinstance(sampler, Probabilistic) else None,
        max_traces_per_s=sampler.max_traces_per_s if isinstance(sampler, RateLimiting) else None,
        operations=_operations(choice, learned, settings) if _needs_operations(strategy) else None,
    )


def target_of(strategy: Strategy, operation: str) -> float | None:
    """How many traces per second of an operation are wanted; None: it isn't adaptive."""
    sampler = strategy.operations.get(operation, strategy.sampler)
    return sampler.target_samples_per_s if isinstance(sampler, Adaptive) else None


def _needs_operations(strategy: Strategy) -> bool:
    return bool(strategy.operations or strategy.lower_bound_per_s or isinstance(strategy.sampler, Adaptive))


def _operations(choice: Choice, learned: Mapping[str, float], settings: SamplingSettings) -> OperationSampling:
    strategy = choice.strategy
    is_adaptive = isinstance(strategy.sampler, Adaptive)
    by_operation = {
        name: sampler.probability if isinstance(sampler, Probabilistic) else settings.initial_probability
        for name, sampler in strategy.operations.items()
    }
    by_operation |= {name: p for name, p in learned.items() if target_of(strategy, name) is not None}
    return OperationSampling(
        settings.initial_probability if is_adaptive else choice.default_probability,
        _lower_bound_per_s(strategy, settings),
        by_operation,
    )


def _lower_bound_per_s(strategy: Strategy, settings: SamplingSettings) -> float:
    if strategy.lower_bound_per_s is not None:
        return strategy.lower_bound_per_s
    return settings.min_samples_per_s if strategy.is_adaptive else 0.0
