import random
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from clew.analyse.graph_computation import GraphComputation
from clew.journal.segment import Segment
from clew.model.red import RedQuery
from clew.model.service_graph import EdgeFigures, EdgeKey, GraphQuery
from clew.store.graph_windows import GraphWindows
from clew.store.read_graph import read_service_graph
from clew.store.read_red import read_red
from tests.analyse.loads import DAYS, Loads, leave_out_others, portions
from tests.analyse.random_spans import FIRST_MINUTE, MINUTES, random_spans
from tests.analyse.slow_graph import MINUTE_NS, SlowSpan, added_up, slow_graph, slow_rates
from tests.data_plane import DataPlane, new_tenant

ALL_MINUTES = range(FIRST_MINUTE, FIRST_MINUTE + 2 * MINUTES + 1)


@pytest.fixture
def loads(data_plane: DataPlane, tmp_path: Path) -> Loads:
    """Loads into the data plane of this process."""
    return Loads(data_plane, tmp_path)


@pytest.fixture
def computation(data_plane: DataPlane) -> GraphComputation:
    """A computation for which all that other tests loaded is seen, and that looks at few spans at a time."""
    leave_out_others(data_plane)
    return GraphComputation(GraphWindows(data_plane.engine), spans_at_once=100)


def stored_graph(
    data_plane: DataPlane, tenant: str, minutes: range, service: str | None = None
) -> dict[EdgeKey, EdgeFigures]:
    """What a reader gets."""
    query = GraphQuery(tenant, service, minutes.start, minutes.stop)
    return {edge.key: edge.figures for edge in read_service_graph(data_plane.engine, query)}


@pytest.mark.parametrize("seed", range(3))
def test_any_order_of_arrival_gives_the_graph_of_the_definition(
    data_plane: DataPlane, loads: Loads, computation: GraphComputation, seed: int
) -> None:
    """After each of many shuffled loads, some received a day later and some loaded again, the graph is exact."""
    source = random.Random(seed)
    tenants = {new_tenant(): random_spans(seed * 10 + number, 30) for number in range(2)}
    arrived: dict[str, list[SlowSpan]] = {tenant: [] for tenant in tenants}
    plan = [(tenant, part) for tenant, spans in tenants.items() for part in portions(source, spans, 4)]
    segments: list[Segment] = []
    for tenant, part in source.sample(plan, len(plan)):
        segments.append(loads.segment(tenant, part, source.choice(DAYS)))
        loads.load(segments[-1])
        loads.load(source.choice(segments))
        arrived[tenant] += part
        if source.random() < 0.4:
            assert computation.catch_up()
            for each, spans in arrived.items():
                assert stored_graph(data_plane, each, ALL_MINUTES) == added_up(slow_graph(spans), ALL_MINUTES)
    assert computation.catch_up()
    for tenant, spans in tenants.items():
        graph = slow_graph(spans)
        assert len(added_up(graph, ALL_MINUTES)) > 20
        for minutes in (range(minute, minute + 1) for minute in ALL_MINUTES):
            assert stored_graph(data_plane, tenant, minutes) == added_up(graph, minutes)


@pytest.mark.parametrize("seed", [3, 4])
def test_spans_that_tell_nothing_count_as_their_roots_say(
    data_plane: DataPlane, loads: Loads, computation: GraphComputation, tenant: str, seed: int
) -> None:
    """In rates, too, once the analyst has been there: exact after each load, however spans come."""
    source = random.Random(seed)
    arrived: list[SlowSpan] = []
    for part in portions(source, random_spans(seed * 10, 60), 3):
        loads.load(loads.segment(tenant, part, source.choice(DAYS)))
        arrived += part
        assert computation.catch_up()
        for kinds in ((), (2, 5)):
            query = RedQuery(tenant, None, None, kinds, ALL_MINUTES.start, ALL_MINUTES.stop, 1)
            found = {
                (each.service, ALL_MINUTES.start + step): (
                    figures.span_count,
                    figures.error_count,
                    figures.stored_span_count,
                )
                for each in read_red(data_plane.engine, query)
                for step, figures in each.steps.items()
            }
            assert found == slow_rates([span for span in arrived if not kinds or span.kind in kinds], arrived)


def test_a_trace_that_started_earlier_than_it_seemed_leaves_its_window(
    data_plane: DataPlane, loads: Loads, computation: GraphComputation, tenant: str
) -> None:
    """Its calls are there once: first by the window of its late spans, then by that of its early ones, hours before."""
    (client, server) = call(hours=3)
    loads.load(loads.segment(tenant, [server], DAYS[1]))
    assert computation.catch_up()
    loads.load(loads.segment(tenant, [client], DAYS[0]))
    assert computation.catch_up()
    minutes = range(FIRST_MINUTE, FIRST_MINUTE + 300)
    assert stored_graph(data_plane, tenant, minutes) == added_up(slow_graph([client, server]), minutes)
    assert [key.kind for key in stored_graph(data_plane, tenant, minutes, "shop")] == ["call"]
    assert stored_graph(data_plane, tenant, minutes, "mailer") == {}


def test_work_that_is_ended_is_taken_up_again(
    data_plane: DataPlane, loads: Loads, computation: GraphComputation, tenant: str
) -> None:
    """Ended at any of its rests, a pass says so, and the next one, by another computation, comes to the same graph."""
    spans = random_spans(77, 30)
    loads.load(loads.segment(tenant, spans, DAYS[0]))
    for rests in range(4):
        assert not computation.catch_up(partial(next, iter([True] * rests), False))
    assert GraphComputation(GraphWindows(data_plane.engine)).catch_up()
    assert stored_graph(data_plane, tenant, ALL_MINUTES) == added_up(slow_graph(spans), ALL_MINUTES)
    assert computation.catch_up(lambda: False)


def test_it_says_until_when_the_graph_is_complete(
    data_plane: DataPlane, loads: Loads, computation: GraphComputation, tenant: str
) -> None:
    """That is when it last looked and all that had come was computed; a pass that was ended says nothing new."""
    before_s = computation.complete_until_s
    loads.load(loads.segment(tenant, random_spans(78, 10), DAYS[0]))
    assert not computation.catch_up(lambda: False)
    assert computation.complete_until_s == before_s
    looked_s = time.monotonic()
    assert computation.catch_up()
    assert looked_s <= computation.complete_until_s <= time.monotonic()


def test_what_retention_removed_stays_in_the_graph(
    data_plane: DataPlane, loads: Loads, computation: GraphComputation, tenant: str
) -> None:
    """A late span doesn't make a window lose the calls of traces that aren't stored any more."""
    client, server = call(hours=0)
    loads.load(loads.segment(tenant, [client, server], DAYS[0]))
    assert computation.catch_up()
    parameters, settings = {"t": tenant}, {"mutations_sync": 1}
    for table in ("spans", "traces", "trace_starts"):
        data_plane.engine.command(f"ALTER TABLE {table} DELETE WHERE tenant = {{t:String}}", parameters, settings)
    loads.load(loads.segment(tenant, [replace(server, trace_id=b"d" * 16, parent=b"")], DAYS[0]))
    assert computation.catch_up()
    assert stored_graph(data_plane, tenant, ALL_MINUTES) == added_up(slow_graph([client, server]), ALL_MINUTES)


def call(hours: int) -> tuple[SlowSpan, SlowSpan]:
    """A client span, and its server span that starts hours later."""
    start = FIRST_MINUTE * MINUTE_NS
    client = SlowSpan(b"c" * 16, b"client__", "shop", start, 10, 3, b"", is_error=False, peer=None, links=(), number=0)
    late = start + hours * 60 * MINUTE_NS
    server = SlowSpan(
        b"c" * 16, b"server__", "cart", late, 10, 2, b"client__", is_error=True, peer=None, links=(), number=1
    )
    return client, server
