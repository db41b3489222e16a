import itertools
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from clew.analyse.analyst import Analyst, pause_s
from clew.analyse.graph_computation import GraphComputation
from clew.analyse.settings import AnalyseSettings
from clew.errors import StoreError
from clew.model.service_graph import GraphQuery
from tests.analyse.loads import leave_out_others
from tests.analyse.random_spans import FIRST_MINUTE, MINUTES, random_spans, request_of
from tests.data_plane import TIMEOUT_S, DataPlane


@pytest.fixture(autouse=True)
def others_are_left_out(data_plane: DataPlane) -> None:
    """Only what a test loads itself is computed."""
    leave_out_others(data_plane)


def wait_for_pass(analyst: Analyst, passes: int) -> None:
    """Returns when so many passes are over."""
    deadline_s = time.monotonic() + TIMEOUT_S
    while analyst.counters.passes < passes:
        assert time.monotonic() < deadline_s
        threading.Event().wait(0.01)


def test_what_is_loaded_is_soon_in_the_graph(data_plane: DataPlane, tenant: str) -> None:
    """Without anybody asking for it, and the counters tell."""
    analyst = Analyst(data_plane.engine, AnalyseSettings(interval_s=0.02, max_core_share=1.0))
    data_plane.put(f"traces/{tenant}", request_of(random_spans(1, 20)))
    analyst.start()
    try:
        wait_for_pass(analyst, 1)
    finally:
        analyst.stop()
    query = GraphQuery(tenant, None, FIRST_MINUTE, FIRST_MINUTE + 3 * MINUTES)
    assert len(data_plane.reader.service_graph(query)) > 5
    assert analyst.counters.spans > 0
    assert analyst.counters.windows > 0
    assert analyst.counters.failures == 0


def test_a_pass_that_fails_is_made_again(data_plane: DataPlane, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure is counted, and the thread goes on."""
    fails = iter([True])
    real = GraphComputation.catch_up

    def catch_up(self: GraphComputation, breathe: object) -> bool:
        if next(fails, False):
            raise StoreError("not now; try again")
        return real(self)

    monkeypatch.setattr(GraphComputation, "catch_up", catch_up)
    analyst = Analyst(data_plane.engine, AnalyseSettings(interval_s=0.01))
    analyst.start()
    try:
        wait_for_pass(analyst, 2)
    finally:
        analyst.stop()
    assert analyst.counters.failures == 1


def test_it_rests_in_proportion_and_stops_at_once(data_plane: DataPlane, tmp_path: Path) -> None:
    """With a small share of a core it rests for long, and stop() still ends it between two parts of the work."""
    analyst = Analyst(data_plane.engine, AnalyseSettings(interval_s=0.01, max_core_share=1e-6))
    analyst.start()
    began_s = time.monotonic()
    analyst.stop()
    assert time.monotonic() - began_s < TIMEOUT_S / 2


@pytest.mark.parametrize(("now_s", "pause"), [(120.0, 3.0), (122.0, 1.0), (123.0, 30.0), (140.5, 12.5), (179.0, 4.0)])
def test_a_pass_begins_shortly_after_a_minute_and_its_half(now_s: float, pause: float) -> None:
    """When the last spans of the minute are loaded, so that it need not be computed again."""
    assert pause_s(now_s, 30.0) == pause


def test_a_steady_minute_is_looked_at_three_times_at_most() -> None:
    """In its middle, at its end, and, for what comes late, half a minute after; with passes 10 s apart it was six."""
    passes, now_s = [], 0.0
    while now_s < 600:
        now_s += pause_s(now_s, 30.0)
        passes.append(now_s)
    looks = [sum(minute <= each <= minute + 62 for each in passes) for minute in range(0, 540, 60)]
    assert max(looks) <= 3
    assert max(later - each for each, later in itertools.pairwise(passes)) <= 30


def test_without_a_graph_there_is_no_lag(data_plane: DataPlane) -> None:
    """An analyst that wasn't started computes nothing."""
    assert Analyst(data_plane.engine, AnalyseSettings()).lag_s is None


def test_the_lag_is_that_of_what_is_missing(data_plane: DataPlane, monkeypatch: pytest.MonkeyPatch) -> None:
    """It grows while passes fail, and falls with one that succeeds."""
    analyst = Analyst(data_plane.engine, AnalyseSettings(interval_s=0.01, max_core_share=1.0))
    is_failing, real = threading.Event(), GraphComputation.catch_up

    def catch_up(self: GraphComputation, breathe: Callable[[], bool]) -> bool:
        if is_failing.is_set():
            raise StoreError("not now; try again")
        return real(self, breathe)

    monkeypatch.setattr(GraphComputation, "catch_up", catch_up)
    is_failing.set()
    analyst.start()
    try:
        wait_for_pass(analyst, 3)
        behind_s = analyst.lag_s
        wait_for_pass(analyst, 6)
        failed_until_s, further_s = time.monotonic(), analyst.lag_s
        is_failing.clear()
        wait_for_pass(analyst, analyst.counters.passes + 2)
        ahead_at_s, lag_s = time.monotonic(), analyst.lag_s
    finally:
        analyst.stop()
    assert behind_s is not None
    assert further_s is not None
    assert lag_s is not None
    assert 0 < behind_s < further_s
    # Complete until after the failures: the moment up to which all is there has moved on.
    assert ahead_at_s - lag_s > failed_until_s - further_s
