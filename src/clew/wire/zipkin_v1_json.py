"""Zipkin v1 JSON, a list of spans, to OTLP bytes; the schema is zipkin-api.yaml of openzipkin/zipkin-api."""

from collections.abc import Callable

import msgspec

from clew.errors import MalformedInput
from clew.wire.compiled_translation import Translation
from clew.wire.otlp_json_scalars import INT64, read_bytes, read_double, read_int
from clew.wire.zipkin_json import JsonEndpoint, Number, decode_spans, read_all, read_endpoint, read_field
from clew.wire.zipkin_otlp import zipkin_to_otlp
from clew.wire.zipkin_span import (
    Endpoint,
    TagValue,
    ZipkinSpan,
    microseconds,
    parent_id_of_hex,
    span_id_of_hex,
    trace_id_of_hex,
)
from clew.wire.zipkin_v1 import V1Annotation, V1Span, V1Tag, split_span


class JsonV1Annotation(msgspec.Struct, gc=False):
    """An annotation of v1."""

    timestamp: Number
    value: str
    endpoint: JsonEndpoint | None = None


class JsonBinaryAnnotation(msgspec.Struct, gc=False):
    """A binary annotation; `type` is STRING or what the value says unless it is given."""

    key: str
    value: str | bool | int | float | None = None
    type: str | None = None
    endpoint: JsonEndpoint | None = None


class JsonV1Span(msgspec.Struct, rename="camel"):
    """A span of v1; members that aren't here are skipped, as Zipkin does."""

    trace_id: str
    id: str
    parent_id: str | None = None
    name: str | None = None
    timestamp: Number | None = None
    duration: Number | None = None
    debug: bool | None = None
    annotations: list[JsonV1Annotation] | None = None
    binary_annotations: list[JsonBinaryAnnotation] | None = None


COMPILED = Translation("zipkin_v1_json", "clew_zipkin_v1_json_to_otlp")
_DECODER = msgspec.json.Decoder(list[JsonV1Span])
_WHOLE_NUMBERS = ("I16", "I32", "I64")


def zipkin_v1_json_to_otlp(body: bytes) -> bytes:
    """An encoded ExportTraceServiceRequest; no bytes for an empty list or body. Raises as `zipkin_json_to_otlp`."""
    found = COMPILED.translate(body)
    return zipkin_v1_json_by_parsing(body) if found is None else found


def zipkin_v1_json_by_parsing(body: bytes) -> bytes:
    """The same by Python alone: it decides where the compiled translation doesn't know."""
    return zipkin_to_otlp(read_all(decode_spans(body, _DECODER, "v1"), _read_span)) if body else b""


def _read_span(span: JsonV1Span) -> list[ZipkinSpan]:
    v1 = V1Span(
        trace_id=read_field("traceId", trace_id_of_hex, span.trace_id),
        span_id=read_field("id", span_id_of_hex, span.id),
        parent_id=read_field("parentId", parent_id_of_hex, span.parent_id),
        name=span.name or "",
        timestamp_us=read_field("timestamp", microseconds, span.timestamp),
        duration_us=read_field("duration", microseconds, span.duration),
        is_debug=bool(span.debug),
        annotations=[read_field("annotations", _annotation, each) for each in span.annotations or ()],
        tags=[
            read_field("binaryAnnotations", _tag, each)
            for each in span.binary_annotations or ()
            if each.value is not None
        ],
    )
    return split_span(v1)


def _annotation(given: JsonV1Annotation) -> V1Annotation:
    return V1Annotation(microseconds(given.timestamp), given.value, _endpoint(given.endpoint))


def _endpoint(given: JsonEndpoint | None) -> Endpoint | None:
    """None when nothing is known: an empty endpoint names no host."""
    endpoint = read_endpoint(given)
    return None if endpoint == Endpoint() else endpoint


def _tag(given: JsonBinaryAnnotation) -> V1Tag:
    return V1Tag(given.key, _value(given), _endpoint(given.endpoint))


def _value(given: JsonBinaryAnnotation) -> TagValue:
    """The value in its type; a text stays one where it isn't what the type says."""
    value, kind = given.value, given.type
    if isinstance(value, bool) or value is None:
        return bool(value)
    if kind in _WHOLE_NUMBERS or isinstance(value, int):
        return _or_text(value, lambda: read_int(value, INT64))
    if kind == "DOUBLE" or isinstance(value, float):
        return _or_text(value, lambda: read_double(value))
    return _or_text(value, lambda: read_bytes(value)) if kind == "BYTES" else value


def _or_text(value: int | float | str, read: Callable[[], TagValue]) -> TagValue:
    try:
        return read()
    except MalformedInput:
        return str(value)
