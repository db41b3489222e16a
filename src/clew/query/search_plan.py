"""From a TraceQuery to what its search needs to know: the condition in parts, its bounds, how often it may be true."""

from dataclasses import dataclass, replace
from decimal import Decimal

from clew.query.condition import (
    And,
    Attribute,
    Comparison,
    Condition,
    Intrinsic,
    Number,
    Text,
    Typed,
    all_of,
)
from clew.query.cursor import decode_cursor
from clew.query.parser import parse_condition
from clew.query.search import TraceQuery

MAX_UINT64 = 2**64 - 1
MINUTE_NS = 60_000_000_000
STATUS_ERROR = 2


@dataclass(frozen=True, slots=True)
class Bounds:
    """First and last start of the traces wanted (both included), and behind which trace to go on."""

    first_ns: int
    last_ns: int
    cursor_ns: int
    cursor_id: str

    @property
    def are_empty(self) -> bool:
        return self.first_ns > self.last_ns

    def until(self, last_ns: int) -> "Bounds":
        """The same, with nothing that begins after `last_ns`."""
        return replace(self, last_ns=min(self.last_ns, last_ns))


def condition_of(query: TraceQuery) -> Condition:
    """Everything the query asks but its times. Raises BadQuery when its text can't be read."""
    conditions: list[Condition] = []
    if query.service is not None:
        conditions.append(Comparison(Intrinsic("service"), "=", Text(query.service)))
    if query.operation is not None:
        conditions.append(Comparison(Intrinsic("name"), "=", Text(query.operation)))
    conditions += [Comparison(Attribute(None, key), "=", Typed(typed)) for key, typed in query.attributes]
    if query.error_only:
        conditions.append(Comparison(Intrinsic("status"), "=", Number(Decimal(STATUS_ERROR))))
    for operator, duration_ns in ((">=", query.min_duration_ns), ("<=", query.max_duration_ns)):
        if duration_ns is not None:
            conditions.append(Comparison(Intrinsic("trace.duration"), operator, Number(Decimal(duration_ns))))
    if query.condition:
        conditions.append(parse_condition(query.condition))
    return all_of(tuple(conditions))


def bounds_of(query: TraceQuery) -> Bounds:
    """The times of the query and of its cursor. Raises BadQuery for a bad cursor."""
    cursor = decode_cursor(query)
    first, last = query.start_ns or 0, MAX_UINT64
    if query.end_ns is not None:
        # Before the first nanosecond of 1970 there is nothing: then the bounds exclude each other.
        first, last = (first, min(query.end_ns - 1, MAX_UINT64)) if query.end_ns > 0 else (1, 0)
    if cursor is None:
        return Bounds(first, last, MAX_UINT64, "")
    return Bounds(first, min(last, cursor.start_ns), cursor.start_ns, cursor.trace_id)


def operation_of(condition: Condition) -> dict[str, str]:
    """The service and the name that every span must have, as far as the condition names one."""
    conjuncts = condition.operands if isinstance(condition, And) else (condition,)
    return {
        test.field.name: test.value.text
        for test in reversed(conjuncts)
        if isinstance(test, Comparison)
        and isinstance(test.field, Intrinsic)
        and isinstance(test.value, Text)
        and test.operator == "="
        and test.field.name in ("service", "name")
    }


def service_alone(condition: Condition) -> str | None:
    """The service that a span must be of, when that is all the condition asks."""
    named = operation_of(condition) if isinstance(condition, Comparison) else {}
    return named.get("service")
