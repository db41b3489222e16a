from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew.errors import MalformedInput
from clew.wire.zipkin_otlp import zipkin_to_otlp
from clew.wire.zipkin_shared import server_half_id
from clew.wire.zipkin_span import CLIENT, MAX_MICROSECONDS, SERVER, Annotation, Endpoint, ZipkinSpan
from tests.wire.zipkin_samples import TIME_US, attributes, only_span, otlp_spans

TRACE, SPAN, PARENT = b"t" * 16, b"s" * 8, b"p" * 8


def make(**fields: Any) -> ZipkinSpan:
    """A span with these fields."""
    return ZipkinSpan(TRACE, SPAN, **{"timestamp_us": TIME_US, **fields})


def test_every_field_has_its_place() -> None:
    """Ids, name, kind, times in nanoseconds, endpoints, annotations, tags."""
    span = only_span(
        zipkin_to_otlp(
            [
                make(
                    parent_id=PARENT,
                    kind=CLIENT,
                    name="get",
                    duration_us=150,
                    local=Endpoint("frontend", "1.2.3.4", "", 80),
                    remote=Endpoint("backend", "", "::1", 90),
                    annotations=[Annotation(TIME_US + 1, "ws")],
                    tags={"a": "b", "n": 1, "d": 1.5, "y": True, "raw": b"\0"},
                )
            ]
        )
    )
    assert (span.trace_id, span.span_id, span.parent_span_id, span.name) == (TRACE, SPAN, PARENT, "get")
    assert (span.kind, span.start_time_unix_nano) == (CLIENT, TIME_US * 1000)
    assert span.end_time_unix_nano == span.start_time_unix_nano + 150_000
    assert [(event.name, event.time_unix_nano) for event in span.events] == [("ws", (TIME_US + 1) * 1000)]
    assert attributes(span.attributes) == {
        "a": "b",
        "n": 1,
        "d": 1.5,
        "y": True,
        "raw": b"\0",
        "net.host.ip": "1.2.3.4",
        "net.host.port": 80,
        "peer.service": "backend",
        "net.peer.ip": "::1",
        "net.peer.port": 90,
    }


def test_spans_are_grouped_by_service_and_scope() -> None:
    """In the order of their first spans; a service that isn't known is no attribute."""
    spans = [
        make(local=Endpoint("b")),
        make(local=Endpoint("a"), tags={"otel.scope.name": "lib", "otel.scope.version": "1"}),
        make(local=Endpoint("b"), name="second"),
        make(name="nobody"),
        make(local=Endpoint("a")),
    ]
    request = ExportTraceServiceRequest.FromString(zipkin_to_otlp(spans))
    assert [attributes(group.resource.attributes) for group in request.resource_spans] == [
        {"service.name": "b"},
        {"service.name": "a"},
        {},
    ]
    scopes = [[scope.scope for scope in group.scope_spans] for group in request.resource_spans]
    assert [[(scope.name, scope.version) for scope in group] for group in scopes] == [
        [("", "")],
        [("lib", "1"), ("", "")],
        [("", "")],
    ]
    assert [span.name for service, span in otlp_spans(request.SerializeToString()) if service == "b"] == ["", "second"]


def test_nothing_becomes_nothing() -> None:
    """An empty list has nothing to store."""
    assert zipkin_to_otlp([]) == b""


def test_flags_and_what_a_server_half_said_are_kept() -> None:
    """As attributes; the id of the server half is its own."""
    span = only_span(zipkin_to_otlp([make(parent_id=PARENT, kind=SERVER, is_debug=True, is_shared=True)]))
    assert (span.span_id, span.parent_span_id) == (server_half_id(SPAN, ""), SPAN)
    assert attributes(span.attributes) == {
        "zipkin.debug": True,
        "zipkin.shared": True,
        "zipkin.parent_id": PARENT.hex(),
    }


def test_a_span_without_time_starts_with_its_first_annotation() -> None:
    """Or, when there is none, at 0; an attribute says so."""
    notes = [Annotation(TIME_US + 5, "b"), Annotation(TIME_US, "a"), Annotation(0, "c")]
    span = only_span(zipkin_to_otlp([make(timestamp_us=0, duration_us=7, annotations=notes)]))
    assert (span.start_time_unix_nano, span.end_time_unix_nano) == (TIME_US * 1000, (TIME_US + 7) * 1000)
    assert attributes(span.attributes) == {"otel.zipkin.absentField.startTime": True}
    without = only_span(zipkin_to_otlp([make(timestamp_us=0, duration_us=7)]))
    assert (without.start_time_unix_nano, without.end_time_unix_nano) == (0, 7000)


def test_negative_times_are_none_and_kept() -> None:
    """Zipkin ignores them; here they can still be read."""
    span = only_span(zipkin_to_otlp([make(timestamp_us=-5, duration_us=-6, annotations=[Annotation(-7, "x")])]))
    assert (span.start_time_unix_nano, span.end_time_unix_nano, span.events[0].time_unix_nano) == (0, 0, 0)
    assert attributes(span.attributes) == {
        "otel.zipkin.absentField.startTime": True,
        "zipkin.timestamp": -5,
        "zipkin.duration": -6,
    }
    assert attributes(span.events[0].attributes) == {"zipkin.timestamp": -7}


def test_times_that_otlp_cannot_hold_are_refused() -> None:
    """The sum counts."""
    assert zipkin_to_otlp([make(timestamp_us=MAX_MICROSECONDS)])
    with pytest.raises(MalformedInput, match=SPAN.hex()):
        zipkin_to_otlp([make(timestamp_us=MAX_MICROSECONDS, duration_us=1)])


def test_tags_go_before_endpoints() -> None:
    """A tag that says otherwise keeps its name, and what the endpoint says gets another; equal ones are there once."""
    tags: dict[str, Any] = {
        "peer.service": "db",
        "net.peer.ip": "1.1.1.1",
        "net.host.port": "80",
        "net.host.ip": "9.9.9.9",
    }
    local, remote = Endpoint("a", "9.9.9.9", "::1", 80), Endpoint("backend", "2.2.2.2")
    span = only_span(zipkin_to_otlp([make(local=local, remote=remote, tags=tags)]))
    assert attributes(span.attributes) == tags | {
        "zipkin.local.ipv6": "::1",
        "zipkin.local.port": 80,
        "zipkin.remote.service": "backend",
        "zipkin.remote.ip": "2.2.2.2",
    }


def test_events_of_opentelemetry_get_their_attributes_back() -> None:
    """Lists among them, and the count of those that were dropped."""
    texts = ['{"exception": {"exception.message": "no", "codes": [1, 2]}}', 'n|{"a":"b"}|2']
    first, second = only_span(zipkin_to_otlp([make(annotations=[Annotation(TIME_US, text) for text in texts])])).events
    assert (first.name, attributes(first.attributes)) == ("exception", {"exception.message": "no", "codes": [1, 2]})
    assert (second.name, attributes(second.attributes), second.dropped_attributes_count) == ("n", {"a": "b"}, 2)
