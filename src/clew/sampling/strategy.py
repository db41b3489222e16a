"""Strategies as people write them, and which of them holds for a service; values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

DEFAULT_PROBABILITY = 0.001
"""What a service is told that nobody wrote anything about, as by Jaeger."""


@dataclass(frozen=True, slots=True)
class Probabilistic:
    """Keep this share of the traces, 0 to 1."""

    probability: float


@dataclass(frozen=True, slots=True)
class RateLimiting:
    """Each process of the service keeps at most so many traces per second."""

    max_traces_per_s: int


@dataclass(frozen=True, slots=True)
class Adaptive:
    """Clew chooses a probability for each operation, so that about so many traces per second of it come in."""

    target_samples_per_s: float


Sampler = Probabilistic | RateLimiting | Adaptive
OperationSampler = Probabilistic | Adaptive


@dataclass(frozen=True, slots=True)
class Strategy:
    """For one service, or for all others: a sampler, and others for some operations.

    `lower_bound_per_s`: each process keeps at least so many traces per second of each operation; None: not said.
    """

    sampler: Sampler
    operations: Mapping[str, OperationSampler] = field(default_factory=dict)
    lower_bound_per_s: float | None = None

    @property
    def is_adaptive(self) -> bool:
        """Whether any probability of it has to be calculated."""
        return any(isinstance(each, Adaptive) for each in (self.sampler, *self.operations.values()))


@dataclass(frozen=True, slots=True)
class Strategies:
    """What one source says: by service, and for all others."""

    default: Strategy | None = None
    services: Mapping[str, Strategy] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """The strategy that holds for a service.

    `default_probability` is for its operations that none of the samplers in it says anything about.
    """

    strategy: Strategy
    default_probability: float


BUILT_IN = Strategy(Probabilistic(DEFAULT_PROBABILITY))


def choose(service: str, sources: Sequence[Strategies]) -> Choice:
    """The strategy for a service; earlier sources have precedence.

    What any source says about the service itself comes before what any says about all. A service has the operations
    of the default strategy as well, except those that it has itself: as with Jaeger, so that the same file means the
    same here.
    """
    default = next((each.default for each in sources if each.default is not None), BUILT_IN)
    own = next((each.services[service] for each in sources if service in each.services), None)
    if own is None:
        return Choice(default, _default_probability(default))
    chosen = replace(
        own,
        operations={**own.operations, **{k: v for k, v in default.operations.items() if k not in own.operations}},
        lower_bound_per_s=default.lower_bound_per_s if own.lower_bound_per_s is None else own.lower_bound_per_s,
    )
    takes_all = isinstance(own.sampler, RateLimiting) and not own.operations
    return Choice(chosen, _default_probability(default if takes_all else own))


def _default_probability(strategy: Strategy) -> float:
    return strategy.sampler.probability if isinstance(strategy.sampler, Probabilistic) else DEFAULT_PROBABILITY
