"""What is in a file of telemetry: its form is told by its content, and it is read as a stream of OTLP requests.

Forms: length-delimited ExportTraceServiceRequest (a varint before each; what `clew export` writes), one
ExportTraceServiceRequest alone, OTLP JSON as one document, and OTLP JSON with one document per line (what the
Collector's file exporter writes).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import orjson

from clew.errors import InputTooLarge, MalformedInput, UnsupportedInput
from clew.wire.otlp_json import logs_json_to_otlp, traces_json_to_otlp
from clew.wire.otlp_pieces import read_varint

TRACES, LOGS, METRICS = "traces", "logs", "metrics"
MAX_MESSAGE_BYTES = 1 << 30
_PREFIX_BYTES = 1 << 20
_RESOURCE_SPANS_TAG = 0x0A  # field 1, length-delimited: the only field of an ExportTraceServiceRequest
_MAX_VARINT_BYTES = 10

_FIRST_KEY = re.compile(rb'\s*\{\s*"(\w+)"')
_SIGNALS = {
    b"resourceSpans": TRACES,
    b"resource_spans": TRACES,
    b"resourceLogs": LOGS,
    b"resource_logs": LOGS,
    b"resourceMetrics": METRICS,
    b"resource_metrics": METRICS,
}
_LATER = "can't be imported yet; convert it to OTLP, for example with the OpenTelemetry Collector"


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a signal; `payload` is its protobuf (empty for metrics, which Clew doesn't store)."""

    signal: str
    payload: bytes


def read_requests(chunks: Iterator[bytes], name: str) -> Iterator[Request]:
    """The requests of a file in order; raises MalformedInput, UnsupportedInput or InputTooLarge with its name."""
    prefix, rest = _read_prefix(chunks)
    content = chain([prefix], rest)
    prefers_single = name.endswith(".pb")
    is_single = looks_single(prefix)
    if looks_delimited(prefix) and not (prefers_single and is_single):
        return read_framed(content, name)
    if is_single:
        return read_framed(content, name, tag=_RESOURCE_SPANS_TAG)
    if prefix.lstrip()[:1] in (b"{", b"["):
        return _read_json(content, name)
    if not prefix:
        return iter(())
    raise UnsupportedInput(f"{name} is neither OTLP protobuf nor OTLP JSON; see `clew import --help` for what is read")


def looks_delimited(prefix: bytes) -> bool:
    """Whether messages with a length before each begin here; the last one may be cut by the end of the prefix."""
    at = 0
    try:
        while at < len(prefix):
            length, start = read_varint(prefix, at)
            if length > MAX_MESSAGE_BYTES or not _has_request_shape(prefix, start, start + length):
                return False
            at = start + length
    except MalformedInput:
        return at > 0
    return at > 0


def looks_single(prefix: bytes) -> bool:
    """Whether one ExportTraceServiceRequest begins here."""
    return bool(prefix) and _has_request_shape(prefix, 0, max(len(prefix), _PREFIX_BYTES))


def _has_request_shape(data: bytes, start: int, end: int) -> bool:
    """Whether data[start:end], as far as it is there, has only field 1 as an ExportTraceServiceRequest has."""
    at = start
    while at < min(end, len(data)):
        if data[at] != _RESOURCE_SPANS_TAG:
            return False
        try:
            length, at = read_varint(data, at + 1)
        except MalformedInput:
            return len(data) - at <= _MAX_VARINT_BYTES
        at += length
    return at == end or (at > len(data) and at <= end) or len(data) < end


def _read_prefix(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    taken: list[bytes] = []
    size = 0
    for chunk in chunks:
        taken.append(chunk)
        size += len(chunk)
        if size >= _PREFIX_BYTES:
            break
    return b"".join(taken), chunks


def read_framed(content: Iterator[bytes], name: str, tag: int | None = None) -> Iterator[Request]:
    """Messages with a length before each, and with `tag` before that.

    With the tag of field 1 these are the fields of one large request; each is a request of its own, so that a file
    of any size is read piece by piece.
    """
    buffer = b""
    for chunk in content:
        buffer += chunk
        at = 0
        while (frame := _frame_at(buffer, at, tag, name)) is not None:
            start, end = frame
            yield Request(TRACES, buffer[at:end] if tag is not None else buffer[start:end])
            at = end
        buffer = buffer[at:]
    if buffer:
        raise MalformedInput(f"{name} ends in the middle of a message; it was cut off, get it again")


def _frame_at(buffer: bytes, at: int, tag: int | None, name: str) -> tuple[int, int] | None:
    """Start and end of the message at `at`, None when it isn't there in full."""
    if at >= len(buffer):
        return None
    if tag is not None:
        if buffer[at] != tag:
            raise MalformedInput(
                f"{name} is no ExportTraceServiceRequest; byte {buffer[at]:#04x} begins no field of it"
            )
        at += 1
    try:
        length, start = read_varint(buffer, at)
    except MalformedInput:
        if len(buffer) - at < _MAX_VARINT_BYTES:
            return None
        raise
    if length > MAX_MESSAGE_BYTES:
        raise InputTooLarge(f"{name} has a message of {length:,} bytes; {MAX_MESSAGE_BYTES:,} is the most")
    return (start, start + length) if start + length <= len(buffer) else None


def _read_json(content: Iterator[bytes], name: str) -> Iterator[Request]:
    lines = _lines(content)
    first = next(lines)
    if _is_document(first):
        for line in chain([first], lines):
            if line.strip():
                yield _convert(line, name)
        return
    whole = [first]
    size = len(first)
    for line in lines:
        whole.append(line)
        size += len(line)
        if size > MAX_MESSAGE_BYTES:
            raise InputTooLarge(f"{name} is one JSON document of over {MAX_MESSAGE_BYTES:,} bytes; split it into lines")
    yield _convert(b"".join(whole), name)


def _is_document(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


def _convert(document: bytes, name: str) -> Request:
    signal = _signal_of(document, name)
    try:
        if signal == TRACES:
            return Request(TRACES, traces_json_to_otlp(document))
        return Request(signal, logs_json_to_otlp(document) if signal == LOGS else b"")
    except MalformedInput as error:
        raise MalformedInput(f"{name}: {error}") from error


def _signal_of(document: bytes, name: str) -> str:
    first_key = _FIRST_KEY.match(document)
    if first_key and first_key[1] in _SIGNALS:
        return _SIGNALS[first_key[1]]
    if document.lstrip().startswith(b"[") and b'"traceId"' in document:
        raise UnsupportedInput(f"{name} looks like Zipkin JSON, which {_LATER}")
    if b'"traceID"' in document:
        raise UnsupportedInput(f"{name} looks like Jaeger JSON, which {_LATER}")
    if not _is_document(document):
        raise MalformedInput(f"{name} is damaged: this is no JSON: {document[:60]!r}…")
    raise UnsupportedInput(f'{name} is JSON, but not OTLP: a document begins with "resourceSpans" or "resourceLogs"')


def _lines(content: Iterator[bytes]) -> Iterator[bytes]:
    waiting: list[bytes] = []
    for chunk in content:
        pieces = chunk.split(b"\n")
        if len(pieces) == 1:
            waiting.append(chunk)
            continue
        yield b"".join([*waiting, pieces[0], b"\n"])
        for piece in pieces[1:-1]:
            yield piece + b"\n"
        waiting = [pieces[-1]]
    if any(waiting):
        yield b"".join(waiting)
