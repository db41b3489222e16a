from collections.abc import Callable

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from clew.store.read import read_traces
from clew.store.read_tree import (
    GrownTraces,
    TraceExtent,
    find_spans_by_attribute,
    find_trace_extent,
    read_span,
    read_span_columns,
    read_span_logs,
)
from tests.data_plane import DataPlane
from tests.store.segments import request_of

TRACE = b"t" * 16
MINUTE_NS = 60_000_000_000


def _span(number: int, start_ns: int, adjust: Callable[[Span], None] = lambda _: None, **fields: object) -> Span:
    span = Span(trace_id=TRACE, span_id=number.to_bytes(8, "big"), start_time_unix_nano=start_ns, **fields)  # type: ignore[arg-type]  # any field
    span.end_time_unix_nano = span.end_time_unix_nano or start_ns + 10
    adjust(span)
    return span


def _put(data_plane: DataPlane, tenant: str, *groups: tuple[str, list[Span]]) -> TraceExtent:
    for service, spans in groups:
        request = request_of(service, *spans, resource={"zone": f"zone of {service}"})
        data_plane.put(f"traces/{tenant}", request.SerializeToString())
    extent = find_trace_extent(data_plane.engine, tenant, TRACE)
    assert extent is not None
    return extent


def test_the_extent_is_that_of_all_loads(data_plane: DataPlane, tenant: str) -> None:
    """Spans of several loads, hours apart, one of them ending before it starts; nothing for another trace."""
    late = _span(3, 200 * MINUTE_NS + 7, end_time_unix_nano=100 * MINUTE_NS)
    extent = _put(data_plane, tenant, ("a", [_span(1, 100 * MINUTE_NS)]), ("b", [_span(2, 5 * MINUTE_NS), late]))
    assert extent == TraceExtent(3, 5, 200)
    assert find_trace_extent(data_plane.engine, tenant, b"u" * 16) is None
    assert find_trace_extent(data_plane.engine, "nobody", TRACE) is None


def test_traces_that_grew_are_named(data_plane: DataPlane, tenant: str) -> None:
    """Those of a size between the bounds that got spans since the last call, all loads counted."""
    grown = GrownTraces(data_plane.engine)
    grown.next(1, 2, 1)
    late_ns = 2_400_000_000_000_000_000
    _put(data_plane, tenant, ("a", [_span(number, late_ns) for number in range(1, 121)]))
    assert (tenant, TRACE) in grown.next(120, 120, 10)
    _put(data_plane, tenant, ("a", [_span(number, late_ns) for number in range(1, 101)]))
    assert (tenant, TRACE) not in grown.next(221, 10**6, 10)
    _put(data_plane, tenant, ("a", [_span(number, late_ns) for number in range(1, 101)]))
    assert (tenant, TRACE) in grown.next(320, 320, 10)


def test_columns_are_those_of_the_spans(data_plane: DataPlane, tenant: str) -> None:
    """Ids as big-endian numbers, times to the nanosecond, kind, status, service and name of each span."""
    spans = [
        _span(1, 2**60 + 1, name="root", kind=2),
        _span(2**63 + 5, 2**60 + 3, name="", parent_span_id=(1).to_bytes(8, "big"), end_time_unix_nano=2**60),
        _span(7, 2**60 + 9, name="zero parent", parent_span_id=bytes(8), kind=-4),
    ]
    spans[1].status.code = Status.STATUS_CODE_ERROR
    extent = _put(data_plane, tenant, ("a", spans[:1]), ("b", spans[1:]))
    columns = read_span_columns(data_plane.engine, tenant, TRACE, extent)
    order = columns.start_time_unix_nano.argsort()
    drawn = columns.taken(order)
    assert drawn.span_id.tolist() == [1, 2**63 + 5, 7]
    assert drawn.parent_span_id.tolist() == [0, 1, 0]
    assert drawn.start_time_unix_nano.tolist() == [2**60 + 1, 2**60 + 3, 2**60 + 9]
    assert drawn.duration_ns.tolist() == [10, -3, 10]
    assert drawn.kind.tolist() == [2, 0, -4]
    assert drawn.status_code.tolist() == [0, 2, 0]
    assert [drawn.services[code] for code in drawn.service] == [b"a", b"b", b"b"]
    assert [drawn.names[code] for code in drawn.name] == [b"root", b"", b"zero parent"]


def test_a_span_comes_whole(data_plane: DataPlane, tenant: str) -> None:
    """Of those that have its id the one of that number, by start, then by length; field by field, and no other."""

    def decorate(span: Span) -> None:
        span.attributes.add(key="k").value.int_value = 5
        span.events.add(name="e", time_unix_nano=3).attributes.add(key="x").value.bool_value = False
        span.links.add(trace_id=b"o" * 16, span_id=b"l" * 8)

    short = _span(1, 90 * MINUTE_NS, end_time_unix_nano=90 * MINUTE_NS + 1)
    spans = [_span(1, 90 * MINUTE_NS), _span(1, MINUTE_NS, decorate), _span(2, MINUTE_NS), short]
    extent = _put(data_plane, tenant, ("a", spans))
    (whole,) = read_traces(data_plane.engine, tenant, [TRACE])
    for twin, expected in enumerate([spans[1], short, spans[0]]):
        found = read_span(data_plane.engine, tenant, TRACE, extent, expected.span_id, twin=twin)
        assert list(found.resource_spans[0].scope_spans[0].spans) == [expected]
        assert found.resource_spans[0].resource == whole.resource_spans[0].resource
    for span_id, twin in ((spans[0].span_id, 3), (b"nobody!!", 0)):
        assert not read_span(data_plane.engine, tenant, TRACE, extent, span_id, twin=twin).resource_spans


def test_an_attribute_is_found_on_every_level(data_plane: DataPlane, tenant: str) -> None:
    """On the span, an event, a link, the resource; not under another key, and not by its beginning."""

    def on_event(span: Span) -> None:
        span.events.add().attributes.append(wanted)

    def on_link(span: Span) -> None:
        span.links.add().attributes.append(wanted)

    def with_other(span: Span) -> None:
        span.attributes.add(key="key", value=AnyValue(string_value="v" * 200 + "other"))

    wanted = KeyValue(key="key", value=AnyValue(string_value="v" * 200))
    spans = [
        _span(1, MINUTE_NS, lambda span: span.attributes.append(wanted)),
        _span(2, MINUTE_NS, on_event),
        _span(3, MINUTE_NS, on_link),
        _span(4, MINUTE_NS, with_other),
    ]
    extent = _put(data_plane, tenant, ("a", spans), ("b", [_span(5, MINUTE_NS)]))

    def found(attribute: KeyValue) -> list[int]:
        encoded = [attribute.SerializeToString()]
        return sorted(find_spans_by_attribute(data_plane.engine, tenant, TRACE, extent, encoded).tolist())

    assert found(wanted) == [1, 2, 3]
    assert found(KeyValue(key="zone", value=AnyValue(string_value="zone of b"))) == [5]
    assert found(KeyValue(key="zone", value=AnyValue(string_value="zone"))) == []


def test_the_logs_of_a_span_are_its_own(data_plane: DataPlane, tenant: str) -> None:
    """Records of the span, oldest first, and not those of its neighbour or of another trace."""
    request = ExportLogsServiceRequest()
    records = request.resource_logs.add().scope_logs.add().log_records
    for trace_id, span_id, time_ns in (
        (TRACE, b"1" * 8, 9),
        (TRACE, b"1" * 8, 5),
        (TRACE, b"2" * 8, 1),
        (b"u" * 16, b"1" * 8, 1),
    ):
        records.add(trace_id=trace_id, span_id=span_id, time_unix_nano=time_ns)
    data_plane.put(f"logs/{tenant}", request.SerializeToString())
    logs = read_span_logs(data_plane.engine, tenant, TRACE, b"1" * 8)
    assert [record.time_unix_nano for record in logs.resource_logs[0].scope_logs[0].log_records] == [5, 9]
    assert not read_span_logs(data_plane.engine, tenant, TRACE, b"3" * 8).resource_logs
