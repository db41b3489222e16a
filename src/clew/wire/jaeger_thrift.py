"""Jaeger's Thrift as OTLP bytes: a `Batch` as it is sent over HTTP, and the `emitBatch` messages of the agent's ports.

jaeger.thrift and agent.thrift of Jaeger's interface definitions say what comes.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Any

from clew.errors import MalformedInput, UnsupportedInput
from clew.wire.compiled_translation import Translation
from clew.wire.jaeger_batch import JaegerSpan, Log, Process, Reference, Tag, as_text, as_value
from clew.wire.jaeger_to_otlp import OtlpWriter
from clew.wire.thrift_read import (
    BINARY,
    BOOL,
    DOUBLE,
    I32,
    I64,
    LIST,
    STRUCT,
    BinaryInput,
    CompactInput,
    Field,
    Struct,
    ThriftInput,
)

_CALL, _ONEWAY = 1, 4
_COMPACT_ID, _COMPACT_VERSION = 0x82, 1
_STRICT_VERSION = 0x8001
_NAME_BYTES = 256
_US = 1_000
_ID_MASK = 2**64 - 1


class Protocol(Enum):
    """How Thrift is encoded."""

    BINARY = "binary"
    COMPACT = "compact"


BATCHES = {each: Translation("jaeger_thrift", f"clew_jaeger_{each.value}_batch") for each in Protocol}
MESSAGES = {each: Translation("jaeger_thrift", f"clew_jaeger_{each.value}_message") for each in Protocol}


def batch_to_otlp(body: bytes, protocol: Protocol = Protocol.BINARY) -> bytes:
    """The ExportTraceServiceRequest of an encoded Batch; raises MalformedInput, InputTooLarge."""
    translated = BATCHES[protocol].translate(body)
    return read_batch(body, protocol) if translated is None else translated


def message_to_otlp(body: bytes, protocol: Protocol) -> bytes:
    """The same of a call of Agent.emitBatch; raises UnsupportedInput for other calls."""
    translated = MESSAGES[protocol].translate(body)
    return read_message(body, protocol) if translated is None else translated


def read_batch(body: bytes, protocol: Protocol) -> bytes:
    """`batch_to_otlp` without compiled code: this decides."""
    source = _input(body, protocol)
    return _written(source, _BATCH)


def read_message(body: bytes, protocol: Protocol) -> bytes:
    """`message_to_otlp` without compiled code."""
    source = _input(body, protocol)
    kind, name = _read_binary_head(source) if protocol is Protocol.BINARY else _read_compact_head(source)
    if kind not in {_CALL, _ONEWAY}:
        raise MalformedInput(f"a Thrift message of type {kind} is no call; send emitBatch")
    if name != b"emitBatch":
        raise UnsupportedInput(f"the call {as_text(name)[:80]!r} isn't understood; send emitBatch")
    return _written(source, _EMIT)


def _input(body: bytes, protocol: Protocol) -> ThriftInput:
    return BinaryInput(body) if protocol is Protocol.BINARY else CompactInput(body)


def _read_binary_head(source: ThriftInput) -> tuple[int, bytes]:
    first = source.read_integer(I32)
    if first < 0:  # strict: a version; else the old form, with the length of the name
        if first >> 16 & 0xFFFF != _STRICT_VERSION:
            raise MalformedInput("the message is no Thrift in the binary protocol: its version isn't 1")
        kind, name = first & 0xFF, source.read_binary()
    else:
        name = _take_name(source, first)
        kind = source.take(1)[0]
    source.read_integer(I32)
    return kind, name


def _take_name(source: ThriftInput, length: int) -> bytes:
    if length > _NAME_BYTES:
        raise MalformedInput("the message is no Thrift in the binary protocol; compact messages go to another port")
    return source.take(length)


def _read_compact_head(source: ThriftInput) -> tuple[int, bytes]:
    protocol_id, head = source.take(2)
    if protocol_id != _COMPACT_ID or head & 0x1F != _COMPACT_VERSION:
        raise MalformedInput("the message is no Thrift in the compact protocol; binary messages go to another port")
    source.read_length()  # the sequence number is a plain varint
    return head >> 5, source.read_binary()


def _written(source: ThriftInput, wanted: Struct) -> bytes:
    process, spans = source.read_struct(wanted)
    if source.at < len(source.data):
        raise MalformedInput("the body is no Jaeger batch: something follows its end")
    writer = OtlpWriter()
    for span in spans:
        writer.add(span, process, None)
    return writer.encoded()


def _make_tag(found: Mapping[str, Any]) -> Tag:
    values = (
        as_value(found.get("vStr", b"")),
        found.get("vDouble", 0.0),
        found.get("vBool", False),
        found.get("vLong", 0),
        found.get("vBinary", b""),
    )
    kind = found["vType"]
    value = values[kind] if 0 <= kind < len(values) else next((each for each in values if each), None)
    return Tag(as_text(found["key"]), value)


def _make_reference(found: Mapping[str, Any]) -> Reference:
    return Reference(found["refType"], _trace_id(found), _id(found["spanId"]))


def _make_log(found: Mapping[str, Any]) -> Log:
    return Log(found["timestamp"] * _US, found["fields"])


def _make_process(found: Mapping[str, Any]) -> Process:
    return Process(as_text(found["serviceName"]), found.get("tags", []))


def _make_span(found: Mapping[str, Any]) -> JaegerSpan:
    return JaegerSpan(
        trace_id=_trace_id(found),
        span_id=_id(found["spanId"]),
        parent_id=_id(found["parentSpanId"]) if found["parentSpanId"] else b"",
        name=as_text(found["operationName"]),
        references=found.get("references", []),
        flags=found["flags"],
        start_ns=found["startTime"] * _US,
        duration_ns=found["duration"] * _US,
        tags=found.get("tags", []),
        logs=found.get("logs", []),
        is_incomplete=found.get("incomplete", False),
    )


def _trace_id(found: Mapping[str, Any]) -> bytes:
    return _id(found["traceIdHigh"]) + _id(found["traceIdLow"])


def _id(number: int) -> bytes:
    return (number & _ID_MASK).to_bytes(8, "big")


def _required(name: str, kind: int, inner: Struct | None = None) -> Field:
    return Field(name, kind, is_required=True, inner=inner)


_TAG = Struct(
    "Tag",
    {
        1: _required("key", BINARY),
        2: _required("vType", I32),
        3: Field("vStr", BINARY),
        4: Field("vDouble", DOUBLE),
        5: Field("vBool", BOOL),
        6: Field("vLong", I64),
        7: Field("vBinary", BINARY),
    },
    _make_tag,
)
_LOG = Struct("Log", {1: _required("timestamp", I64), 2: _required("fields", LIST, _TAG)}, _make_log)
_REFERENCE = Struct(
    "SpanRef",
    {
        1: _required("refType", I32),
        2: _required("traceIdLow", I64),
        3: _required("traceIdHigh", I64),
        4: _required("spanId", I64),
    },
    _make_reference,
)
_SPAN = Struct(
    "Span",
    {
        1: _required("traceIdLow", I64),
        2: _required("traceIdHigh", I64),
        3: _required("spanId", I64),
        4: _required("parentSpanId", I64),
        5: _required("operationName", BINARY),
        6: Field("references", LIST, inner=_REFERENCE),
        7: _required("flags", I32),
        8: _required("startTime", I64),
        9: _required("duration", I64),
        10: Field("tags", LIST, inner=_TAG),
        11: Field("logs", LIST, inner=_LOG),
        12: Field("incomplete", BOOL),
    },
    _make_span,
)
_PROCESS = Struct("Process", {1: _required("serviceName", BINARY), 2: Field("tags", LIST, inner=_TAG)}, _make_process)
_BATCH = Struct(
    "Batch",
    {1: _required("process", STRUCT, _PROCESS), 2: _required("spans", LIST, _SPAN)},
    lambda found: (found["process"], found["spans"]),
)
_EMIT = Struct("call of emitBatch", {1: _required("batch", STRUCT, _BATCH)}, lambda found: found["batch"])
