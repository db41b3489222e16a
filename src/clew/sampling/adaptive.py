"""Adaptive sampling: which probability brings the wanted number of traces per second; pure calculation.

Jaeger multiplies the present probability by target / measured rate. That goes wrong while clients are still sampling by
an older probability, as they do for a minute or two after each change, so that it overshoots. Here each root span says
by which probability p it was kept, and stands for 1/p requests: their sum is the real rate, whatever mixture of
probabilities the clients used, and target / real rate is the answer at once.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from heapq import nlargest

from clew.sampling.settings import SamplingSettings

FORGET_AFTER_S = 7 * 86_400
"""An operation that pauses for a weekend finds its probability again."""
MOST_OPERATIONS = 20_000
"""2 MB of state. Clients follow 256 to 2,000 operations of one service, and names with ids in them are without end."""
_LEAST_STEP = 2.0
_NOISE = 2.0
"""Standard deviations that may be chance."""
_MOST_TOLERANCE = 0.9

Operation = tuple[str, str]
"""A service and a span name."""


@dataclass(frozen=True, slots=True)
class Throughput:
    """Root spans of one operation in one window.

    `samples` were kept by a probability p that they tell; the sums are over 1/p and 1/p². `others` don't tell one: kept
    by a lower bound or a rate limit, or by clients that say nothing.
    """

    samples: int
    weight_sum: float
    square_sum: float
    others: int = 0

    @property
    def effective_samples(self) -> float:
        """How many samples of equal weight would be as certain; one with a huge weight makes it 1."""
        return self.weight_sum**2 / self.square_sum if self.square_sum > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Learned:
    """The probability of one operation, and the end of the last window (Unix time, s) in which it was seen."""

    probability: float
    seen_unix_s: float


def next_probability(
    old: float, target_per_s: float, seen: Throughput, window_s: float, settings: SamplingSettings
) -> float:
    """The probability for an operation after a window, 0 < p <= 1.

    When the rate that the old one brings is near enough to the target, it stays. A step is at most by the factor of the
    samples it rests on, and at least by 2. Without any sample it is doubled while fewer traces come than are wanted.
    """
    if seen.samples == 0:
        new = old * _LEAST_STEP if 0 < seen.others / window_s < target_per_s else old
    else:
        expected_per_s = seen.weight_sum * old / window_s
        if abs(expected_per_s - target_per_s) / target_per_s < _tolerance(target_per_s * window_s, settings):
            return old
        most = max(_LEAST_STEP, seen.effective_samples)
        new = old * min(max(target_per_s / expected_per_s, 1 / most), most)
    return min(1.0, max(settings.min_probability, new))


def _tolerance(wanted_samples: float, settings: SamplingSettings) -> float:
    """Of a few samples, chance alone makes more difference than the tolerance allows."""
    return max(settings.tolerance, min(_MOST_TOLERANCE, _NOISE / math.sqrt(wanted_samples)))


class AdaptiveProbabilities:
    """The probabilities of all operations; one thread advances, any may read."""

    def __init__(self, settings: SamplingSettings, learned: Mapping[Operation, Learned] | None = None) -> None:
        self._settings = settings
        self._learned = dict(learned or {})
        self._by_service = _by_service(self._learned)

    @property
    def learned(self) -> Mapping[Operation, Learned]:
        """All of them, to be kept for the next start."""
        return self._learned

    def of_service(self, service: str) -> Mapping[str, float]:
        """By operation, for those that were seen."""
        return self._by_service.get(service, {})

    def advance(
        self,
        window_end_s: float,
        window_s: float,
        seen: Mapping[Operation, Throughput],
        target_of: Callable[[str, str], float | None],
    ) -> None:
        """Take in the root spans of a window. `target_of`: the wanted samples per second, None: isn't adaptive."""
        learned = {
            operation: each
            for operation, each in self._learned.items()
            if each.seen_unix_s > window_end_s - FORGET_AFTER_S
        }
        for operation, throughput in seen.items():
            target_per_s = target_of(*operation)
            if target_per_s is not None:
                known = learned.get(operation)
                old = self._settings.initial_probability if known is None else known.probability
                new = next_probability(old, target_per_s, throughput, window_s, self._settings)
                learned[operation] = Learned(new, window_end_s)
        self._learned = _newest(learned)
        self._by_service = _by_service(self._learned)


def _newest(learned: dict[Operation, Learned]) -> dict[Operation, Learned]:
    if len(learned) <= MOST_OPERATIONS:
        return learned
    return dict(nlargest(MOST_OPERATIONS, learned.items(), key=lambda item: item[1].seen_unix_s))


def _by_service(learned: Mapping[Operation, Learned]) -> dict[str, dict[str, float]]:
    by_service: dict[str, dict[str, float]] = {}
    for (service, operation), each in sorted(learned.items()):
        by_service.setdefault(service, {})[operation] = each.probability
    return by_service
