import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

import clew.query.trace_search as module
from clew.errors import BadQuery
from clew.model.question import Question, asking
from clew.query.condition import Condition
from clew.query.cursor import encode_cursor
from clew.query.match_histogram import count_matching
from clew.query.search import TraceQuery
from clew.query.slices import Density
from clew.query.statement import fragment
from clew.query.trace_search import TraceSearch
from tests.data_plane import DataPlane, new_tenant
from tests.query.slow_condition import BEGIN_NS, CONDITIONS, HOUR_NS, SlowTrace, make_request, matching_spans, traces_of


class Stored(tuple[str, list[SlowTrace]]):
    """A tenant and its traces, newest first; shown shortly, or every failure would be a page of them."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Stored({self[0]})"


EVERYTHING = TraceQuery("", None, None, (), None, None, False, None, None, 1000, None)
SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def stored(data_plane: DataPlane) -> Stored:
    """400 traces whose spans came mixed in six segments; their tenant."""
    tenant = new_tenant()
    request = make_request(20261121, 400)
    for number in range(6):
        part = ExportTraceServiceRequest(resource_spans=list(request.resource_spans)[number::6])
        data_plane.put(f"traces/{tenant}", part.SerializeToString())
    return Stored((tenant, traces_of(request)))


def _ids(data_plane: DataPlane, query: TraceQuery, condition: Condition | None) -> Iterator[str]:
    for _ in range(1000):
        found = TraceSearch(data_plane.engine, query, Density(), condition).run()
        page = found[: query.limit]
        yield from (summary.trace_id for summary in page)
        if len(found) <= query.limit:
            return
        query = replace(query, cursor=encode_cursor(query, page[-1]))
    raise AssertionError("the pages never end")


@pytest.mark.parametrize("strategy", ["newest and slices", "slices", "all at once"])
@given(condition=CONDITIONS, period=st.tuples(st.integers(-1, 32), st.sampled_from([1, 3, 100])))
@SLOW
def test_any_condition_finds_what_plain_python_finds(
    data_plane: DataPlane, stored: Stored, strategy: str, condition: Condition, period: tuple[int, int]
) -> None:
    """All levels, kinds, operators and nestings: the same traces in the same order, whichever way it looks."""
    (tenant, traces), (first, hours) = stored, period
    start_ns = BEGIN_NS + first * HOUR_NS // 7
    query = replace(EVERYTHING, tenant=tenant, limit=50, start_ns=start_ns, end_ns=start_ns + hours * HOUR_NS)
    within = [t for t in traces if start_ns <= t.start_ns < start_ns + hours * HOUR_NS]
    expected = [t.trace_id for t in within if matching_spans(condition, t)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "RARE_SPANS", 10**9 if strategy == "all at once" else 0)
        patch.setattr(module, "NEWEST_TRACES", (10, 20) if strategy == "newest and slices" else ())
        assert list(_ids(data_plane, query, condition)) == expected


@pytest.mark.parametrize("newest", [(10, 20), ()])
def test_a_service_alone_is_found_by_the_summaries(
    data_plane: DataPlane, stored: Stored, newest: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every trace with a span of the service, in order, whichever way it looks; and none of a service with no span."""
    tenant, traces = stored
    monkeypatch.setattr(module, "RARE_SPANS", 0)
    monkeypatch.setattr(module, "NEWEST_TRACES", newest)
    services = sorted({span.service for trace in traces for span in trace.spans})
    assert len(services) > 2
    for service in [*services, "nobody"]:
        query = replace(EVERYTHING, tenant=tenant, limit=60, service=service)
        expected = [t.trace_id for t in traces if any(span.service == service for span in t.spans)]
        assert list(_ids(data_plane, query, None)) == expected


@given(condition=CONDITIONS, buckets=st.sampled_from([1, 7, 100]), first=st.integers(-1, 30))
@SLOW
def test_counts_are_those_of_plain_python(
    data_plane: DataPlane, stored: Stored, condition: Condition, buckets: int, first: int
) -> None:
    """Spans and traces per interval and in all, for any condition."""
    tenant, traces = stored
    start_ns = BEGIN_NS + first * HOUR_NS // 7
    query = replace(EVERYTHING, tenant=tenant, start_ns=start_ns, end_ns=start_ns + 3 * HOUR_NS + 1)
    histogram = count_matching(data_plane.engine, query, condition, buckets)
    found = [(b.start_unix_nano, b.span_count, b.trace_count) for b in histogram.buckets]
    edges = [bucket.start_unix_nano for bucket in histogram.buckets] + [start_ns + 3 * HOUR_NS + 1]
    expected = []
    for begin, end in itertools.pairwise(edges):
        counts = [matching_spans(condition, t) for t in traces if max(begin, start_ns) <= t.start_ns < end]
        expected.append((begin, sum(counts), sum(map(bool, counts))))
    assert found == expected
    assert histogram.span_count == sum(spans for _, spans, _ in expected)
    assert histogram.trace_count == sum(count for _, _, count in expected)
    assert len(found) <= buckets + 1


@pytest.mark.parametrize("limit", [1, 7])
def test_pages_are_the_whole_once_in_order(data_plane: DataPlane, stored: Stored, limit: int) -> None:
    """By cursor, with equal starts, whatever the size of a page."""
    tenant, traces = stored
    query = replace(EVERYTHING, tenant=tenant, limit=limit, condition="service = cart and duration >= 0s")
    found = []
    while True:
        page = data_plane.reader.search_traces(query)
        found += [summary.trace_id for summary in page.traces]
        if page.next_cursor is None:
            break
        query = replace(query, cursor=page.next_cursor)
    expected = [
        t.trace_id
        for t in traces
        if any(s.service == "cart" and s.span.end_time_unix_nano >= s.span.start_time_unix_nano for s in t.spans)
    ]
    assert found == expected
    assert len(found) > 50


def test_a_wrong_pattern_is_a_bad_query(data_plane: DataPlane, stored: Stored) -> None:
    """A regular expression that the engine can't read is refused with its text, before anything is looked for."""
    tenant, _ = stored
    with pytest.raises(BadQuery, match=r"\(\?<=a\)b"):
        data_plane.reader.search_traces(replace(EVERYTHING, tenant=tenant, condition='name =~ "(?<=a)b"'))


def test_a_cursor_belongs_to_its_condition(data_plane: DataPlane, stored: Stored) -> None:
    """A page can't be turned with another condition than it was found with."""
    tenant, _ = stored
    query = replace(EVERYTHING, tenant=tenant, limit=1, condition="service = cart")
    cursor = data_plane.reader.search_traces(query).next_cursor
    with pytest.raises(BadQuery, match="another query"):
        data_plane.reader.search_traces(replace(query, cursor=cursor, condition="service = ads"))


def _one_span(number: int, start_ns: int) -> bytes:
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.add(key="service.name").value.string_value = "shop"
    span = group.scope_spans.add().spans.add(trace_id=number.to_bytes(16, "big"), span_id=b"s" * 8, name="buy")
    span.start_time_unix_nano = span.end_time_unix_nano = start_ns
    return request.SerializeToString()


@pytest.mark.parametrize("newest", [(64, 256), ()])
@pytest.mark.parametrize("condition", ["service = shop", "name = buy"])
def test_a_trace_that_begins_earlier_by_now_hides_no_other(
    data_plane: DataPlane, newest: tuple[int, ...], condition: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A span may come between the look for traces and the look at them: pages stay in order, and others complete."""
    tenant, second_ns = new_tenant(), 10**9
    data_plane.put(f"traces/{tenant}", *(_one_span(n, BEGIN_NS + n * second_ns // 2) for n in range(100, 0, -1)))
    query = replace(EVERYTHING, tenant=tenant, limit=30, condition=condition)
    summarise, moved = TraceSearch._summarise, (99, 95, 90, 80, 72)
    late = [_one_span(number, BEGIN_NS + number * second_ns // 50) for number in moved]

    def summarise_after_late_spans(search: TraceSearch, *arguments: Any) -> Any:
        data_plane.put(f"traces/{tenant}", *late)
        late.clear()
        return summarise(search, *arguments)

    monkeypatch.setattr(module, "RARE_SPANS", 0)
    monkeypatch.setattr(module, "NEWEST_TRACES", newest)
    monkeypatch.setattr(TraceSearch, "_summarise", summarise_after_late_spans)
    found = [int(trace_id, 16) for trace_id in _ids(data_plane, query, None)]
    assert [number for number in found if number not in moved] == [n for n in range(100, 0, -1) if n not in moved]


@pytest.mark.parametrize("name", ["summarise_traces.sql", "list_extents.sql", "match_traces.sql"])
def test_traces_are_found_by_their_ids_without_a_look_at_all(data_plane: DataPlane, name: str) -> None:
    """Of 200,000 traces, three ids cost a few blocks of each part, in a question that nobody asked before."""
    tenant, ids = new_tenant(), [f"{number:032x}" for number in (17, 100_000, 199_999)]
    handle = data_plane.engine.trusted()
    handle.command(
        "INSERT INTO clew.spans (tenant, received_day, trace_id, ids, service, start_time_unix_nano) "
        "SELECT {tenant:String}, '2026-11-21', unhex(leftPad(lower(hex(number)), 32, '0')), unhex('0000000000000001'), "
        "'shop', {begin:UInt64} FROM numbers(200000)",
        {"tenant": tenant, "begin": BEGIN_NS},
    )
    sql = fragment(name).replace("/*facts*/", "").replace("/*condition*/", "service_names = ['shop']")
    if name == "match_traces.sql":
        sql = fragment(name).replace("/*condition*/", "service = 'shop'")
    period = {"first": 0, "last": 2**63, "first_span": 0, "last_span": 2**63}
    cursor = {"cursor_start": 2**64 - 1, "cursor_id": ""}
    question = Question("q")
    with asking(question):
        rows = data_plane.engine.read(sql, {"tenant": tenant, "trace_ids": ids, **period, **cursor})
    assert len(rows) == 3
    assert sum(step.rows_read for step in question.steps) < 60_000
