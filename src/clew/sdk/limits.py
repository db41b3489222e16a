"""How much one span may hold, from arguments, `OTEL_*` variables or the defaults of the specification."""

import os
from dataclasses import dataclass

UNSET = -1
_DEFAULT_COUNT = 128


@dataclass(frozen=True, slots=True)
class SpanLimits:
    """Counts of what a span keeps, and characters of its texts; None is no limit."""

    events: int | None = _DEFAULT_COUNT
    links: int | None = _DEFAULT_COUNT
    attributes: int | None = _DEFAULT_COUNT
    event_attributes: int | None = _DEFAULT_COUNT
    link_attributes: int | None = _DEFAULT_COUNT
    attribute_chars: int | None = None
    """Of the span's own attributes."""
    other_attribute_chars: int | None = None
    """Of its events' and links' attributes."""


def limits_from_environment() -> SpanLimits:
    """As the specification says: a variable of one kind, else the one of all kinds, else 128, or no limit on length.

    Raises ValueError that names the variable when it is neither empty nor a natural number.
    """
    count = _read("OTEL_ATTRIBUTE_COUNT_LIMIT", _DEFAULT_COUNT)
    chars = _read("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", None)
    return SpanLimits(
        events=_read("OTEL_SPAN_EVENT_COUNT_LIMIT", _DEFAULT_COUNT),
        links=_read("OTEL_SPAN_LINK_COUNT_LIMIT", _DEFAULT_COUNT),
        attributes=_read("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", count),
        event_attributes=_read("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", count),
        link_attributes=_read("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", count),
        attribute_chars=_read("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", chars),
        other_attribute_chars=chars,
    )


def _read(variable: str, default: int | None) -> int | None:
    text = os.environ.get(variable)
    if text is None:
        return default
    text = text.strip()
    if not text:
        return None
    if not text.isdecimal():
        raise ValueError(f"{variable} must be a non-negative integer but got {text}")
    return int(text)
