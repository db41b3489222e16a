import random
from dataclasses import replace

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew.errors import NotFound
from clew.model.trace import TraceSummary
from clew.query.reader import StoredTraces
from clew.query.search import TraceQuery
from tests.data_plane import DataPlane, new_tenant
from tests.query.brute_force import (
    BEGIN_NS,
    HOUR_NS,
    TYPED,
    MadeSpan,
    make_spans,
    random_query,
    request_of,
    search,
    summary_of,
)

EVERYTHING = TraceQuery("", None, None, (), None, None, False, None, None, 1000, None)
HOSTILE = [
    "'",
    "\\",
    "' OR 1=1 --",
    "') OR (1=1",
    "{tenant:String}",
    "\0",
    "%s",
    "*/ OR 1 /*",
    "/*n*/",
    "/*or_origin*/",
    '"`',
]
Stored = tuple[str, list[MadeSpan]]


@pytest.fixture(scope="module")
def stored(data_plane: DataPlane) -> Stored:
    """300 traces that arrived in eight segments, mixed; their tenant."""
    tenant = new_tenant()
    spans = make_spans(20261120, 300)
    for number in range(8):
        data_plane.put(f"traces/{tenant}", request_of(spans[number::8]))
    data_plane.put(f"traces/{new_tenant()}", request_of(make_spans(1, 20)))
    return tenant, spans


def _all_pages(reader: StoredTraces, query: TraceQuery) -> list[TraceSummary]:
    found: list[TraceSummary] = []
    while True:
        page = reader.search_traces(query)
        found += page.traces
        if page.next_cursor is None:
            return found
        assert len(page.traces) == query.limit
        query = replace(query, cursor=page.next_cursor)


@pytest.mark.parametrize("seed", range(6))
def test_search_finds_what_plain_python_finds(data_plane: DataPlane, stored: Stored, seed: int) -> None:
    """For random filters, all pages together are the matching traces: complete, none twice, newest first."""
    tenant, spans = stored
    rng = random.Random(seed)
    found_something = 0
    for _ in range(20):
        query = random_query(rng, tenant)
        expected = search(spans, query)
        found_something += bool(expected)
        query = replace(query, limit=max(query.limit, len(expected) // 6 + 1))
        assert _all_pages(data_plane.reader, query) == expected, query
    assert found_something >= 5


def test_every_typed_value_finds_what_it_means(data_plane: DataPlane, stored: Stored) -> None:
    """Numbers, booleans, doubles and texts, typed in any way, are found at every level, and nothing else is."""
    tenant, spans = stored
    for typed in TYPED:
        query = replace(EVERYTHING, tenant=tenant, attributes=(("k", typed),))
        assert list(data_plane.reader.search_traces(query).traces) == search(spans, query), typed


def test_traces_that_start_together_are_paged_by_id(data_plane: DataPlane, tenant: str) -> None:
    """Equal starts split over pages come once each, in the order of their ids."""
    spans = [replace(span, start_ns=BEGIN_NS, end_ns=BEGIN_NS) for span in make_spans(3, 40)]
    data_plane.put(f"traces/{tenant}", request_of(spans))
    found = _all_pages(data_plane.reader, replace(EVERYTHING, tenant=tenant, limit=7))
    ids = [summary.trace_id for summary in found]
    assert ids == sorted({span.trace_id.hex() for span in spans})


def test_a_trace_that_began_before_is_not_found_after(data_plane: DataPlane, tenant: str) -> None:
    """A trace that goes on for hours is found by its start alone, and shown whole, in whichever hour one looks."""
    spans = [
        MadeSpan(b"t" * 16, b"" if hour == 0 else b"p" * 8, "s", f"n{hour}", at, at + 1, is_error=False)
        for hour, at in ((number, BEGIN_NS + number * HOUR_NS + 5) for number in range(4))
    ]
    data_plane.put(f"traces/{tenant}", request_of(spans))
    for hour in range(-1, 5):
        bounds = replace(
            EVERYTHING, tenant=tenant, start_ns=BEGIN_NS + hour * HOUR_NS, end_ns=BEGIN_NS + (hour + 1) * HOUR_NS
        )
        expected = (summary_of(spans),) if hour == 0 else ()
        assert data_plane.reader.search_traces(bounds).traces == expected
        assert data_plane.reader.search_traces(replace(bounds, operation="n3")).traces == expected


def test_late_spans_change_the_summary(data_plane: DataPlane, tenant: str) -> None:
    """A root that comes in a later segment, and from an earlier hour, changes root, start, duration and counts."""
    child = MadeSpan(b"t" * 16, b"p" * 8, "child", "work", BEGIN_NS + HOUR_NS, BEGIN_NS + HOUR_NS + 7, is_error=False)
    root = MadeSpan(b"t" * 16, b"", "root", "start", BEGIN_NS, BEGIN_NS + 5, is_error=True)
    query = replace(EVERYTHING, tenant=tenant)
    for spans in ([child], [child, root], [child, root, replace(child, service="late", end_ns=BEGIN_NS + 2 * HOUR_NS)]):
        data_plane.put(f"traces/{tenant}", request_of(spans[-1:]))
        assert data_plane.reader.search_traces(query).traces == (summary_of(spans),)
    assert summary_of(spans).root_service == "root"
    from_the_second_hour = replace(query, start_ns=BEGIN_NS + HOUR_NS)
    assert data_plane.reader.search_traces(from_the_second_hour).traces == ()


def test_a_clock_that_is_wrong_stretches_no_trace(data_plane: DataPlane, tenant: str) -> None:
    """An end before the start, also far before, and a start that was not set are no duration, in lists and counts."""
    moments = {b"a": (BEGIN_NS, 5), b"b": (0, BEGIN_NS), b"c": (2**64 - 10, 5), b"d": (BEGIN_NS, BEGIN_NS + 7)}
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    for number, (letter, (start, end)) in enumerate(moments.items(), 1):
        spans.add(trace_id=letter * 16, span_id=bytes([number] * 8), start_time_unix_nano=start, end_time_unix_nano=end)
    data_plane.put(f"traces/{tenant}", request.SerializeToString())
    query = replace(EVERYTHING, tenant=tenant)
    found = {trace.trace_id[:2]: trace.duration_ns for trace in data_plane.reader.search_traces(query).traces}
    assert found == {"61": 0, "62": 0, "63": 0, "64": 7}
    (long,) = data_plane.reader.search_traces(replace(query, condition="trace.duration > 0")).traces
    assert long.trace_id == "64" * 16
    period = replace(query, condition="trace.duration > 0", start_ns=0, end_ns=2**63)
    assert data_plane.reader.count_matches(period, 1).trace_count == 1
    for letter, length_ns in ((b"a", 0), (b"c", 0), (b"d", 7)):
        assert data_plane.reader.windows(tenant, letter * 16).facts().duration_ns == length_ns


def test_times_at_the_end_of_64_bits_are_found(data_plane: DataPlane, tenant: str) -> None:
    """The first and the last nanosecond, and a trace that lasts longer than a duration can say."""
    top = 2**64 - 1
    spans = [
        MadeSpan(b"a" * 16, b"", "s", "n", top, top, is_error=False),
        MadeSpan(b"b" * 16, b"", "s", "n", 0, 0, is_error=False),
        MadeSpan(b"c" * 16, b"", "s", "n", 5, 6, is_error=False),
        MadeSpan(b"c" * 16, b"p" * 8, "s", "n", top - 5, top - 4, is_error=False),
    ]
    data_plane.put(f"traces/{tenant}", request_of(spans))
    query = replace(EVERYTHING, tenant=tenant)
    found = data_plane.reader.search_traces(query).traces
    assert [(s.start_time_unix_nano, s.duration_ns) for s in found] == [(top, 0), (5, 2**63 - 1), (0, 0)]
    for limit in (1, 2):
        assert len(_all_pages(data_plane.reader, replace(query, limit=limit))) == 3
    assert len(data_plane.reader.search_traces(replace(query, end_ns=top)).traces) == 2
    assert len(data_plane.reader.search_traces(replace(query, end_ns=2**64)).traces) == 3
    assert data_plane.reader.search_traces(replace(query, end_ns=0)).traces == ()
    assert [s.start_time_unix_nano for s in data_plane.reader.search_traces(replace(query, end_ns=1)).traces] == [0]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_user_types_is_never_sql(data_plane: DataPlane, stored: Stored, text: str) -> None:
    """Quotes, comments and placeholders in any parameter are compared as text: they find nothing, and break nothing."""
    tenant, _ = stored
    query = replace(EVERYTHING, tenant=tenant)
    reader = data_plane.reader
    for hostile in (
        replace(query, tenant=text),
        replace(query, service=text),
        replace(query, operation=text),
        replace(query, attributes=((text, "a"),)),
        replace(query, attributes=(("k", text), (text, text))),
    ):
        assert reader.search_traces(hostile).traces == ()
    assert reader.services(text) == []
    assert reader.operations(tenant, text) == reader.operations(text, "a") == []
    assert reader.attribute_keys(tenant, text, 10) == reader.attribute_keys(text, "", 10) == []
    assert reader.attribute_values(tenant, text, "", 10) == reader.attribute_values(tenant, "k", text, 10) == []


def test_a_hostile_name_is_found_as_it_is(data_plane: DataPlane, tenant: str) -> None:
    """A service, operation, key or value may be named like SQL, and is found by that name only."""
    spans = []
    for number, text in enumerate(HOSTILE):
        attribute = (("span", "event", "resource")[number % 3], text, text)
        spans.append(MadeSpan(bytes([number + 1]) * 16, b"", text, text, 5, 6, is_error=False, attributes=(attribute,)))
    data_plane.put(f"traces/{tenant}", request_of(spans))
    for number, text in enumerate(HOSTILE):
        query = replace(EVERYTHING, tenant=tenant, service=text, operation=text, attributes=((text, text),))
        (found,) = data_plane.reader.search_traces(query).traces
        assert found.trace_id == (bytes([number + 1]) * 16).hex()
        assert (found.root_service, found.root_name, found.services) == (text, text, (text,))
        assert [o.name for o in data_plane.reader.operations(tenant, text)] == [text]
        assert [v.value for v in data_plane.reader.attribute_values(tenant, text, text, 10)] == [text]


def test_an_unknown_trace_is_not_found(data_plane: DataPlane, stored: Stored) -> None:
    """Its id is in the message; with several ids an unknown one is an empty message."""
    tenant, spans = stored
    with pytest.raises(NotFound, match="ee" * 16):
        data_plane.reader.trace(tenant, b"\xee" * 16)
    unknown, known = data_plane.reader.traces(tenant, [b"\xee" * 16, spans[0].trace_id])
    assert not unknown.resource_spans
    assert known == data_plane.reader.trace(tenant, spans[0].trace_id)


def test_a_trace_shows_its_logs(data_plane: DataPlane, tenant: str) -> None:
    """Log records with the trace's id belong to it, with or without spans."""
    request = ExportLogsServiceRequest()
    request.resource_logs.add().scope_logs.add().log_records.add(trace_id=b"t" * 16).body.string_value = "hello"
    data_plane.put(f"logs/{tenant}", request.SerializeToString())
    (group,) = data_plane.reader.logs(tenant, b"t" * 16).resource_logs
    assert group.scope_logs[0].log_records[0].body.string_value == "hello"
    assert not data_plane.reader.logs(tenant, b"u" * 16).resource_logs
    assert [s.name for s in data_plane.reader.services(tenant)] == []


def test_catalogues_are_those_of_the_tenant(data_plane: DataPlane, stored: Stored) -> None:
    """Services, operations, attribute names and values are what the spans have."""
    tenant, spans = stored
    reader = data_plane.reader
    assert [s.name for s in reader.services(tenant)] == sorted({span.service for span in spans})
    assert sum(s.span_count for s in reader.services(tenant)) == len(spans)
    assert {o.name for o in reader.operations(tenant, "a")} == {span.name for span in spans if span.service == "a"}
    keys = {key for span in spans for _, key, _ in span.attributes}
    assert {k.key for k in reader.attribute_keys(tenant, "", 100)} == keys | {"service.name"}
    assert {v.value for v in reader.attribute_values(tenant, "service.name", "", 10)} == set("abcd")
