"""The spans of `bench/spans.py` as other clients would send them: Jaeger, Zipkin and SkyWalking.

A request is built once and re-used with fresh trace ids: all trace ids in it share their first 8 bytes, which stand in
the body in one form of constant length.
"""

import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span

from bench.spans import SPANS_PER_REQUEST, RequestTemplate
from bench.thrift_writer import BinaryWriter, CompactWriter, Field, Writer, varint, zigzag

_DATAGRAM_SPANS = 50
"""As many as a Jaeger client puts into a datagram of 65,000 bytes."""
_SPAN_KINDS = {Span.SPAN_KIND_SERVER: "SERVER", Span.SPAN_KIND_CLIENT: "CLIENT"}


@dataclass(frozen=True, slots=True)
class ForeignTemplate:
    """A request of `spans` spans and the bytes in it that stand for the prefix of its trace ids."""

    body: bytes
    spans: int
    prefix: bytes
    written: Callable[[bytes], bytes]

    def fresh(self) -> bytes:
        """The request with new trace ids."""
        first, *rest = os.urandom(8)
        return self.body.replace(self.written(self.prefix), self.written(bytes([0x40 | first & 0x3F, *rest])))


def _plain(prefix: bytes) -> bytes:
    return prefix


def _hex(prefix: bytes) -> bytes:
    return prefix.hex().encode()


def _compact(prefix: bytes) -> bytes:
    return varint(zigzag(_signed(prefix)))


def jaeger_batches(template: RequestTemplate) -> Iterator[ForeignTemplate]:
    """Batches in the binary protocol, as they go to `/api/traces`."""
    yield from _batches(template, lambda fields: BinaryWriter().struct(fields), _plain, SPANS_PER_REQUEST)


def jaeger_binary_datagrams(template: RequestTemplate) -> Iterator[ForeignTemplate]:
    """`emitBatch` in the binary protocol."""
    yield from _batches(template, _emit(BinaryWriter()), _plain, _DATAGRAM_SPANS)


def jaeger_compact_datagrams(template: RequestTemplate) -> Iterator[ForeignTemplate]:
    """`emitBatch` in the compact protocol."""
    yield from _batches(template, _emit(CompactWriter()), _compact, _DATAGRAM_SPANS)


def jaeger_post_spans(template: RequestTemplate) -> Iterator[ForeignTemplate]:
    """`PostSpansRequest` in protobuf."""
    request, prefix = _with_long_prefix(template)
    for group in request.resource_spans:
        tags = b"".join(_field(2, _jaeger_proto_tag(tag)) for tag in group.resource.attributes)
        process = _field(1, _service(group)) + tags
        spans = [span for scope in group.scope_spans for span in scope.spans]
        encoded = b"".join(_field(1, _jaeger_proto_span(span)) for span in spans)
        yield ForeignTemplate(_field(1, encoded + _field(2, process)), len(spans), prefix, _plain)


def zipkin_json(template: RequestTemplate) -> Iterator[ForeignTemplate]:
    """A list of spans in JSON, version 2."""
    request, prefix = _with_long_prefix(template)
    spans = [_zipkin_span(_service(group), span) for group, span in _spans(request)]
    yield ForeignTemplate(orjson.dumps(spans), len(spans), prefix, _hex)


def zipkin_protobuf(template: RequestTemplate) -> Iterator[ForeignTemplate]:
    """`ListOfSpans` in protobuf."""
    request, prefix = _with_long_prefix(template)
    spans = [_field(1, _zipkin_proto_span(_service(group), span)) for group, span in _spans(request)]
    yield ForeignTemplate(b"".join(spans), len(spans), prefix, _plain)


def zipkin_thrift(template: RequestTemplate) -> Iterator[ForeignTemplate]:
    """A list of spans in the binary protocol, version 1."""
    request, prefix = _with_long_prefix(template)
    spans = [BinaryWriter().struct(_zipkin_thrift_span(_service(group), span)) for group, span in _spans(request)]
    yield ForeignTemplate(struct.pack(">bi", 12, len(spans)) + b"".join(spans), len(spans), prefix, _plain)


def _emit(writer: Writer) -> Callable[[list[Field]], bytes]:
    return lambda batch: writer.message("emitBatch", [(1, "struct", batch)])


def _batches(
    template: RequestTemplate,
    encode: Callable[[list[Field]], bytes],
    written: Callable[[bytes], bytes],
    most_spans: int,
) -> Iterator[ForeignTemplate]:
    request, prefix = _with_long_prefix(template)
    for group in request.resource_spans:
        tags = [_jaeger_tag(tag) for tag in group.resource.attributes if tag.key != "service.name"]
        process: list[Field] = [(1, "text", _service(group)), (2, "[struct]", tags)]
        spans = [_jaeger_span(span) for scope in group.scope_spans for span in scope.spans]
        for first in range(0, len(spans), most_spans):
            some = spans[first : first + most_spans]
            body = encode([(1, "struct", process), (2, "[struct]", some)])
            yield ForeignTemplate(body, len(some), prefix, written)


def _with_long_prefix(template: RequestTemplate) -> tuple[ExportTraceServiceRequest, bytes]:
    """The request with a prefix whose first bits are 01, so that every way to write it has one length."""
    first, *rest = template.id_prefix
    prefix = bytes([0x40 | first & 0x3F, *rest])
    return ExportTraceServiceRequest.FromString(template.body.replace(template.id_prefix, prefix)), prefix


def _spans(request: ExportTraceServiceRequest) -> Iterator[tuple[ResourceSpans, Span]]:
    for group in request.resource_spans:
        for scope in group.scope_spans:
            for span in scope.spans:
                yield group, span


def _service(group: ResourceSpans) -> str:
    return next(tag.value.string_value for tag in group.resource.attributes if tag.key == "service.name")


def _signed(eight: bytes) -> int:
    return int.from_bytes(eight, "big", signed=True)


def _jaeger_span(span: Span) -> list[Field]:
    kind: list[Field] = [(1, "text", "span.kind"), (2, "i32", 0), (3, "text", _SPAN_KINDS[span.kind].lower())]
    return [
        (1, "i64", _signed(span.trace_id[8:])),
        (2, "i64", _signed(span.trace_id[:8])),
        (3, "i64", _signed(span.span_id)),
        (4, "i64", _signed(span.parent_span_id)),
        (5, "text", span.name),
        (7, "i32", 1),
        (8, "i64", span.start_time_unix_nano // 1000),
        (9, "i64", (span.end_time_unix_nano - span.start_time_unix_nano) // 1000),
        (10, "[struct]", [kind, *map(_jaeger_tag, span.attributes)]),
    ]


def _jaeger_tag(tag: KeyValue) -> list[Field]:
    which = tag.value.WhichOneof("value")
    if which == "bool_value":
        return [(1, "text", tag.key), (2, "i32", 2), (5, "bool", tag.value.bool_value)]
    if which == "int_value":
        return [(1, "text", tag.key), (2, "i32", 3), (6, "i64", tag.value.int_value)]
    return [(1, "text", tag.key), (2, "i32", 0), (3, "text", tag.value.string_value)]


def _field(number: int, value: bytes | str | int) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value & (1 << 64) - 1)
    encoded = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(encoded)) + encoded


def _time(unix_nano: int) -> bytes:
    return _field(1, unix_nano // 1_000_000_000) + _field(2, unix_nano % 1_000_000_000)


def _jaeger_proto_tag(tag: KeyValue) -> bytes:
    which = tag.value.WhichOneof("value")
    if which == "bool_value":
        return _field(1, tag.key) + _field(2, 1) + _field(4, int(tag.value.bool_value))
    if which == "int_value":
        return _field(1, tag.key) + _field(2, 2) + _field(5, tag.value.int_value)
    return _field(1, tag.key) + _field(3, tag.value.string_value)


def _jaeger_proto_span(span: Span) -> bytes:
    parent = _field(1, span.trace_id) + _field(2, span.parent_span_id)
    kind = _field(1, "span.kind") + _field(3, _SPAN_KINDS[span.kind].lower())
    return b"".join(
        [
            _field(1, span.trace_id),
            _field(2, span.span_id),
            _field(3, span.name),
            _field(4, parent) if span.parent_span_id else b"",
            _field(5, 1),
            _field(6, _time(span.start_time_unix_nano)),
            _field(7, _time(span.end_time_unix_nano - span.start_time_unix_nano)),
            _field(8, kind),
            *(_field(8, _jaeger_proto_tag(tag)) for tag in span.attributes),
        ]
    )


def _text(tag: KeyValue) -> str:
    which = tag.value.WhichOneof("value") or "string_value"
    return str(getattr(tag.value, which)).lower() if which == "bool_value" else str(getattr(tag.value, which))


def _zipkin_span(service: str, span: Span) -> dict[str, Any]:
    parent = {"parentId": span.parent_span_id.hex()} if span.parent_span_id else {}
    return {
        "traceId": span.trace_id.hex(),
        **parent,
        "id": span.span_id.hex(),
        "kind": _SPAN_KINDS[span.kind],
        "name": span.name,
        "timestamp": span.start_time_unix_nano // 1000,
        "duration": max(1, (span.end_time_unix_nano - span.start_time_unix_nano) // 1000),
        "localEndpoint": {"serviceName": service, "ipv4": "10.0.0.7", "port": 8080},
        "tags": {tag.key: _text(tag) for tag in span.attributes},
    }


def _zipkin_proto_span(service: str, span: Span) -> bytes:
    duration_us = max(1, (span.end_time_unix_nano - span.start_time_unix_nano) // 1000)
    return b"".join(
        [
            _field(1, span.trace_id),
            _field(2, span.parent_span_id) if span.parent_span_id else b"",
            _field(3, span.span_id),
            _field(4, 2 if span.kind == Span.SPAN_KIND_SERVER else 1),
            _field(5, span.name),
            varint(6 << 3 | 1) + struct.pack("<Q", span.start_time_unix_nano // 1000),
            _field(7, duration_us),
            _field(8, _field(1, service) + _field(2, bytes([10, 0, 0, 7])) + _field(4, 8080)),
            *(_field(11, _field(1, tag.key) + _field(2, _text(tag))) for tag in span.attributes),
        ]
    )


def _zipkin_thrift_span(service: str, span: Span) -> list[Field]:
    host: list[Field] = [(1, "i32", 0x0A000007), (2, "i16", 8080), (3, "text", service)]
    start_us = span.start_time_unix_nano // 1000
    duration_us = max(1, (span.end_time_unix_nano - span.start_time_unix_nano) // 1000)
    values = ("sr", "ss") if span.kind == Span.SPAN_KIND_SERVER else ("cs", "cr")
    moments = zip((start_us, start_us + duration_us), values, strict=True)
    annotations = [[(1, "i64", at_us), (2, "text", value), (3, "struct", host)] for at_us, value in moments]
    binary = [
        [(1, "text", tag.key), (2, "text", _text(tag)), (3, "i32", 6), (4, "struct", host)] for tag in span.attributes
    ]
    return [
        (1, "i64", _signed(span.trace_id[8:])),
        (3, "text", span.name),
        (4, "i64", _signed(span.span_id)),
        *([(5, "i64", _signed(span.parent_span_id))] if span.parent_span_id else []),
        (6, "[struct]", annotations),
        (8, "[struct]", binary),
        (10, "i64", start_us),
        (11, "i64", duration_us),
        (12, "i64", _signed(span.trace_id[:8])),
    ]
