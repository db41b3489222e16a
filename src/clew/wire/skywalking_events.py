"""The logs inside of spans as events; those of errors as exceptions."""

import re
from typing import Any

from opentelemetry.proto.trace.v1.trace_pb2 import Span as OtlpSpan

from clew.wire.skywalking_attributes import Attributes
from clew.wire.skywalking_times import unix_nano

_EXCEPTION = "exception"
_RAISED = re.compile(r"(?P<type>[A-Za-z_][\w.]*)(?:: (?P<message>.+))?", re.DOTALL)


def event_of(log: Any) -> OtlpSpan.Event:
    """An event with all pairs of the log.

    One of an error is named `exception` and has `exception.type`, `.message` and `.stacktrace` besides; others are
    named after their pair `event`, or `log`. Raises MalformedInput for a time that OTLP can't hold.
    """
    attributes = Attributes()
    attributes.add_pairs(log.data)
    name = attributes.first_text("event") or "log"
    error = _error_in(attributes)
    if error is not None:
        name = _EXCEPTION
        attributes.add_derived((f"exception.{key}", text) for key, text in error.items() if text)
    time_ns = unix_nano(log.time, "the time of a log")
    return OtlpSpan.Event(time_unix_nano=time_ns, name=name, attributes=attributes.fields())


def error_message(logs: Any) -> str:
    """What the first log of an error says, for the status of its span; empty when none says anything."""
    for log in logs:
        attributes = Attributes()
        attributes.add_pairs(log.data)
        error = _error_in(attributes)
        if error is not None:
            return error["message"] or error["type"]
    return ""


def _error_in(attributes: Attributes) -> dict[str, str] | None:
    """Type, message and stacktrace of an error, empty where it doesn't say; None when the log is of none.

    The agent of Java writes event, error.kind, message and stack; that of Python one Traceback, that of Node one Stack.
    """
    traceback, node_stack = attributes.first_text("Traceback"), attributes.first_text("Stack")
    if traceback:
        return _read_traceback(traceback)
    if node_stack:
        return _read_raised(node_stack.partition("\n    at ")[0], node_stack)
    kind, stack = attributes.first_text("error.kind"), attributes.first_text("stack")
    if not (kind or stack or attributes.first_text("event").lower() == "error"):
        return None
    return {"type": kind, "message": attributes.first_text("message"), "stacktrace": stack}


def _read_traceback(text: str) -> dict[str, str]:
    """Python writes `Type: message` below the last, indented frame; without frames the text is a message."""
    frame = text.rfind("\n  ")
    if frame < 0:
        return {"type": "", "message": text, "stacktrace": ""}
    _, _, below = text[frame + 1 :].partition("\n")
    return _read_raised(below, text)


def _read_raised(line: str, stack: str) -> dict[str, str]:
    """`Type: message`, which stands beside the frames; what is something else says neither."""
    raised = _RAISED.fullmatch(line.rstrip())
    kind, message = (raised["type"], raised["message"] or "") if raised else ("", "")
    return {"type": kind, "message": message, "stacktrace": stack}
