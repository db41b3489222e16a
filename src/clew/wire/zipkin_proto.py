"""Zipkin v2 protobuf, a ListOfSpans (zipkin.proto of openzipkin/zipkin-api), to OTLP bytes."""

from functools import cache
from typing import Any

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from clew.errors import InputTooLarge, MalformedInput
from clew.wire.compiled_translation import Translation
from clew.wire.otlp_pieces import read_fields
from clew.wire.zipkin_json import read_field
from clew.wire.zipkin_otlp import zipkin_to_otlp
from clew.wire.zipkin_span import (
    KIND_NAMES,
    MAX_MICROSECONDS,
    UNSPECIFIED,
    Annotation,
    Endpoint,
    ZipkinSpan,
    ipv4_text,
    ipv6_text,
    port,
    refuse_many,
    span_id_of_bytes,
    trace_id_of_bytes,
)

MAX_SPAN_BYTES = 4 * 2**20
"""As much as the check lets a span have; parsed, an empty annotation is twenty times as large as its two bytes."""

COMPILED = Translation("zipkin_proto", "clew_zipkin_proto_to_otlp")
_KINDS = (UNSPECIFIED, *KIND_NAMES.values())
"""By their numbers in zipkin.proto."""

_SPANS = 1 << 3 | 2  # field 1, length-delimited

# The fields in the order of their numbers, from 1 on.
_SCHEMA = {
    "Endpoint": ("string service_name", "bytes ipv4", "bytes ipv6", "int32 port"),
    "Annotation": ("fixed64 timestamp", "string value"),
    "Span": (
        "bytes trace_id",
        "bytes parent_id",
        "bytes id",
        "int32 kind",  # an enum on the wire is an int32; a number that isn't known is refused here with a sentence
        "string name",
        "fixed64 timestamp",
        "uint64 duration",
        "Endpoint local_endpoint",
        "Endpoint remote_endpoint",
        "Annotation annotations",
        "TagsEntry tags",
        "bool debug",
        "bool shared",
    ),
}
_REPEATED = ("annotations", "tags")


def zipkin_proto_to_otlp(body: bytes) -> bytes:
    """An encoded ExportTraceServiceRequest; no bytes for an empty list.

    Raises MalformedInput for the whole list, naming the span where something is wrong, and InputTooLarge.
    """
    found = COMPILED.translate(body)
    return zipkin_proto_by_parsing(body) if found is None else found


def zipkin_proto_by_parsing(body: bytes) -> bytes:
    """The same by Python alone: it decides where the compiled translation doesn't know."""
    spans: list[ZipkinSpan] = []
    items = 0
    for encoded in _encoded_spans(body):
        try:
            spans.append(_read_span(_parsed(encoded)))
        except MalformedInput as error:
            raise MalformedInput(f"the whole list is refused: spans[{len(spans)}].{error}") from None
        items += 1 + len(spans[-1].annotations) + len(spans[-1].tags)
        refuse_many(items)
    return zipkin_to_otlp(spans)


def _encoded_spans(body: bytes) -> list[bytes]:
    """One by one, so that a hostile list doesn't unfold in memory as a whole."""
    try:
        fields = list(read_fields(body, 0, len(body)))
    except MalformedInput:
        raise MalformedInput("the body is no ListOfSpans in protobuf; send it whole") from None
    found = [body[each.content : each.end] for each in fields if each.number << 3 | each.wire_type == _SPANS]
    if any([len(encoded) > MAX_SPAN_BYTES for encoded in found]):
        raise InputTooLarge(f"one span has more than {MAX_SPAN_BYTES} bytes; put less into it")
    return found


def _parsed(encoded: bytes) -> Any:
    try:
        return _span_class().FromString(encoded)
    except DecodeError as error:
        raise MalformedInput(f"it is no Span in protobuf: {error}") from error


def _read_span(span: Any) -> ZipkinSpan:
    return ZipkinSpan(
        trace_id=read_field("trace_id", trace_id_of_bytes, span.trace_id),
        span_id=read_field("id", span_id_of_bytes, span.id),
        parent_id=read_field("parent_id", span_id_of_bytes, span.parent_id) if any(span.parent_id) else b"",
        kind=read_field("kind", _kind, span.kind),
        name=span.name,
        timestamp_us=read_field("timestamp", _microseconds, span.timestamp),
        duration_us=read_field("duration", _microseconds, span.duration),
        local=read_field("local_endpoint", _endpoint, span.local_endpoint),
        remote=read_field("remote_endpoint", _endpoint, span.remote_endpoint),
        annotations=[
            Annotation(read_field("annotations", _microseconds, each.timestamp), each.value)
            for each in span.annotations
        ],
        tags=dict(_pairs(span.tags)),
        is_debug=span.debug,
        is_shared=span.shared,
    )


def _pairs(tags: Any) -> list[tuple[str, str]]:
    """In their order on the wire, which a parsed map forgets; of equal keys, the last one counts."""
    return [(each.key, each.value) for each in tags]


def _kind(number: int) -> int:
    if not 0 <= number < len(_KINDS):
        raise MalformedInput(f"{number} is no kind; there are 0 to {len(_KINDS) - 1}")
    return _KINDS[number]


def _microseconds(value: int) -> int:
    if value > MAX_MICROSECONDS:
        raise MalformedInput(f"{value} microseconds are after the year 2554")
    return value


def _endpoint(endpoint: Any) -> Endpoint:
    return Endpoint(endpoint.service_name, ipv4_text(endpoint.ipv4), ipv6_text(endpoint.ipv6), port(endpoint.port))


@cache
def _span_class() -> type[Message]:
    """The message type, in a pool of its own: a program that has Zipkin's generated module keeps it."""
    file = FileDescriptorProto(name="zipkin.proto", package="zipkin.proto3", syntax="proto3")
    for name, fields in {"TagsEntry": ("string key", "string value"), **_SCHEMA}.items():
        message = file.message_type.add(name=name)
        for number, declared in enumerate(fields, start=1):
            message.field.append(_field(number, *declared.split()))
    pool = DescriptorPool()
    pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName("zipkin.proto3.Span"))


def _field(number: int, kind: str, name: str) -> FieldDescriptorProto:
    label = FieldDescriptorProto.LABEL_REPEATED if name in _REPEATED else FieldDescriptorProto.LABEL_OPTIONAL
    field = FieldDescriptorProto(name=name, number=number, label=label)
    if kind[0].isupper():
        field.type, field.type_name = FieldDescriptorProto.TYPE_MESSAGE, f".zipkin.proto3.{kind}"
    else:
        field.type = FieldDescriptorProto.Type.Value(f"TYPE_{kind.upper()}")
    return field
