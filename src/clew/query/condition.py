"""What a search asks of spans and traces: a tree of conditions, made from its text and its parameters.

A condition is asked of a span; the fields of its trace are the same for all spans of the trace. A trace is found when
the whole condition is true for at least one of its spans.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

LEVELS = ("span", "resource", "scope", "event", "link")

TEXT_FIELDS = ("service", "name", "status.message", "scope.name", "event.name")
"""Fields of the span that are text; a span has as many `event.name` as events."""
CODES = {
    "kind": {"unspecified": 0, "internal": 1, "server": 2, "client": 3, "producer": 4, "consumer": 5},
    "status": {"unset": 0, "ok": 1, "error": 2},
}
NUMBER_FIELDS = ("duration", "start")
"""Nanoseconds: Unix time for `start`."""
TRACE_TEXT_FIELDS = ("root.service", "root.name")
TRACE_NUMBER_FIELDS = ("trace.duration", "trace.spans", "trace.errors")
DURATION_FIELDS = ("duration", "trace.duration")
TRACE_FIELDS = TRACE_TEXT_FIELDS + TRACE_NUMBER_FIELDS
PARENT = "parent"

ORDER_OPERATORS = ("<", "<=", ">", ">=")
TEXT_OPERATORS = ("^=", "=~")


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute by its key, which isn't empty; `level` is one of LEVELS, or None for any of them."""

    level: str | None
    key: str


@dataclass(frozen=True, slots=True)
class Intrinsic:
    """A field that every span, or every trace (TRACE_FIELDS), has."""

    name: str

    @property
    def is_of_trace(self) -> bool:
        return self.name in TRACE_FIELDS


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed without quotes: text, and the number or boolean that it may name."""

    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """A string, and nothing else; `at` is its place in what was typed (from 1), 0 when it wasn't typed there."""

    text: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Number:
    """A number; nanoseconds for times."""

    number: Decimal


Field: TypeAlias = Attribute | Intrinsic
Value: TypeAlias = Typed | Text | Number


@dataclass(frozen=True, slots=True)
class Comparison:
    """One of the field's values compares so; `operator` is `=`, `^=` (begins with), `=~`, or of ORDER_OPERATORS."""

    field: Field
    operator: str
    value: Value


@dataclass(frozen=True, slots=True)
class Exists:
    """The attribute is there, with whatever value."""

    field: Attribute


@dataclass(frozen=True, slots=True)
class Not:
    """The condition isn't true."""

    operand: "Condition"


@dataclass(frozen=True, slots=True)
class And:
    """All are true; none is all."""

    operands: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one is true."""

    operands: tuple["Condition", ...]


Condition: TypeAlias = Comparison | Exists | Not | And | Or

ALWAYS = And(())
NEVER = Or(())


def all_of(conditions: tuple[Condition, ...]) -> Condition:
    """Their conjunction, flat, without those that are always true."""
    flat: list[Condition] = []
    for condition in conditions:
        flat += condition.operands if isinstance(condition, And) else (condition,)
    if NEVER in flat:
        return NEVER
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def any_of(conditions: tuple[Condition, ...]) -> Condition:
    """Their disjunction, flat, without those that are never true."""
    flat: list[Condition] = []
    for condition in conditions:
        flat += condition.operands if isinstance(condition, Or) else (condition,)
    if ALWAYS in flat:
        return ALWAYS
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def none_of(condition: Condition) -> Condition:
    """Its negation."""
    if condition == ALWAYS:
        return NEVER
    if condition == NEVER:
        return ALWAYS
    return condition.operand if isinstance(condition, Not) else Not(condition)
