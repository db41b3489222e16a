import random
from pathlib import Path

import pytest

from clew.errors import StoreError
from clew.model.service_graph import EdgeFigures, EdgeKey, GraphNode, GraphQuery
from clew.store.graph_windows import Arrivals, GraphWindows
from clew.store.read_graph import read_service_graph
from tests.analyse.loads import DAYS, Loads
from tests.analyse.random_spans import random_spans
from tests.analyse.slow_graph import MINUTE_NS
from tests.data_plane import DataPlane

EDGE = EdgeKey(GraphNode("service", "shop"), GraphNode("database", "redis"), "database")


@pytest.fixture
def windows(data_plane: DataPlane) -> GraphWindows:
    """With nothing left that other tests loaded."""
    made = GraphWindows(data_plane.engine)
    while (arrivals := made.next_arrivals()) is not None:
        made.record_position(arrivals)
    return made


def drain(windows: GraphWindows) -> list[Arrivals]:
    """All arrivals, each marked as done."""
    found = []
    while (arrivals := windows.next_arrivals()) is not None:
        found.append(arrivals)
        windows.record_position(arrivals)
    return found


def test_each_load_arrives_once(data_plane: DataPlane, windows: GraphWindows, tmp_path: Path, tenant: str) -> None:
    """Also when its parts were merged in between, and not when it is loaded again, or by another start of Clew."""
    loads = Loads(data_plane, tmp_path)
    spans = random_spans(21, 30)
    first, second = (loads.segment(tenant, part, DAYS[0]) for part in (spans[:50], spans[50:]))
    loads.load(first)
    (arrivals,) = drain(windows)
    starts = {span.start // MINUTE_NS for span in spans[:50]}
    changed = {each.window for each in windows.changed_windows(arrivals) if each.tenant == tenant}
    assert changed
    assert changed <= starts
    loads.load(second)
    data_plane.engine.command("OPTIMIZE TABLE trace_starts FINAL")
    loads.load(first)
    (arrivals,) = drain(windows)
    traces = {span.trace_id for span in spans[50:]}
    of_these = {span.start // MINUTE_NS for span in spans if span.trace_id in traces}
    assert {each.window for each in windows.changed_windows(arrivals) if each.tenant == tenant} <= of_these
    assert drain(GraphWindows(data_plane.engine)) == []


def test_the_last_arrivals_are_known_as_such(
    data_plane: DataPlane, windows: GraphWindows, tmp_path: Path, tenant: str
) -> None:
    """Of what came on two days, those of the first aren't all; of one day, all are, unless they are too many."""
    loads = Loads(data_plane, tmp_path)
    spans = random_spans(22, 30)
    for day, part in zip(DAYS, (spans[:50], spans[50:]), strict=True):
        loads.load(loads.segment(tenant, part, day))
    assert [arrivals.are_all for arrivals in drain(windows)] == [False, True]
    loads.load(loads.segment(tenant, spans[:9], DAYS[0]))
    assert [arrivals.are_all for arrivals in drain(windows)] == [True]


def test_the_traces_of_a_window_are_those_that_start_in_it(
    data_plane: DataPlane, windows: GraphWindows, tmp_path: Path, tenant: str
) -> None:
    """Each trace is in exactly one window, with all its spans, however they were loaded."""
    spans = random_spans(22, 40)
    Loads(data_plane, tmp_path).load_all(random.Random(1), tenant, spans, 5)
    by_trace = {span.trace_id: [other for other in spans if other.trace_id == span.trace_id] for span in spans}
    for minute in range(
        min(span.start for span in spans) // MINUTE_NS, max(span.start for span in spans) // MINUTE_NS + 1
    ):
        expected = {
            trace_id: len(own)
            for trace_id, own in by_trace.items()
            if min(span.start for span in own) // MINUTE_NS == minute
        }
        traces = windows.traces(tenant, [minute])
        assert {trace.trace_id: trace.span_count for trace in traces} == expected
        if traces:
            read = windows.spans(tenant, traces, ["db.system"])
            assert len(read.span_id) == sum(expected.values())


def test_a_window_is_replaced_as_a_whole(data_plane: DataPlane, windows: GraphWindows, tenant: str) -> None:
    """What it had before is gone, another start of Clew replaces it again, and it may become empty."""
    query = GraphQuery(tenant, None, 100, 200)
    edges = {(100, EDGE, 0.0): EdgeFigures(2, 1, {5: 2}, {}), (150, EDGE, 0.0): EdgeFigures(1, 0, {7: 1}, {})}
    windows.record(tenant, {100: edges}, {100: 9})
    assert windows.span_counts(tenant, [99, 100]) == {100: 9}
    (edge,) = read_service_graph(data_plane.engine, query)
    assert (edge.key, edge.figures) == (EDGE, EdgeFigures(3, 1, {5: 2, 7: 1}, {}))
    GraphWindows(data_plane.engine).record(
        tenant, {100: {(101, EDGE, 0.0): EdgeFigures(1, 0, {}, {-1: 1})}, 101: {}}, {100: 5}
    )
    (edge,) = read_service_graph(data_plane.engine, query)
    assert edge.figures == EdgeFigures(1, 0, {}, {-1: 1})
    assert read_service_graph(data_plane.engine, GraphQuery(tenant, None, 150, 200)) == []
    GraphWindows(data_plane.engine).record(tenant, {100: {}}, {})
    assert read_service_graph(data_plane.engine, query) == []


def test_a_statement_that_fails_is_a_store_error(data_plane: DataPlane, windows: GraphWindows) -> None:
    """The engine's own exceptions stay inside the store."""
    with pytest.raises(StoreError):
        windows.traces("anybody", [-1])


def test_without_any_load_nothing_arrives(windows: GraphWindows) -> None:
    """All that came is done, so that there is nothing to do."""
    assert windows.next_arrivals() is None
