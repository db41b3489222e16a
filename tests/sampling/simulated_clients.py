"""A service under changing load, whose processes sample by what they are told; time is simulated, second by second."""

import math
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from clew.sampling.adaptive import AdaptiveProbabilities, Learned, Throughput
from clew.sampling.settings import SamplingSettings

SERVICE = "shop"
TARGET_PER_S = 1.0
POLL_S = 60
_FULL = 1 << 56

Load = Callable[[int], Mapping[str, float]]
"""Requests per second of each operation, by the second."""


@dataclass(slots=True)
class Window:
    """What was kept of one operation in one window, by probability; `others`: by the lower bound."""

    by_probability: dict[float, int] = field(default_factory=dict)
    others: int = 0


class Controller(Protocol):
    """Chooses probabilities."""

    def probability(self, operation: str) -> float:
        """What clients are told now."""

    def take_in(self, window_end_s: float, windows: Mapping[str, Window]) -> None:
        """A window has ended."""


class ClewController:
    """What Clew does."""

    def __init__(self, settings: SamplingSettings) -> None:
        self._settings = settings
        self.adaptive = AdaptiveProbabilities(settings)

    def restart(self) -> None:
        """Only what is kept in the file is left."""
        kept = {key: Learned(each.probability, each.seen_unix_s) for key, each in self.adaptive.learned.items()}
        self.adaptive = AdaptiveProbabilities(self._settings, kept)

    def probability(self, operation: str) -> float:
        return self.adaptive.of_service(SERVICE).get(operation, self._settings.initial_probability)

    def take_in(self, window_end_s: float, windows: Mapping[str, Window]) -> None:
        seen = {(SERVICE, operation): throughput(window) for operation, window in windows.items()}
        self.adaptive.advance(window_end_s, self._settings.interval_s, seen, lambda *_: TARGET_PER_S)


class JaegerController:
    """The rules of Jaeger's adaptive sampling, with one bucket: multiply by target / measured rate, at most by 2."""

    def __init__(self, settings: SamplingSettings) -> None:
        self._settings = settings
        self._probabilities: dict[str, float] = {}

    def probability(self, operation: str) -> float:
        return self._probabilities.get(operation, self._settings.initial_probability)

    def take_in(self, window_end_s: float, windows: Mapping[str, Window]) -> None:
        for operation, window in windows.items():
            old = self.probability(operation)
            rate_per_s = sum(window.by_probability.values()) / self._settings.interval_s
            if abs(rate_per_s - TARGET_PER_S) / TARGET_PER_S < self._settings.tolerance:
                continue
            factor = 2.0 if rate_per_s == 0 else min(2.0, TARGET_PER_S / rate_per_s)
            self._probabilities[operation] = min(1.0, max(self._settings.min_probability, old * factor))


class Process:
    """One process of the service: Jaeger's sampler per operation, with its lower bound."""

    def __init__(self, chance: random.Random, phase_s: int, tells_threshold: bool, lower_bound_per_s: float) -> None:
        self._chance = chance
        self._phase_s = phase_s
        self._tells_threshold = tells_threshold
        self._lower_bound_per_s = lower_bound_per_s
        self._credit: dict[str, float] = {}
        self.probabilities: dict[str, float] = {}

    def run(self, second: int, loads: Mapping[str, float], controller: Controller) -> Iterator[tuple[str, float, int]]:
        """Operation, probability (0: lower bound) and number of the root spans that this second brings."""
        if second % POLL_S == self._phase_s or not self.probabilities:
            self.probabilities = {name: controller.probability(name) for name in loads}
        for name, rate_per_s in loads.items():
            probability = self.probabilities.setdefault(name, controller.probability(name))
            kept = poisson(self._chance, rate_per_s * probability)
            left = poisson(self._chance, rate_per_s * (1 - probability))
            credit = min(1.0, self._credit.get(name, 1.0) + self._lower_bound_per_s)
            by_bound = int(credit >= 1.0 and kept == 0 and left > 0)
            self._credit[name] = credit - 1.0 if by_bound or (kept and credit >= 1.0) else credit
            if kept:
                yield name, told(probability) if self._tells_threshold else probability, kept
            if by_bound:
                yield name, 0.0, 1


class Simulation:
    """Runs second by second; `controlled` is called after each window with the rate to expect of each operation."""

    def __init__(self, controller: Controller, load: Load, *, tells_threshold: bool, processes: int = 4) -> None:
        self.settings = SamplingSettings()
        self.controller = controller
        self._load = load
        bound = self.settings.min_samples_per_s
        self._processes = [
            Process(random.Random(number), number * POLL_S // processes, tells_threshold, bound)
            for number in range(processes)
        ]
        self._windows: dict[int, dict[str, Window]] = {}

    def rates(self, windows: int) -> list[dict[str, float]]:
        """After each window: how many samples per second of each operation clients send by what they follow then."""
        found = []
        window_s, delay_s = int(self.settings.interval_s), int(self.settings.delay_s)
        for second in range(windows * window_s + delay_s + 1):
            self._run_second(second, window_s)
            ended, late_s = divmod(second, window_s)
            if late_s == delay_s and ended > 0:
                self.controller.take_in(float(ended * window_s), self._windows.pop(ended - 1, {}))
            if late_s == 0 and ended > 0:
                found.append(self._rates(second))
        return found[:windows]

    def _run_second(self, second: int, window_s: int) -> None:
        loads = {name: rate / len(self._processes) for name, rate in self._load(second).items()}
        windows = self._windows.setdefault(second // window_s, {})
        for process in self._processes:
            for name, probability, count in process.run(second, loads, self.controller):
                window = windows.setdefault(name, Window())
                if probability:
                    window.by_probability[probability] = window.by_probability.get(probability, 0) + count
                else:
                    window.others += count

    def _rates(self, second: int) -> dict[str, float]:
        load = self._load(second)
        each = len(self._processes)
        return {name: sum(p.probabilities[name] for p in self._processes) * rate / each for name, rate in load.items()}


def throughput(window: Window) -> Throughput:
    """What the store's statement makes of such spans."""
    counts = window.by_probability.items()
    return Throughput(
        sum(window.by_probability.values()),
        sum(count / probability for probability, count in counts),
        sum(count / probability**2 for probability, count in counts),
        window.others,
    )


def told(probability: float) -> float:
    """The probability in a threshold of 56 bits, of which four hexadecimal digits after leading `f`s are written."""
    threshold = round((1 - probability) * _FULL)
    digits = f"{threshold:014x}"
    leading = len(digits) - len(digits.lstrip("f"))
    step: int = 16 ** max(0, 14 - leading - 4)
    return float(1 - round(threshold / step) * step / _FULL)


def poisson(chance: random.Random, mean: float) -> int:
    """A number of events; above 50 by the normal distribution, which is near enough."""
    if mean > 50:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    count, product, limit = 0, chance.random(), math.exp(-mean)
    while product > limit:
        count += 1
        product *= chance.random()
    return count
