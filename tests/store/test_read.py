import random
from typing import cast

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from clew.model.trace import AttributeKey, AttributeValue, Operation, ServiceSummary
from clew.store.read import (
    list_attribute_keys,
    list_attribute_values,
    list_operations,
    list_services,
    read_logs,
    read_traces,
)
from clew.store.statement import statement
from tests.data_plane import DataPlane, new_tenant
from tests.store.segments import make_spans, request_of


def _put(data_plane: DataPlane, tenant: str, *requests: ExportTraceServiceRequest) -> None:
    data_plane.put(f"traces/{tenant}", *(request.SerializeToString() for request in requests))


def _span(name: str, kind: int, status: int, start_ns: int = 5, **attributes: object) -> Span:
    span = Span(trace_id=b"t" * 16, span_id=b"s" * 8, name=name, start_time_unix_nano=start_ns)
    span.kind = cast("Span.SpanKind.ValueType", kind)  # any number: OTLP may give it a name one day
    if status:
        span.status.code = cast("Status.StatusCode.ValueType", status)
    for key, value in attributes.items():
        _set(span, key, value)
    return span


def _set(owner: object, key: str, value: object) -> None:
    field = {bool: "bool_value", int: "int_value", float: "double_value", str: "string_value", bytes: "bytes_value"}
    setattr(owner.attributes.add(key=key).value, field[type(value)], value)  # type: ignore[attr-defined]  # span, event or link


def test_services_and_operations_are_counted(data_plane: DataPlane, tenant: str) -> None:
    """Over several requests: spans and errors per service and per operation, by name, and when one was last seen."""
    _put(
        data_plane,
        tenant,
        request_of("b", _span("GET", 2, 0, 7), _span("GET", 2, 2, 3), _span("GET", 3, 1), _span("odd", 77, 0)),
        request_of("a", _span("", 0, 2, 2**64 - 1)),
        request_of("b", _span("GET", 2, 0, 9)),
    )
    assert list_services(data_plane.engine, tenant) == [
        ServiceSummary("a", 1, 1, 2**64 - 1, 1),
        ServiceSummary("b", 5, 1, 9, 5),
    ]
    assert list_operations(data_plane.engine, tenant, "b") == [
        Operation("GET", "server", 3, 1, 3),
        Operation("GET", "client", 1, 0, 1),
        Operation("odd", "77", 1, 0, 1),
    ]
    assert list_operations(data_plane.engine, tenant, "a") == [Operation("", "unspecified", 1, 1, 1)]
    assert list_operations(data_plane.engine, tenant, "nobody") == []
    assert list_services(data_plane.engine, new_tenant()) == []


def test_a_service_name_of_any_kind_can_be_listed(data_plane: DataPlane, tenant: str) -> None:
    """`service.name` should be text; anything else is shown as it is encoded, in hexadecimal, and nothing breaks."""
    requests = [request_of("x", _span("n", 0, 0)) for _ in range(4)]
    for request, (field, value) in zip(
        requests,
        [("int_value", 5), ("bytes_value", b"\xff\xfe"), ("bool_value", True), ("string_value", "")],
        strict=True,
    ):
        resource = request.resource_spans[0].resource
        resource.ClearField("attributes")
        setattr(resource.attributes.add(key="service.name").value, field, value)
    nameless = request_of("x", _span("n", 0, 0))
    nameless.resource_spans[0].ClearField("resource")
    _put(data_plane, tenant, *requests, nameless)
    assert [(s.name, s.span_count) for s in list_services(data_plane.engine, tenant)] == [
        ("", 2),
        ("1001", 1),
        ("1805", 1),
        ("3A02FFFE", 1),
    ]


def test_attribute_names_are_listed_with_levels_and_kinds(data_plane: DataPlane, tenant: str) -> None:
    """Every level and kind a name was seen with; by prefix, case ignored; at most as many as asked."""
    span = _span("n", 0, 0, a=1, B="x", both=True, raw=b"\xff")
    _set(span.events.add(), "both", "text")
    _set(span.events[0], "in.event", 0.5)
    _set(span.links.add(), "in.link", False)
    request = request_of("s", span, resource={"both": "r"})
    _set(request.resource_spans[0].scope_spans[0].scope, "in.scope", 1)
    _put(data_plane, tenant, request)
    found = list_attribute_keys(data_plane.engine, tenant, "", 100)
    assert found == [
        AttributeKey("B", ("span",), ("string",)),
        AttributeKey("a", ("span",), ("int",)),
        AttributeKey("both", ("span", "resource", "event"), ("bool", "string")),
        AttributeKey("in.event", ("event",), ("double",)),
        AttributeKey("in.link", ("link",), ("bool",)),
        AttributeKey("in.scope", ("scope",), ("int",)),
        AttributeKey("raw", ("span",), ("bytes",)),
        AttributeKey("service.name", ("resource",), ("string",)),
    ]
    assert [k.key for k in list_attribute_keys(data_plane.engine, tenant, "b", 100)] == ["B", "both"]
    assert [k.key for k in list_attribute_keys(data_plane.engine, tenant, "IN.", 2)] == ["in.event", "in.link"]
    assert list_attribute_keys(data_plane.engine, tenant, "%", 100) == []


def test_attribute_values_are_listed_by_frequency(data_plane: DataPlane, tenant: str) -> None:
    """The most frequent first, then by text; kinds apart; bytes, empty and very long values aren't offered."""
    spans = [_span("n", 0, 0, k=value) for value in ("b", "b", "b", "a", "a", 5, "5", True, 2.5, b"x", "", "y" * 129)]
    _put(data_plane, tenant, request_of("s", *spans, resource={"k": "a"}))
    assert list_attribute_values(data_plane.engine, tenant, "k", "", 100) == [
        AttributeValue("a", "string", 14),  # of two spans, and of the resource of all twelve
        AttributeValue("b", "string", 3),
        AttributeValue("2.5", "double", 1),
        AttributeValue("5", "int", 1),
        AttributeValue("5", "string", 1),
        AttributeValue("true", "bool", 1),
    ]
    assert [v.value for v in list_attribute_values(data_plane.engine, tenant, "k", "B", 100)] == ["b"]
    assert [v.value for v in list_attribute_values(data_plane.engine, tenant, "k", "", 1)] == ["a"]
    assert list_attribute_values(data_plane.engine, tenant, "nothing", "", 100) == []


def test_traces_come_in_the_order_asked(data_plane: DataPlane, tenant: str) -> None:
    """One message per id, empty for an unknown one, the same again for an id asked twice."""
    _put(data_plane, tenant, request_of("s", *make_spans(12)))
    ids = [number.to_bytes(16, "big") for number in (3, 1, 99, 3)]
    found = read_traces(data_plane.engine, tenant, ids)
    counts = [sum(len(s.spans) for g in data.resource_spans for s in g.scope_spans) for data in found]
    assert counts == [4, 3, 0, 4]
    assert read_traces(data_plane.engine, tenant, []) == []


def test_spans_of_a_trace_come_by_start(data_plane: DataPlane, tenant: str) -> None:
    """Whatever the order of arrival, spans are sorted by start, then id."""
    spans = make_spans(40)
    for span in spans:
        span.trace_id = b"t" * 16
        span.start_time_unix_nano = span.start_time_unix_nano // 3_000_000
    random.Random(5).shuffle(spans)
    _put(data_plane, tenant, *(request_of("s", *spans[i : i + 10]) for i in range(0, 40, 10)))
    (data,) = read_traces(data_plane.engine, tenant, [b"t" * 16])
    found = [(s.start_time_unix_nano, s.span_id) for g in data.resource_spans for c in g.scope_spans for s in c.spans]
    assert found == sorted(found)
    assert len(found) == 40


def test_logs_come_by_time(data_plane: DataPlane, tenant: str) -> None:
    """Records of a trace by their time, or the time at which they were observed when they have none."""
    request = ExportLogsServiceRequest()
    records = request.resource_logs.add().scope_logs.add().log_records
    for time, observed in ((5, 0), (0, 3), (9, 1), (0, 7)):
        records.add(trace_id=b"t" * 16, time_unix_nano=time, observed_time_unix_nano=observed)
    records.add(trace_id=b"u" * 16)
    records.add()
    data_plane.put(f"logs/{tenant}", request.SerializeToString())
    (group,) = read_logs(data_plane.engine, tenant, b"t" * 16).resource_logs
    found = [(r.time_unix_nano, r.observed_time_unix_nano) for r in group.scope_logs[0].log_records]
    assert found == [(0, 3), (5, 0), (0, 7), (9, 1)]
    assert not read_logs(data_plane.engine, tenant, b"v" * 16).resource_logs


def test_a_trace_is_found_by_its_index(data_plane: DataPlane, tenant: str) -> None:
    """Reading a trace, or its logs, by id skips the granules that can't hold it, however far apart its spans are."""
    spans = make_spans(60_000)
    for minute, span in enumerate(spans):  # a minute each
        span.trace_id, span.start_time_unix_nano = random.randbytes(16), minute * 60_000_000_000
    _put(data_plane, tenant, request_of("s", *spans))
    log_request = ExportLogsServiceRequest()
    records = log_request.resource_logs.add().scope_logs.add().log_records
    for span in spans:
        records.add(trace_id=span.trace_id, time_unix_nano=span.start_time_unix_nano)
    data_plane.put(f"logs/{tenant}", log_request.SerializeToString())
    wanted = [spans[100].trace_id.hex(), spans[20_000].trace_id.hex()]
    # One granule for each trace; and two that begin or end with another tenant, if their parts were merged.
    for name, parameters, most in (
        ("read_spans.sql", {"trace_ids": wanted, "minutes": [100, 20_000]}, 2 + 2),
        ("read_logs.sql", {"trace_id": wanted[0]}, 1 + 2),
    ):
        plan = data_plane.engine.read(f"EXPLAIN indexes = 1 {statement(name)}", {"tenant": tenant, **parameters})
        lines = [line.decode(errors="replace").strip() for (line,) in plan]
        kept = int([line for line in lines if line.startswith("Granules:")][-1][10:].split("/")[0])
        assert kept <= most, name
