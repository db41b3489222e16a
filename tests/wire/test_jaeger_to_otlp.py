from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from clew.wire.jaeger_batch import CHILD_OF, FOLLOWS_FROM, JaegerSpan, Log, Process, Reference, Tag
from clew.wire.jaeger_to_otlp import OtlpWriter
from clew.wire.otlp_check import check_traces

TRACE, OTHER = bytes(15) + b"\x07", bytes(15) + b"\x08"
ONE, TWO = bytes(7) + b"\x01", bytes(7) + b"\x02"
PLAIN = JaegerSpan(TRACE, ONE, b"", "GET", [], 1, 1_000, 500, [], [])


def request_of(*spans: JaegerSpan, process: Process | None = None) -> ExportTraceServiceRequest:
    """What is made of spans of one process."""
    writer = OtlpWriter()
    for span in spans:
        writer.add(span, process, None)
    encoded = writer.encoded()
    assert check_traces(encoded).payload == encoded
    return ExportTraceServiceRequest.FromString(encoded)


def otlp(**changes: Any) -> Span:
    """The OTLP of a plain span with changes."""
    written: Span = request_of(PLAIN._replace(**changes)).resource_spans[0].scope_spans[0].spans[0]
    return written


def values(attributes: Any) -> dict[str, Any]:
    """Attributes by key."""
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}


def test_a_plain_span_has_its_fields() -> None:
    """Ids, name, times and the sampled flag have fields of their own."""
    expected = Span(
        trace_id=TRACE, span_id=ONE, name="GET", start_time_unix_nano=1_000, end_time_unix_nano=1_500, flags=1
    )
    assert otlp() == expected


def test_the_process_is_the_resource() -> None:
    """The name of the service first; hostname has another name in OpenTelemetry, all other tags keep theirs."""
    tags = [Tag("hostname", "h"), Tag("ip", "10.0.0.1"), Tag("jaeger.version", "Go-2.30"), Tag("n", 3)]
    resource = request_of(PLAIN, process=Process("shop", tags)).resource_spans[0].resource
    assert [(each.key, each.value.string_value) for each in resource.attributes][:4] == [
        ("service.name", "shop"),
        ("host.name", "h"),
        ("ip", "10.0.0.1"),
        ("jaeger.version", "Go-2.30"),
    ]
    both = Process("", [Tag("hostname", "h"), Tag("host.name", "other")])
    assert values(request_of(PLAIN, process=both).resource_spans[0].resource.attributes) == {
        "hostname": "h",
        "host.name": "other",
    }


def test_a_service_that_is_named_twice_has_one_name() -> None:
    """OpenTelemetry's exporters write it as a tag as well; a tag that says something else, or all there is, stays."""
    for service, tag, names in (("shop", "shop", ["shop"]), ("shop", "cart", ["shop", "cart"]), ("", "", [""])):
        process = Process(service, [Tag("service.name", tag)])
        attributes = request_of(PLAIN, process=process).resource_spans[0].resource.attributes
        assert [each.value.string_value for each in attributes] == names


def test_without_a_process_nothing_is_invented() -> None:
    """No resource for no process; an empty one for a process without a name."""
    assert not request_of(PLAIN).resource_spans[0].HasField("resource")
    group = request_of(PLAIN, process=Process("", [])).resource_spans[0]
    assert group.HasField("resource")
    assert len(group.resource.attributes) == 0


def test_spans_are_grouped_by_process_and_scope() -> None:
    """In the order in which each came first."""
    writer = OtlpWriter()
    for process, scope in (("b", "x"), ("a", "x"), ("b", "y"), ("b", "x"), ("a", "")):
        tags = [Tag("otel.scope.name", scope)] if scope else []
        writer.add(PLAIN._replace(tags=tags), Process(process, []), process)
    request = ExportTraceServiceRequest.FromString(writer.encoded())
    found = [
        (
            group.resource.attributes[0].value.string_value,
            [(each.scope.name, len(each.spans)) for each in group.scope_spans],
        )
        for group in request.resource_spans
    ]
    assert found == [("b", [("x", 2), ("y", 1)]), ("a", [("x", 1), ("", 1)])]
    assert not request.resource_spans[1].scope_spans[1].HasField("scope")


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ("text", "string_value"),
        ("", "string_value"),
        (True, "bool_value"),
        (False, "bool_value"),
        (-(2**63), "int_value"),
        (0, "int_value"),
        (0.5, "double_value"),
        (b"\xff", "bytes_value"),
        (None, None),
    ],
)
def test_tags_keep_their_types(value: Any, field: str | None) -> None:
    """Also when the value is empty or false."""
    (attribute,) = otlp(tags=[Tag("key", value)]).attributes
    assert isinstance(attribute, KeyValue)
    assert attribute.HasField("value")
    assert attribute.value.WhichOneof("value") == field
    assert field is None or getattr(attribute.value, field) == value


def reference(kind: int, trace_id: bytes = TRACE, span_id: bytes = TWO) -> Reference:
    """A reference, by default within the trace."""
    return Reference(kind, trace_id, span_id)


@pytest.mark.parametrize(
    ("parent_id", "references", "parent", "links"),
    [
        (TWO, [], TWO, []),
        (b"", [reference(CHILD_OF)], TWO, []),
        (TWO, [reference(CHILD_OF)], TWO, []),
        (ONE, [reference(CHILD_OF)], ONE, ["child_of"]),
        (b"", [reference(CHILD_OF, OTHER)], b"", ["child_of"]),
        (b"", [reference(FOLLOWS_FROM)], TWO, ["follows_from"]),
        (b"", [reference(FOLLOWS_FROM, OTHER)], b"", ["follows_from"]),
        (b"", [reference(FOLLOWS_FROM, span_id=ONE), reference(CHILD_OF)], TWO, ["follows_from"]),
        (b"", [reference(CHILD_OF), reference(CHILD_OF)], TWO, ["child_of"]),
        (b"", [reference(CHILD_OF, span_id=bytes(8))], b"", ["child_of"]),
        (TWO, [reference(FOLLOWS_FROM)], TWO, ["follows_from"]),
    ],
)
def test_a_reference_is_the_parent_or_a_link(
    parent_id: bytes, references: list[Reference], parent: bytes, links: list[str]
) -> None:
    """CHILD_OF in the same trace goes first; whatever isn't the parent as such is a link that says what it was."""
    span = otlp(parent_id=parent_id, references=references)
    assert span.parent_span_id == parent
    assert [values(link.attributes)["opentracing.ref_type"] for link in span.links] == links


def test_a_reference_of_an_unknown_type_keeps_its_number() -> None:
    """And where it leads."""
    (link,) = otlp(references=[reference(7, OTHER)]).links
    assert (link.trace_id, link.span_id, values(link.attributes)) == (OTHER, TWO, {"opentracing.ref_type": 7})


@pytest.mark.parametrize(
    ("flags", "sampled", "more"),
    [
        (0, 0, {}),
        (1, 1, {}),
        (2, 0, {"jaeger.debug": True}),
        (3, 1, {"jaeger.debug": True}),
        (9, 1, {"jaeger.flags": 9}),
        (-1, 1, {"jaeger.debug": True, "jaeger.flags": -1}),
    ],
)
def test_flags_that_otlp_lacks_are_attributes(flags: int, sampled: int, more: dict[str, Any]) -> None:
    """Sampled is W3C's flag; debug is one of Jaeger's own, and so may others be."""
    span = otlp(flags=flags)
    assert (span.flags, values(span.attributes)) == (sampled, more)


def test_what_only_jaeger_has_is_kept() -> None:
    """Incomplete spans, warnings and ids of processes."""
    attributes = otlp(is_incomplete=True, process_id="p1", warnings=("late", "skewed")).attributes
    assert values(attributes[:2]) == {"jaeger.incomplete": True, "jaeger.process_id": "p1"}
    assert attributes[2].key == "jaeger.warnings"
    assert [each.string_value for each in attributes[2].value.array_value.values] == ["late", "skewed"]


@pytest.mark.parametrize(("start_ns", "duration_ns"), [(-1, 5), (2**64, 0), (1_000, -1_001), (2**64 - 1, 1)])
def test_times_that_otlp_has_no_room_for_are_kept_as_text(start_ns: int, duration_ns: int) -> None:
    """Before 1970 and after 2554."""
    span = otlp(start_ns=start_ns, duration_ns=duration_ns)
    assert (span.start_time_unix_nano, span.end_time_unix_nano) == (0, 0)
    assert values(span.attributes) == {
        "jaeger.start_time_unix_nano": str(start_ns),
        "jaeger.duration_nano": str(duration_ns),
    }


def test_a_span_may_end_before_it_begins() -> None:
    """Clocks do that; nothing is corrected here."""
    span = otlp(start_ns=1_000, duration_ns=-400)
    assert (span.start_time_unix_nano, span.end_time_unix_nano) == (1_000, 600)


@pytest.mark.parametrize(
    ("fields", "name", "left"),
    [
        ([Tag("event", "error"), Tag("message", "m")], "error", {"message": "m"}),
        ([Tag("message", "m"), Tag("n", 1)], "m", {"message": "m", "n": 1}),
        ([Tag("event", "baggage"), Tag("key", "k"), Tag("value", "v")], "baggage", {"key": "k", "value": "v"}),
        ([Tag("event", 5), Tag("event", "")], "", {"event": ""}),
        ([], "", {}),
    ],
)
def test_a_log_is_an_event(fields: list[Tag], name: str, left: dict[str, Any]) -> None:
    """Named by its event, which is no attribute then, or else by its message."""
    (event,) = otlp(logs=[Log(7_000, fields)]).events
    assert (event.time_unix_nano, event.name, values(event.attributes)) == (7_000, name, left)


def test_a_log_before_1970_keeps_its_time_as_text() -> None:
    """OTLP's times aren't negative."""
    (event,) = otlp(logs=[Log(-5, [])]).events
    assert values(event.attributes) == {"jaeger.timestamp_unix_nano": "-5"}


def test_tags_with_fields_of_otlp_fill_them() -> None:
    """Kind, status, trace state and dropped counts are no attributes then."""
    tags = [
        Tag("span.kind", "server"),
        Tag("error", True),
        Tag("otel.status_description", "why"),
        Tag("w3c.tracestate", "k=v"),
        *(Tag(f"otel.dropped_{what}_count", count) for what, count in (("attributes", 1), ("events", 2), ("links", 3))),
    ]
    span = otlp(tags=tags)
    assert (span.kind, span.trace_state, len(span.attributes)) == (Span.SPAN_KIND_SERVER, "k=v", 0)
    assert (span.status.code, span.status.message) == (2, "why")
    assert (span.dropped_attributes_count, span.dropped_events_count, span.dropped_links_count) == (1, 2, 3)
