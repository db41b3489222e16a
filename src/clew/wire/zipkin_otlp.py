"""Zipkin's spans to OTLP bytes; the table of what goes where is docs/reference/zipkin.md."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew.errors import MalformedInput
from clew.wire.zipkin_otel_tags import read_event_text, take_otel_tags
from clew.wire.zipkin_shared import separate_halves
from clew.wire.zipkin_span import MAX_MICROSECONDS, Annotation, Endpoint, TagValue, ZipkinSpan

ABSENT_TIMESTAMP = "otel.zipkin.absentField.startTime"
"""The Collector's name for it, which its Zipkin exporter understands."""

_Fields: TypeAlias = dict[str, Any]
_Scopes: TypeAlias = dict[tuple[str, str], list[_Fields]]
_Given: TypeAlias = tuple[str, TagValue, str]  # key, value, and the key to take when the tags have the first one


def zipkin_to_otlp(spans: Sequence[ZipkinSpan]) -> bytes:
    """An encoded ExportTraceServiceRequest; no bytes for no spans. Raises MalformedInput for times beyond 2554.

    One resource for each service, one scope for each name and version, in the order of their first spans.
    """
    separate_halves(spans)
    services: dict[str, _Scopes] = {}
    for span in spans:
        scope, fields = _span_fields(span)
        services.setdefault(span.local.service, {}).setdefault(scope, []).append(fields)
    request: _Fields = {"resource_spans": [_resource_spans(service, scopes) for service, scopes in services.items()]}
    encoded: bytes = ExportTraceServiceRequest(**request).SerializeToString()
    return encoded


def _resource_spans(service: str, scopes: _Scopes) -> _Fields:
    group: _Fields = {"scope_spans": [_scope_spans(scope, spans) for scope, spans in scopes.items()]}
    if service:
        group["resource"] = {"attributes": [_attribute("service.name", service)]}
    return group


def _scope_spans(scope: tuple[str, str], spans: list[_Fields]) -> _Fields:
    name, version = scope
    return {"scope": {"name": name, "version": version}, "spans": spans} if name or version else {"spans": spans}


def _span_fields(span: ZipkinSpan) -> tuple[tuple[str, str], _Fields]:
    start_us, end_us = _times_us(span)
    tags = dict(span.tags)
    found = take_otel_tags(tags, span.kind)
    fields: _Fields = {
        "trace_id": span.trace_id,
        "span_id": span.span_id,
        "parent_span_id": span.parent_id,
        "name": span.name,
        "start_time_unix_nano": start_us * 1000,
        "end_time_unix_nano": end_us * 1000,
        "attributes": _attributes(span, tags),
        "events": [_event(annotation) for annotation in span.annotations],
        **found.span,
    }
    return found.scope, fields


def _times_us(span: ZipkinSpan) -> tuple[int, int]:
    """Start and end; a span without a timestamp starts with its first annotation, or at 0."""
    start_us = span.timestamp_us
    if start_us <= 0:
        start_us = min([each.timestamp_us for each in span.annotations if each.timestamp_us > 0], default=0)
    end_us = start_us + max(0, span.duration_us)
    if end_us > MAX_MICROSECONDS:
        raise MalformedInput(f"the span {span.span_id.hex()} ends after the year 2554; send microseconds since 1970")
    return start_us, end_us


def _attributes(span: ZipkinSpan, tags: dict[str, TagValue]) -> list[_Fields]:
    """The tags as they came, then what Zipkin has fields for and OTLP hasn't."""
    encoded = [_attribute(key, value) for key, value in tags.items()]
    for key, value, other_key in _given(span):
        if key not in tags:
            encoded.append(_attribute(key, value))
        elif tags[key] != value:
            encoded.append(_attribute(other_key, value))
    return encoded


def _given(span: ZipkinSpan) -> Iterator[_Given]:
    yield from _side(span.local, "net.host", "zipkin.local")
    if span.remote.service:
        yield "peer.service", span.remote.service, "zipkin.remote.service"
    yield from _side(span.remote, "net.peer", "zipkin.remote")
    if span.is_debug:
        yield "zipkin.debug", True, "zipkin.debug"
    if span.is_shared:
        yield "zipkin.shared", True, "zipkin.shared"
    if span.joined_parent_id:
        yield "zipkin.parent_id", span.joined_parent_id.hex(), "zipkin.parent_id"
    if span.timestamp_us <= 0:
        yield ABSENT_TIMESTAMP, True, ABSENT_TIMESTAMP
    if span.timestamp_us < 0:
        yield "zipkin.timestamp", span.timestamp_us, "zipkin.timestamp"
    if span.duration_us < 0:
        yield "zipkin.duration", span.duration_us, "zipkin.duration"


def _side(endpoint: Endpoint, prefix: str, other_prefix: str) -> Iterator[_Given]:
    ip = endpoint.ipv4 or endpoint.ipv6
    if ip:
        yield f"{prefix}.ip", ip, f"{other_prefix}.ip"
    if endpoint.ipv4 and endpoint.ipv6:
        yield f"{other_prefix}.ipv6", endpoint.ipv6, f"{other_prefix}.ipv6"
    if endpoint.port:
        yield f"{prefix}.port", endpoint.port, f"{other_prefix}.port"


def _event(annotation: Annotation) -> _Fields:
    text = read_event_text(annotation.value)
    attributes = [_attribute(key, value) for key, value in text.attributes.items()]
    if annotation.timestamp_us < 0:
        attributes.append(_attribute("zipkin.timestamp", annotation.timestamp_us))
    return {
        "time_unix_nano": max(0, annotation.timestamp_us) * 1000,
        "name": text.name,
        "attributes": attributes,
        "dropped_attributes_count": text.dropped_attributes,
    }


def _attribute(key: str, value: Any) -> _Fields:
    return {"key": key, "value": _any_value(value)}


def _any_value(value: Any) -> _Fields:
    if isinstance(value, str):
        return {"string_value": value}
    if isinstance(value, bool):
        return {"bool_value": value}
    if isinstance(value, int):
        return {"int_value": value}
    if isinstance(value, float):
        return {"double_value": value}
    if isinstance(value, bytes):
        return {"bytes_value": value}
    return {"array_value": {"values": [_any_value(each) for each in value]}}
