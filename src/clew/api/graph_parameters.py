"""Parameters of the routes for rates and the service graph: whole minutes, kinds, steps."""

import time
from dataclasses import dataclass
from typing import Annotated

from litestar.openapi.spec import Example
from litestar.params import QueryParameter

from clew.errors import BadQuery
from clew.model.duration import parse_duration_ns
from clew.model.moment import parse_moment_ns
from clew.model.red import ENTRY_KINDS, MINUTE_NS
from clew.model.trace import SPAN_KINDS

MAX_STEPS = 1500
_STEPS_UNLESS_TOLD = 60
_HOUR_NS = 60 * MINUTE_NS
_ENTRY, _ALL = "entry", "all"


def _described(description: str, example: str) -> QueryParameter:
    return QueryParameter(description=description, examples=[Example(value=example, summary=example)])


GraphStart = Annotated[
    str, _described("From the minute that has this moment; an hour before `end` unless told.", "now-1h")
]
GraphEnd = Annotated[str, _described("Up to the minute that has this moment; now unless told.", "now")]
GraphService = Annotated[str, _described("Only edges to or from this service.", "checkout")]
RedOperation = Annotated[str, _described("Only spans with this name.", "POST /orders")]
RedKind = Annotated[
    str,
    _described(
        "Only spans of this kind: server, consumer, client, producer, internal, unspecified; `entry` for server and "
        "consumer, `all`. Unless told, `entry`, and `all` with an operation.",
        "server",
    ),
]
RedStep = Annotated[
    str, _described("Whole minutes, such as `5m`; unless told, so many that there are at most 60 steps.", "5m")
]


@dataclass(frozen=True, slots=True)
class Minutes:
    """Minutes since 1970, `end` not included; never empty."""

    first: int
    end: int


def read_minutes(start: str, end: str) -> Minutes:
    """The minutes that a time range touches."""
    now_ns = time.time_ns()
    end_ns = _read_moment("end", end, now_ns) if end else now_ns
    start_ns = _read_moment("start", start, now_ns) if start else max(0, end_ns - _HOUR_NS)
    if end_ns < start_ns:
        raise BadQuery("end", "is before start; swap them")
    first = start_ns // MINUTE_NS
    return Minutes(first, max(first + 1, -(-end_ns // MINUTE_NS)))


def read_step(text: str, minutes: Minutes) -> int:
    """How many minutes a step has."""
    count = minutes.end - minutes.first
    if not text:
        return -(-count // _STEPS_UNLESS_TOLD)
    try:
        step_ns = parse_duration_ns(text)
    except ValueError as error:
        raise BadQuery("step", str(error)) from error
    if step_ns < MINUTE_NS or step_ns % MINUTE_NS:
        raise BadQuery("step", f"{text!r} is not whole minutes, which is how rates are counted; write it like 5m")
    step_minutes = step_ns // MINUTE_NS
    if -(-count // step_minutes) > MAX_STEPS:
        raise BadQuery("step", f"makes more than {MAX_STEPS} steps; ask for longer steps, or less time")
    return step_minutes


def read_kinds(text: str, operation: str) -> tuple[int, ...]:
    """The kinds asked for, empty for all."""
    wanted = text or (_ALL if operation else _ENTRY)
    if wanted in SPAN_KINDS:
        return (SPAN_KINDS.index(wanted),)
    if wanted not in (_ENTRY, _ALL):
        raise BadQuery("kind", f"{text!r} is none; there are {', '.join((_ENTRY, _ALL, *SPAN_KINDS))}")
    return ENTRY_KINDS if wanted == _ENTRY else ()


def _read_moment(key: str, text: str, now_ns: int) -> int:
    try:
        return parse_moment_ns(text, now_ns)
    except ValueError as error:
        raise BadQuery(key, str(error)) from error
