"""OTLP/JSON to OTLP bytes and back: hex ids, 64-bit integers as strings, enums as numbers, lowerCamelCase.

protobuf's own json_format isn't used: it writes ids in base64, and takes fifteen times as long.
"""

import re
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
import orjson
from google.protobuf.message import DecodeError, EncodeError, Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew.errors import InputTooLarge, MalformedInput
from clew.wire.otlp_json_read import read_logs, read_traces
from clew.wire.otlp_json_schema import LogsRequest, TracesRequest
from clew.wire.otlp_json_write import write_logs, write_traces

MAX_OBJECTS = 1_000_000
"""An object takes up to 350 bytes while it is converted, and as `{},` only three in the body."""

_T = TypeVar("_T")
_TRACES_DECODER = msgspec.json.Decoder(TracesRequest)
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
_LOGS_DECODER = msgspec.json.Decoder(LogsRequest)


def traces_json_to_otlp(body: bytes) -> bytes:
    """An encoded ExportTraceServiceRequest.

    Raises MalformedInput, naming the path where something is wrong, and InputTooLarge for more than MAX_OBJECTS.
    """
    return _to_otlp(body, _TRACES_DECODER, read_traces, ExportTraceServiceRequest)


def logs_json_to_otlp(body: bytes) -> bytes:
    """An encoded ExportLogsServiceRequest; raises as `traces_json_to_otlp`."""
    return _to_otlp(body, _LOGS_DECODER, read_logs, ExportLogsServiceRequest)


def traces_to_json(message: Message) -> bytes:
    """The OTLP/JSON of a TracesData or ExportTraceServiceRequest."""
    return orjson.dumps(write_traces(message))


def logs_to_json(message: Message) -> bytes:
    """The OTLP/JSON of a LogsData or ExportLogsServiceRequest."""
    return orjson.dumps(write_logs(message))


def decode_json(body: bytes, decoder: "msgspec.json.Decoder[_T]") -> _T:
    """What the decoder makes of the body; raises MsgspecError and UnicodeError."""
    text = body.decode()  # as text, because msgspec leaves the strings that it skips unchecked
    try:
        return decoder.decode(text)
    except msgspec.DecodeError:
        # An exporter that cuts a text to a limit may cut an emoji in half; that is no reason to lose the batch.
        mended = _ESCAPE.sub(_without_lone_surrogate, text)
        if mended == text:
            raise
    return decoder.decode(mended)


def _without_lone_surrogate(escape: re.Match[str]) -> str:
    return "\\ufffd" if escape["lone"] else escape[0]


def _to_otlp(
    body: bytes, decoder: "msgspec.json.Decoder[_T]", read: Callable[[_T], dict[str, Any]], message: type[Message]
) -> bytes:
    if body.count(b"{") > MAX_OBJECTS:
        raise InputTooLarge(f"the body has more than {MAX_OBJECTS} JSON objects; send smaller batches, or protobuf")
    try:
        request = message(**read(decode_json(body, decoder)))
        encoded: bytes = request.SerializeToString()
        message.FromString(encoded)  # upb writes deeper than it reads; this costs a hundredth of the rest
    except MalformedInput as error:
        raise MalformedInput(f"the body is no OTLP/JSON: ${error}") from None
    except (RecursionError, EncodeError, DecodeError) as error:
        raise MalformedInput(
            "the body is no OTLP/JSON: values are nested too deeply; protobuf holds 100 levels"
        ) from error
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise MalformedInput(f"the body is no OTLP/JSON: {error}") from error
    return encoded
