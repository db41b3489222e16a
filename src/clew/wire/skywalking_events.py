"""The logs inside of spans as events; those of errors as exceptions."""

from typing import Any

from opentelemetry.proto.trace.v1.trace_pb2 import Span as OtlpSpan

from clew.wire.skywalking_attributes import Attributes
from clew.wire.skywalking_times import unix_nano

# The agent of Java writes event, error.kind, message and stack; that of Python one Traceback.
_STACKS = ("stack", "Traceback")
_EXCEPTION = "exception"


def event_of(log: Any) -> OtlpSpan.Event:
    """An event with all pairs of the log.

    One of an error is named `exception` and has `exception.type`, `.message` and `.stacktrace` besides; others are
    named after their pair `event`, or `log`. Raises MalformedInput for a time that OTLP can't hold.
    """
    attributes = Attributes()
    attributes.add_pairs(log.data)
    name = attributes.first_text("event") or "log"
    if _is_error(attributes):
        name = _EXCEPTION
        attributes.add_derived(
            (key, text)
            for key, text in (
                ("exception.type", attributes.first_text("error.kind")),
                ("exception.message", attributes.first_text("message")),
                ("exception.stacktrace", _stack(attributes)),
            )
            if text
        )
    time_ns = unix_nano(log.time, "the time of a log")
    return OtlpSpan.Event(time_unix_nano=time_ns, name=name, attributes=attributes.fields())


def error_message(logs: Any) -> str:
    """What the first log of an error says, for the status of its span; empty when none says anything."""
    for log in logs:
        attributes = Attributes()
        attributes.add_pairs(log.data)
        if _is_error(attributes):
            return attributes.first_text("message") or attributes.first_text("error.kind")
    return ""


def _is_error(attributes: Attributes) -> bool:
    return bool(
        attributes.first_text("error.kind") or _stack(attributes) or attributes.first_text("event").lower() == "error"
    )


def _stack(attributes: Attributes) -> str:
    return next((text for key in _STACKS if (text := attributes.first_text(key))), "")
