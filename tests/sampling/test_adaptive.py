import math
from collections.abc import Mapping

import pytest

from clew.sampling.adaptive import (
    FORGET_AFTER_S,
    MOST_OPERATIONS,
    AdaptiveProbabilities,
    Learned,
    Throughput,
    next_probability,
)
from clew.sampling.settings import SamplingSettings
from tests.sampling.simulated_clients import (
    SERVICE,
    TARGET_PER_S,
    ClewController,
    Controller,
    JaegerController,
    Simulation,
)

SETTINGS = SamplingSettings()
WINDOW_S = SETTINGS.interval_s
CHANGES = {0: 200.0, 15: 2000.0, 30: 200.0, 45: 0.0, 55: 200.0, 70: 20.0, 85: 2.0}
"""Requests per second from so many minutes (and 23 s) on: 10 times up, down, a pause, 100 times down."""
NEW_AT, WINDOWS = 30, 100
SETTLED_WINDOWS = 6
NEARLY = 0.5
"""How far from the target a settled rate may be; chance alone makes 13 % of it at 60 samples per window."""


def load(second: int) -> Mapping[str, float]:
    """Two operations, of which one appears later."""
    rates = {minute: rate for minute, rate in CHANGES.items() if minute * 60 + (23 if minute else 0) <= second}
    loads = {"GET /": rates[max(rates)]}
    return loads | ({"POST /orders": 500.0} if second >= NEW_AT * 60 else {})


def uniform(samples: int, probability: float, others: int = 0) -> Throughput:
    """Samples that were all kept by one probability."""
    return Throughput(samples, samples / probability, samples / probability**2, others)


def settled_windows() -> list[int]:
    """Those that end long enough after a change, with traffic."""
    changes = sorted(CHANGES)
    last = [next(minute for minute in reversed(changes) if minute <= window) for window in range(WINDOWS)]
    return [window for window in range(WINDOWS) if window - last[window] > SETTLED_WINDOWS and CHANGES[last[window]]]


def worst(controller: Controller, tells_threshold: bool) -> tuple[float, float]:
    """The largest deviation from the target, as a share of it, in settled windows: of both operations."""
    rates = Simulation(controller, load, tells_threshold=tells_threshold).rates(WINDOWS)
    old = max(abs(rates[window]["GET /"] - TARGET_PER_S) for window in settled_windows())
    new = max(abs(rates[window]["POST /orders"] - TARGET_PER_S) for window in range(NEW_AT + SETTLED_WINDOWS, WINDOWS))
    return old / TARGET_PER_S, new / TARGET_PER_S


@pytest.mark.parametrize("tells_threshold", [False, True], ids=["sampler.param", "ot=th"])
def test_rates_converge_to_the_target(tells_threshold: bool) -> None:
    """Six windows after the load grew or fell tenfold, paused or began, the rate is within half of the target, and
    stays there; for clients that tell Jaeger's tags as for those that tell OpenTelemetry's threshold.
    """
    old, new = worst(ClewController(SETTINGS), tells_threshold)
    assert old < NEARLY
    assert new < NEARLY


def test_the_rules_of_jaeger_swing() -> None:
    """The same clients under Jaeger's rules are still off by more than half after six windows: what is better here."""
    assert max(worst(JaegerController(SETTINGS), tells_threshold=False)) > NEARLY


def test_a_pause_changes_nothing() -> None:
    """An operation without traffic keeps its probability."""
    learned = {("a", "b"): Learned(0.25, 1000.0)}
    adaptive = AdaptiveProbabilities(SETTINGS, learned)
    adaptive.advance(1060.0, WINDOW_S, {}, lambda *_: 1.0)
    assert adaptive.learned == learned


def test_a_restart_goes_on_where_it_was() -> None:
    """With what was kept, the probabilities are the same before and after."""
    controller = ClewController(SETTINGS)
    Simulation(controller, load, tells_threshold=True).rates(10)
    before = controller.probability("GET /")
    controller.restart()
    assert controller.probability("GET /") == before != SETTINGS.initial_probability


@pytest.mark.parametrize(
    ("old", "seen", "expected"),
    [
        pytest.param(0.1, uniform(60, 0.1), 0.1, id="on target"),
        pytest.param(0.1, uniform(75, 0.1), 0.1, id="within the tolerance"),
        pytest.param(0.1, uniform(600, 0.1), 0.01, id="ten times too many: at once"),
        pytest.param(0.1, uniform(6, 0.1), 0.6, id="ten times too few: by six samples, sixfold at most"),
        pytest.param(0.1, uniform(1, 0.1), 0.2, id="one sample: doubled at most"),
        pytest.param(0.01, uniform(600, 0.1), 0.01, id="clients follow an older one, and the present one is right"),
        pytest.param(0.001, uniform(0, 1, others=1), 0.002, id="only the lower bound: doubled"),
        pytest.param(0.001, uniform(0, 1, others=60), 0.001, id="enough come, however they are kept"),
        pytest.param(0.001, uniform(0, 1), 0.001, id="none came"),
        pytest.param(0.9, uniform(2, 0.9), 1.0, id="never above 1"),
        pytest.param(1e-5, uniform(10**6, 1e-3), 1e-5, id="never below the least"),
    ],
)
def test_a_step(old: float, seen: Throughput, expected: float) -> None:
    """One window and a target of one sample per second."""
    assert next_probability(old, 1.0, seen, WINDOW_S, SETTINGS) == pytest.approx(expected)


def test_one_heavy_sample_does_not_lead() -> None:
    """A single span that was kept by a tiny probability moves the next one by a factor of 2 at most."""
    seen = Throughput(61, 600 + 1e5, 6000 + 1e10)
    assert seen.effective_samples == pytest.approx(1.01, abs=0.01)
    assert next_probability(0.1, 1.0, seen, WINDOW_S, SETTINGS) == pytest.approx(0.05)


def test_a_small_target_is_not_chased() -> None:
    """Of six wanted samples, three to ten may come by chance; none that leaves only two alone."""
    few = 0.1
    for samples in (3, 10):
        assert next_probability(0.5, few, uniform(samples, 0.5), WINDOW_S, SETTINGS) == 0.5
    assert next_probability(0.25, few, uniform(1, 0.25), WINDOW_S, SETTINGS) == 0.5


def test_what_is_not_adaptive_is_left_alone() -> None:
    """Only operations with a target are learned, each with its own."""
    adaptive = AdaptiveProbabilities(SETTINGS)
    seen = {("a", "slow"): uniform(600, 0.1), ("a", "fast"): uniform(600, 0.1), ("a", "fixed"): uniform(600, 0.1)}
    adaptive.advance(60.0, WINDOW_S, seen, lambda _, name: {"slow": 0.5, "fast": 10.0}.get(name))
    assert set(adaptive.of_service("a")) == {"slow", "fast"}
    slow, fast = (adaptive.learned["a", name].probability for name in ("slow", "fast"))
    assert fast > slow
    assert adaptive.of_service("b") == {}


def test_the_forgotten_and_the_surplus_go() -> None:
    """What wasn't seen for a week is forgotten, and beyond the limit what was seen least recently."""
    adaptive = AdaptiveProbabilities(SETTINGS, {("a", "old"): Learned(0.1, 0.0), ("a", "kept"): Learned(0.1, 60.0)})
    adaptive.advance(FORGET_AFTER_S + 30.0, WINDOW_S, {}, lambda *_: 1.0)
    assert list(adaptive.learned) == [("a", "kept")]
    many = {("b", str(number)): uniform(60, 0.1) for number in range(MOST_OPERATIONS)}
    adaptive.advance(FORGET_AFTER_S + 90.0, WINDOW_S, many, lambda *_: 1.0)
    assert len(adaptive.learned) == MOST_OPERATIONS
    assert ("a", "kept") not in adaptive.learned


def test_nothing_has_no_certainty() -> None:
    """Without samples the number of effective ones is 0 and not an error."""
    assert uniform(0, 1.0).effective_samples == 0.0
    assert math.isclose(uniform(60, 0.5).effective_samples, 60)


def test_each_service_has_its_own() -> None:
    """Operations of the same name in two services are two."""
    adaptive = AdaptiveProbabilities(SETTINGS, {(SERVICE, "GET"): Learned(0.5, 0.0), ("other", "GET"): Learned(0.1, 0)})
    assert adaptive.of_service(SERVICE) == {"GET": 0.5}
    assert adaptive.of_service("other") == {"GET": 0.1}
