import threading
import time
from pathlib import Path

import pytest

from clew.analyse.analyst import Analyst
from clew.analyse.graph_computation import GraphComputation
from clew.analyse.settings import AnalyseSettings
from clew.errors import StoreError
from clew.model.service_graph import GraphQuery
from tests.analyse.random_spans import FIRST_MINUTE, MINUTES, random_spans, request_of
from tests.data_plane import TIMEOUT_S, DataPlane


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
