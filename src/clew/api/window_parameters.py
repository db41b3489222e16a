"""Parameters of the routes for parts of a trace."""

import time
from typing import Annotated

from litestar.openapi.spec import Example
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import PathParameter, QueryParameter

from clew.errors import BadQuery
from clew.model.duration import parse_duration_ns
from clew.model.moment import MAX_UNIX_NANO, parse_moment_ns

DEFAULT_ROWS = 100
MAX_ROWS = 1000
DEFAULT_INTERVALS = 200
MAX_INTERVALS = 2000
MAX_OFFSET = 10**9


def _number(description: str, default: int | None, least: int, most: int) -> QueryParameter:
    schema = {"type": OpenAPIType.INTEGER, "minimum": least, "maximum": most}
    if default is not None:
        schema["default"] = default
    shown = most if default is None else default
    return QueryParameter(
        description=description, examples=[Example(value=shown, summary=str(shown))], schema_extra=schema
    )


def _text(description: str, example: str) -> QueryParameter:
    return QueryParameter(description=description, examples=[Example(value=example, summary=example)])


_MOMENTS = "RFC 3339, `now-1h`, or Unix nanoseconds."

RowLimit = Annotated[str, _number(f"At most so many rows; {DEFAULT_ROWS} unless told.", DEFAULT_ROWS, 1, MAX_ROWS)]
RowOffset = Annotated[str, _number("Leave out this many rows.", 0, 0, MAX_OFFSET)]
MaxDepth = Annotated[str, _number("Only spans down to this depth; 0 is the top.", None, 0, MAX_OFFSET)]
Intervals = Annotated[
    str, _number(f"How many intervals; {DEFAULT_INTERVALS} unless told.", DEFAULT_INTERVALS, 1, MAX_INTERVALS)
]
ParentRef = Annotated[str, _text("`ref` of the span whose children are wanted; else the top.", "00f067aa0ba902b7")]
WindowStart = Annotated[
    str,
    _text(f"Spans that end at this moment or later; else from the trace's start. {_MOMENTS}", "1763719200000000000"),
]
WindowEnd = Annotated[
    str, _text(f"Spans that start before this moment; else to the trace's end. {_MOMENTS}", "1763719201000000000")
]
MinSpanDuration = Annotated[str, _text("Spans of at least this length, like 250ms or as nanoseconds.", "10ms")]
FindText = Annotated[str, _text("Part of service or name, in upper or lower case, or a whole span id.", "charge")]
FindService = Annotated[str, _text("Spans of this service.", "checkout")]
FindAttribute = Annotated[
    str, _text("An attribute as `key=value`, as in a search of traces.", "http.response.status_code=500")
]
FindStatus = Annotated[
    str,
    QueryParameter(
        description="`error`: failed spans.",
        examples=[Example(value="error", summary="error")],
        schema_extra={"enum": ["error"]},
    ),
]
SpanRefInPath = Annotated[
    str,
    PathParameter(
        description="`ref` of a span: its id of 16 hex digits, with ~1, ~2, … for the next ones that have the same.",
        examples=[Example(value="00f067aa0ba902b7", summary="a span")],
    ),
]


def read_number(key: str, text: str, default: int, least: int, most: int) -> int:
    """A whole number within `least` and `most`."""
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 11 and least <= int(text) <= most):
        raise BadQuery(key, f"{text!r} is no number from {least} to {most}")
    return int(text)


def read_depth(text: str) -> int | None:
    """A depth, or None for all."""
    return read_number("max_depth", text, 0, 0, MAX_OFFSET) if text else None


def read_length_ns(text: str) -> int:
    """A length of spans; 0 for all."""
    try:
        return parse_duration_ns(text) if text else 0
    except ValueError as error:
        raise BadQuery("min_duration", str(error)) from error


def read_range_ns(start: str, end: str, start_ns: int, end_ns: int) -> tuple[int, int]:
    """A range of time that isn't empty; unless told, that of the trace with its last moment (Unix ns).

    The last moment that there is, 2**64 - 1, can't have a later one as the end of its range: as an end it is in it.
    """
    first = _moment_ns("start", start, start_ns)
    last = _moment_ns("end", end, min(end_ns + 1, MAX_UNIX_NANO))
    last += last == MAX_UNIX_NANO
    if last <= first:
        raise BadQuery("end", "is not after start; swap them, or leave one out")
    return first, last


def read_error_only(text: str) -> bool:
    """Whether only failed spans are wanted."""
    if text and text != "error":
        raise BadQuery("status", f"{text!r} can't be asked for; only error can")
    return bool(text)


def read_attribute(text: str) -> tuple[str, str] | None:
    """Key and value of `key=value`."""
    key, separator, value = text.partition("=")
    if text and not (separator and key):
        raise BadQuery("attr", f"{text!r} is no key=value, such as http.route=/cart")
    return (key, value) if text else None


def _moment_ns(key: str, text: str, default_ns: int) -> int:
    try:
        return parse_moment_ns(text, time.time_ns()) if text else default_ns
    except ValueError as error:
        raise BadQuery(key, str(error)) from error
