"""Jaeger's protobuf as OTLP bytes: `jaeger.api_v2.PostSpansRequest`, as model.proto of its interface definitions says.

The outer levels are walked and each span is parsed alone, because parsed protobuf takes up to ninety times its bytes.
Text is declared as bytes here, which is the same on the wire: Jaeger's clients don't check that it is UTF-8.
"""

from collections.abc import Callable
from typing import Any

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from clew.errors import InputTooLarge, MalformedInput
from clew.wire.compiled_translation import Translation
from clew.wire.jaeger_batch import JaegerSpan, Log, Process, Reference, Tag, TagValue, as_text, as_value
from clew.wire.jaeger_to_otlp import OtlpWriter
from clew.wire.otlp_pieces import read_fields, write_varint

MAX_SPANS = 1_000_000
MAX_PART_BYTES = 4 * 2**20
"""Of one span or process, as of one span in OTLP."""

_SECOND_NS = 1_000_000_000
_SHORT_TRACE_ID_BYTES = 8
_DELIMITED = 2

# Message -> fields: number, name, type; `*` is repeated, a capital letter begins a message's name.
_MODEL = {
    "Moment": "1 seconds int64, 2 nanos int32",  # google.protobuf.Timestamp and Duration
    "KeyValue": "1 key bytes, 2 kind int32, 3 text bytes, 4 flag bool, 5 integer int64, 6 double double, "
    "7 binary bytes",
    "Log": "1 timestamp Moment, 2 fields KeyValue*",
    "SpanRef": "1 trace_id bytes, 2 span_id bytes, 3 kind int32",
    "Process": "1 service_name bytes, 2 tags KeyValue*",
    "Span": "1 trace_id bytes, 2 span_id bytes, 3 operation_name bytes, 4 references SpanRef*, 5 flags uint32, "
    "6 start_time Moment, 7 duration Moment, 8 tags KeyValue*, 9 logs Log*, 10 process Process, "
    "11 process_id bytes, 12 warnings bytes*",
}
_PACKAGE = "clew.jaeger"


def _described() -> FileDescriptorProto:
    file = FileDescriptorProto(name="clew/jaeger.proto", package=_PACKAGE, syntax="proto3")
    for name, fields in _MODEL.items():
        message = file.message_type.add(name=name)
        for line in fields.split(", "):
            message.field.append(_described_field(*line.split(" ")))
    return file


def _described_field(number: str, name: str, kind: str) -> FieldDescriptorProto:
    described = FieldDescriptorProto(name=name, number=int(number), label=FieldDescriptorProto.LABEL_OPTIONAL)
    if kind.endswith("*"):
        described.label = FieldDescriptorProto.LABEL_REPEATED
    kind = kind.removesuffix("*")
    if kind[0].isupper():
        described.type, described.type_name = FieldDescriptorProto.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"
    else:
        described.type = FieldDescriptorProto.Type.Value(f"TYPE_{kind.upper()}")
    return described


POOL = DescriptorPool()  # of its own: another library may bring Jaeger's definitions
POOL.AddSerializedFile(_described().SerializeToString())
_SPAN = GetMessageClass(POOL.FindMessageTypeByName(f"{_PACKAGE}.Span"))
_PROCESS = GetMessageClass(POOL.FindMessageTypeByName(f"{_PACKAGE}.Process"))
REQUEST = Translation("jaeger_proto", "clew_jaeger_post_spans")


def request_to_otlp(body: bytes) -> bytes:
    """The ExportTraceServiceRequest of a PostSpansRequest; raises MalformedInput, InputTooLarge."""
    translated = REQUEST.translate(body)
    return read_request(body) if translated is None else translated


def span_to_otlp(body: bytes) -> bytes:
    """The same of one Span with its process inside: what Jaeger's collectors wrote to Kafka."""
    batch = _enclosed(body)
    return request_to_otlp(_enclosed(batch))


def _enclosed(content: bytes) -> bytes:
    """A message whose field 1 this is."""
    return b"\x0a" + write_varint(len(content)) + content


def read_request(body: bytes) -> bytes:
    """`request_to_otlp` without compiled code: this decides."""
    spans, process = _split(body)
    writer = _Requests(process)
    for span in spans:
        writer.add(_parsed(_SPAN, span))
    return writer.otlp.encoded()


def _split(body: bytes) -> tuple[list[bytes], bytes | None]:
    """The encoded spans and the encoded process; of several batches and processes, protobuf makes one."""
    spans: list[bytes] = []
    processes: list[bytes] = []
    for batch in read_fields(body, 0, len(body)):
        if batch.number != 1 or batch.wire_type != _DELIMITED:
            continue
        for part in read_fields(body, batch.content, batch.end):
            if part.wire_type == _DELIMITED and part.number in {1, 2}:
                content = _taken(body, part.content, part.end)
                (spans if part.number == 1 else processes).append(content)
                if len(spans) + len(processes) > MAX_SPANS:
                    raise InputTooLarge(f"more than {MAX_SPANS} spans in one batch; send smaller batches")
    return spans, b"".join(processes) if processes else None


def _taken(body: bytes, start: int, end: int) -> bytes:
    if end - start > MAX_PART_BYTES:
        raise InputTooLarge(f"a span or a process has more than {MAX_PART_BYTES} bytes; put less into it")
    return body[start:end]


def _parsed(kind: Any, encoded: bytes) -> Any:
    try:
        return kind.FromString(encoded)
    except (DecodeError, RecursionError) as error:
        raise MalformedInput(f"the body is no jaeger.api_v2.PostSpansRequest: {error}") from error


class _Requests:
    """The spans of one request, each with its own process or the batch's."""

    def __init__(self, process: bytes | None) -> None:
        self.otlp = OtlpWriter()
        self._processes: dict[bytes, Process] = {}
        self._key: bytes | None = None if process is None else self._learn(_parsed(_PROCESS, process))

    def add(self, span: Any) -> None:
        key = self._learn(span.process) if span.HasField("process") else self._key
        self.otlp.add(_span(span), None if key is None else self._processes[key], key)

    def _learn(self, process: Any) -> bytes:
        process.DiscardUnknownFields()
        key: bytes = process.SerializeToString()
        if key not in self._processes:
            self._processes[key] = Process(as_text(process.service_name), _tags(process.tags))
        return key


def _span(span: Any) -> JaegerSpan:
    return JaegerSpan(
        trace_id=_trace_id(span.trace_id),
        span_id=span.span_id,
        parent_id=b"",
        name=as_text(span.operation_name),
        references=[Reference(each.kind, _trace_id(each.trace_id), each.span_id) for each in span.references],
        flags=span.flags,
        start_ns=_nanoseconds(span.start_time),
        duration_ns=_nanoseconds(span.duration),
        tags=_tags(span.tags),
        logs=[Log(_nanoseconds(each.timestamp), _tags(each.fields)) for each in span.logs],
        process_id=as_text(span.process_id),
        warnings=tuple(as_text(each) for each in span.warnings),
    )


def _trace_id(raw: bytes) -> bytes:
    return bytes(_SHORT_TRACE_ID_BYTES) + raw if len(raw) == _SHORT_TRACE_ID_BYTES else raw


def _nanoseconds(moment: Any) -> int:
    nanoseconds: int = moment.seconds * _SECOND_NS + moment.nanos
    return nanoseconds


_VALUES: tuple[Callable[[Any], TagValue], ...] = (
    lambda tag: as_value(tag.text),
    lambda tag: bool(tag.flag),
    lambda tag: int(tag.integer),
    lambda tag: float(tag.double),
    lambda tag: bytes(tag.binary),
)


def _tags(tags: Any) -> list[Tag]:
    return [Tag(as_text(tag.key), _value(tag)) for tag in tags]


def _value(tag: Any) -> TagValue:
    kind: int = tag.kind
    if 0 <= kind < len(_VALUES):
        return _VALUES[kind](tag)
    values = [each(tag) for each in _VALUES]
    return next((value for value in values if value), None)
