"""Zipkin v1 thrift (zipkinCore.thrift of openzipkin/zipkin-api), spans in the binary protocol, to OTLP bytes."""

import struct
from collections.abc import Mapping
from typing import Any

from clew.errors import MalformedInput
from clew.wire.compiled_translation import Translation
from clew.wire.thrift_read import BINARY, BOOL, I16, I32, I64, LIST, STRUCT, BinaryInput, Field, Struct
from clew.wire.zipkin_json import read_all, read_field
from clew.wire.zipkin_otlp import zipkin_to_otlp
from clew.wire.zipkin_span import (
    MAX_ITEMS,
    Endpoint,
    TagValue,
    ZipkinSpan,
    ipv4_text,
    ipv6_text,
    microseconds,
    span_id_of_bytes,
    trace_id_of_bytes,
)
from clew.wire.zipkin_v1 import V1Annotation, V1Span, V1Tag, split_span

_ENDPOINT = Struct(
    "Endpoint",
    {1: Field("ipv4", I32), 2: Field("port", I16), 3: Field("service_name", BINARY), 4: Field("ipv6", BINARY)},
    dict,
)
_ANNOTATION = Struct(
    "Annotation",
    {1: Field("timestamp", I64), 2: Field("value", BINARY), 3: Field("host", STRUCT, inner=_ENDPOINT)},
    dict,
)
_BINARY_ANNOTATION = Struct(
    "BinaryAnnotation",
    {
        1: Field("key", BINARY),
        2: Field("value", BINARY),
        3: Field("annotation_type", I32),
        4: Field("host", STRUCT, inner=_ENDPOINT),
    },
    dict,
)
_SPAN = Struct(
    "Span",
    {
        1: Field("trace_id", I64),
        3: Field("name", BINARY),
        4: Field("id", I64),
        5: Field("parent_id", I64),
        6: Field("annotations", LIST, inner=_ANNOTATION),
        8: Field("binary_annotations", LIST, inner=_BINARY_ANNOTATION),
        9: Field("debug", BOOL),
        10: Field("timestamp", I64),
        11: Field("duration", I64),
        12: Field("trace_id_high", I64),
    },
    dict,
)
COMPILED = Translation("zipkin_thrift", "clew_zipkin_thrift_to_otlp")
_BOOL, _BYTES, _I16, _I32, _I64, _DOUBLE, _STRING = range(7)
_NUMBERS = {_I16: ">h", _I32: ">i", _I64: ">q", _DOUBLE: ">d"}


def zipkin_thrift_to_otlp(body: bytes) -> bytes:
    """An encoded ExportTraceServiceRequest; no bytes for an empty list or body.

    Raises MalformedInput for the whole list, naming the span where something is wrong, and InputTooLarge.
    """
    found = COMPILED.translate(body)
    return zipkin_thrift_by_parsing(body) if found is None else found


def zipkin_thrift_by_parsing(body: bytes) -> bytes:
    """The same by Python alone: it decides where the compiled translation doesn't know."""
    return zipkin_to_otlp(read_all(_structs(body), _read_span)) if body else b""


def _structs(body: bytes) -> list[Mapping[str, Any]]:
    source = BinaryInput(body, values_left=MAX_ITEMS)
    kind, count = source.list_header()
    if count and kind != STRUCT:
        raise MalformedInput("the body is no list of Zipkin v1 spans in Thrift's binary protocol")
    spans = [source.read_struct(_SPAN) for _ in range(count)]
    if source.at < len(body):
        raise MalformedInput(f"{len(body) - source.at} bytes follow the end of the list of spans")
    return spans


def _read_span(span: Mapping[str, Any]) -> list[ZipkinSpan]:
    trace_id = _id(span.get("trace_id_high", 0)) + _id(span.get("trace_id", 0))
    v1 = V1Span(
        trace_id=read_field("trace_id", trace_id_of_bytes, trace_id),
        span_id=read_field("id", span_id_of_bytes, _id(span.get("id", 0))),
        parent_id=_id(span.get("parent_id", 0)),
        name=_text(span.get("name", b"")),
        timestamp_us=read_field("timestamp", microseconds, span.get("timestamp")),
        duration_us=read_field("duration", microseconds, span.get("duration")),
        is_debug=span.get("debug", False),
        annotations=[read_field("annotations", _annotation, each) for each in span.get("annotations", ())],
        tags=[read_field("binary_annotations", _tag, each) for each in span.get("binary_annotations", ())],
    )
    return split_span(v1)


def _text(data: bytes) -> str:
    """Bytes that aren't UTF-8, as in a name that was cut off, are written as their numbers."""
    return data.decode(errors="backslashreplace")


def _id(number: int) -> bytes:
    return number.to_bytes(8, "big", signed=True)


def _annotation(given: Mapping[str, Any]) -> V1Annotation:
    return V1Annotation(
        microseconds(given.get("timestamp")), _text(given.get("value", b"")), _endpoint(given.get("host"))
    )


def _endpoint(given: Mapping[str, Any] | None) -> Endpoint | None:
    """None when nothing is known: an empty endpoint names no host."""
    if given is None:
        return None
    ipv4 = given.get("ipv4", 0).to_bytes(4, "big", signed=True)
    endpoint = Endpoint(
        _text(given.get("service_name", b"")),
        ipv4_text(ipv4) if any(ipv4) else "",
        ipv6_text(given.get("ipv6", b"")),
        given.get("port", 0) & 0xFFFF,  # thrift has no unsigned numbers
    )
    return None if endpoint == Endpoint() else endpoint


def _tag(given: Mapping[str, Any]) -> V1Tag:
    value = _value(given.get("annotation_type"), given.get("value", b""))
    return V1Tag(_text(given.get("key", b"")), value, _endpoint(given.get("host")))


def _value(kind: Any, value: bytes) -> TagValue:
    """The value in its type; bytes stay bytes where they aren't what the type says."""
    if kind == _STRING:
        return _text(value)
    if kind == _BOOL and len(value) == 1:
        return value != b"\0"
    form = _NUMBERS.get(kind)
    if form and len(value) == struct.calcsize(form):
        number: int | float = struct.unpack(form, value)[0]
        return number
    return value
