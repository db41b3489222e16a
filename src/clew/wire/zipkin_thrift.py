"""Zipkin v1 thrift (zipkinCore.thrift of openzipkin/zipkin-api), spans in the binary protocol, to OTLP bytes."""

import struct
from typing import Any

from clew.wire.thrift_binary import (
    BINARY,
    BOOL,
    I16,
    I32,
    I64,
    LIST,
    STRUCT,
    Schema,
    Struct,
    ThriftReader,
    text_of,
)
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

_ENDPOINT: Schema = {1: (I32, None), 2: (I16, None), 3: (BINARY, None), 4: (BINARY, None)}
_ANNOTATION: Schema = {1: (I64, None), 2: (BINARY, None), 3: (STRUCT, _ENDPOINT)}
_BINARY_ANNOTATION: Schema = {1: (BINARY, None), 2: (BINARY, None), 3: (I32, None), 4: (STRUCT, _ENDPOINT)}
_SPAN: Schema = {
    1: (I64, None),
    3: (BINARY, None),
    4: (I64, None),
    5: (I64, None),
    6: (LIST, _ANNOTATION),
    8: (LIST, _BINARY_ANNOTATION),
    9: (BOOL, None),
    10: (I64, None),
    11: (I64, None),
    12: (I64, None),
}
_BOOL, _BYTES, _I16, _I32, _I64, _DOUBLE, _STRING = range(7)
_NUMBERS = {_I16: ">h", _I32: ">i", _I64: ">q", _DOUBLE: ">d"}


def zipkin_thrift_to_otlp(body: bytes) -> bytes:
    """An encoded ExportTraceServiceRequest; no bytes for an empty list or body.

    Raises MalformedInput for the whole list, naming the span where something is wrong, and InputTooLarge.
    """
    if not body:
        return b""
    reader = ThriftReader(body, MAX_ITEMS)
    spans = reader.read_list(_SPAN)
    reader.refuse_rest()
    return zipkin_to_otlp(read_all(spans, _read_span))


def _read_span(span: Struct) -> list[ZipkinSpan]:
    high, low = span.get(12, 0), span.get(1, 0)
    v1 = V1Span(
        trace_id=read_field("trace_id", trace_id_of_bytes, _id(high) + _id(low)),
        span_id=read_field("id", span_id_of_bytes, _id(span.get(4, 0))),
        parent_id=_id(span.get(5, 0)),
        name=text_of(span.get(3, b"")),
        timestamp_us=read_field("timestamp", microseconds, span.get(10)),
        duration_us=read_field("duration", microseconds, span.get(11)),
        is_debug=span.get(9, False),
        annotations=[read_field("annotations", _annotation, each) for each in span.get(6, ())],
        tags=[read_field("binary_annotations", _tag, each) for each in span.get(8, ())],
    )
    return split_span(v1)


def _id(number: int) -> bytes:
    return number.to_bytes(8, "big", signed=True)


def _annotation(given: Struct) -> V1Annotation:
    return V1Annotation(microseconds(given.get(1)), text_of(given.get(2, b"")), _endpoint(given.get(3)))


def _endpoint(given: Struct | None) -> Endpoint | None:
    """None when nothing is known: an empty endpoint names no host."""
    if given is None:
        return None
    ipv4 = given.get(1, 0).to_bytes(4, "big", signed=True)
    endpoint = Endpoint(
        text_of(given.get(3, b"")),
        ipv4_text(ipv4) if any(ipv4) else "",
        ipv6_text(given.get(4, b"")),
        given.get(2, 0) & 0xFFFF,  # thrift has no unsigned numbers
    )
    return None if endpoint == Endpoint() else endpoint


def _tag(given: Struct) -> V1Tag:
    return V1Tag(text_of(given.get(1, b"")), _value(given.get(3), given.get(2, b"")), _endpoint(given.get(4)))


def _value(kind: Any, value: bytes) -> TagValue:
    """The value in its type; bytes stay bytes where they aren't what the type says."""
    if kind == _STRING:
        return text_of(value)
    if kind == _BOOL and len(value) == 1:
        return value != b"\0"
    form = _NUMBERS.get(kind)
    if form and len(value) == struct.calcsize(form):
        number: int | float = struct.unpack(form, value)[0]
        return number
    return value
