"""Conditions evaluated in plain Python over OTLP: slow, obvious, and independent of the store; and random ones."""

import random
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from operator import eq, ge, gt, le, lt
from typing import Any

from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from clew.query.condition import And, Attribute, Comparison, Condition, Exists, Intrinsic, Not, Number, Or, Text, Typed

HOUR_NS = 3_600_000_000_000
BEGIN_NS = 480_000 * HOUR_NS
LEVELS = ("span", "resource", "scope", "event", "link")
KEYS = ("k", "http.status", "x" * 130)
LONG = "v" * 120
VALUES: tuple[Any, ...] = (
    "a", "ab", "abc", "", "5", "true", "/cart/1", "/cart/2", "é\n", LONG, LONG + "1" * 20, LONG + "2" * 20, "z" * 300,
    True, False, 5, 500, 499, -3, 0, 2**53, 2**53 + 1, 2**63 - 1, -(2**63), 5.0, 499.5, -0.0, 1e300, float("inf"),
)  # fmt: skip  # one item a line would say no more
WORDS = ("a", "5", "5.0", "500", "499.5", "true", "-3", "0", "9007199254740993", "inf", "nothing")
NUMBERS = ("5", "5.5", "499.5", "500", "-3", "0", "9007199254740992", "9007199254740993", "9223372036854775807", "1e30")
PATTERNS = ("^a", "b$", "^/cart/[0-9]$", "a|é", "^$", "v{3}", "1+$", ".")
SERVICES = ("cart", "ads", "")
NAMES = ("GET /", "POST /", "query")


@dataclass(frozen=True, slots=True)
class Spanned:
    """A span with its resource and scope."""

    span: Span
    resource: Any
    scope: Any

    @property
    def service(self) -> str:
        named = [a.value for a in self.resource.attributes if a.key == "service.name"]
        return named[0].string_value if named else ""


@dataclass(frozen=True, slots=True, repr=False)
class SlowTrace:
    """All spans of a trace."""

    spans: tuple[Spanned, ...]

    @property
    def trace_id(self) -> str:
        return self.spans[0].span.trace_id.hex()

    @property
    def start_ns(self) -> int:
        return min(s.span.start_time_unix_nano for s in self.spans)

    @property
    def duration_ns(self) -> int:
        return max(max(s.span.end_time_unix_nano, s.span.start_time_unix_nano) for s in self.spans) - self.start_ns

    @property
    def root(self) -> Spanned:
        def rank(s: Spanned) -> Any:
            return bool(s.span.parent_span_id.strip(b"\0")), s.span.start_time_unix_nano, s.service, s.span.name

        return min(self.spans, key=rank)


def make_request(seed: int, traces: int) -> ExportTraceServiceRequest:
    """Random spans: attributes of all kinds on all levels, equal starts, traces that last hours, late roots."""
    rng = random.Random(seed)
    request = ExportTraceServiceRequest()
    for _ in range(traces):
        trace_id, begin_ns = rng.randbytes(16), BEGIN_NS + rng.randrange(30) * HOUR_NS // 7
        for number in range(rng.randint(1, 4)):
            _add_span(rng, request, trace_id, begin_ns, number)
    return request


def _add_span(
    rng: random.Random, request: ExportTraceServiceRequest, trace_id: bytes, begin_ns: int, number: int
) -> None:
    group = request.resource_spans.add()
    service = rng.choice(SERVICES)
    if service:
        group.resource.attributes.add(key="service.name").value.string_value = service
    scoped = group.scope_spans.add()
    scoped.scope.name = rng.choice(["http", "db"])
    start_ns = begin_ns + rng.choice([0, 0, 1, 10**9, HOUR_NS, 5 * HOUR_NS]) * min(number, 1)
    span = scoped.spans.add(
        trace_id=trace_id,
        span_id=rng.randbytes(8),
        parent_span_id=b"" if number == 0 and rng.random() < 0.9 else rng.choice([b"p" * 8, b"q" * 8]),
        name=rng.choice(NAMES),
        kind=rng.randrange(6),
        start_time_unix_nano=start_ns,
        end_time_unix_nano=start_ns + rng.choice([0, 1, 10**6, 10**9, -5]),
    )
    if rng.random() < 0.6:
        span.status.code = rng.randrange(3)  # type: ignore[assignment]  # any number is a code
        span.status.message = rng.choice(["", "timeout"])
    for _ in range(rng.randrange(3)):
        span.events.add(name=rng.choice(["exception", "retry"]))
    for _ in range(rng.randrange(2)):
        span.links.add(trace_id=b"t" * 16, span_id=b"s" * 8)
    owners: dict[str, Any] = {"span": [span], "resource": [group.resource], "scope": [scoped.scope]}
    owners |= {"event": list(span.events), "link": list(span.links)}
    for _ in range(rng.randrange(4)):
        for owner in owners[rng.choice(LEVELS)][:1]:
            _set(owner.attributes.add(key=rng.choice(KEYS)).value, rng.choice(VALUES))


def _set(any_value: Any, value: Any) -> None:
    field_of = {str: "string_value", bool: "bool_value", int: "int_value", float: "double_value"}
    setattr(any_value, field_of[type(value)], value)


def traces_of(request: ExportTraceServiceRequest) -> list[SlowTrace]:
    """The traces of a request, newest first."""
    by_id: dict[bytes, list[Spanned]] = defaultdict(list)
    for group in request.resource_spans:
        for scoped in group.scope_spans:
            for span in scoped.spans:
                by_id[span.trace_id].append(Spanned(span, group.resource, scoped.scope))
    return sorted((SlowTrace(tuple(spans)) for spans in by_id.values()), key=lambda t: (-t.start_ns, t.trace_id))


def matching_spans(condition: Condition, trace: SlowTrace) -> int:
    """For how many spans of the trace the condition holds."""
    return sum(holds(condition, spanned, trace) for spanned in trace.spans)


def holds(condition: Condition, spanned: Spanned, trace: SlowTrace) -> bool:
    """Whether the condition holds for a span of the trace."""
    if isinstance(condition, And):
        return all(holds(operand, spanned, trace) for operand in condition.operands)
    if isinstance(condition, Or):
        return any(holds(operand, spanned, trace) for operand in condition.operands)
    if isinstance(condition, Not):
        return not holds(condition.operand, spanned, trace)
    if isinstance(condition, Exists):
        return any(True for _ in _attribute_values(condition.field, spanned))
    if isinstance(condition.field, Attribute):
        return any(_attribute_compares(value, condition) for value in _attribute_values(condition.field, spanned))
    return any(_compares(value, condition) for value in _intrinsic_values(condition.field, spanned, trace))


def _attribute_values(field: Attribute, spanned: Spanned) -> Iterator[Any]:
    owners = {
        "span": [spanned.span], "resource": [spanned.resource], "scope": [spanned.scope],
        "event": list(spanned.span.events), "link": list(spanned.span.links),
    }  # fmt: skip  # one item a line would say no more
    for level, things in owners.items():
        if field.level in (None, level):
            for thing in things:
                for attribute in thing.attributes:
                    if attribute.key == field.key:
                        yield getattr(attribute.value, attribute.value.WhichOneof("value"))


def _attribute_compares(value: Any, test: Comparison) -> bool:
    if isinstance(test.value, Typed):
        return _is_meant(test.value.text, value)
    if isinstance(test.value, Number):
        if isinstance(value, bool | str):
            return False
        other = test.value.number if isinstance(value, int) else float(test.value.number)
        return _ordered(value, test.operator, other)
    return isinstance(value, str) and _compares(value, test)


def _is_meant(typed: str, value: Any) -> bool:
    if isinstance(value, str):
        return typed == value
    if isinstance(value, bool):
        return typed.lower() == str(value).lower()
    try:
        return bool(Decimal(typed) == value if isinstance(value, int) else float(typed) == value)
    except (ArithmeticError, ValueError):
        return False


def _intrinsic_values(field: Intrinsic, spanned: Spanned, trace: SlowTrace) -> list[Any]:
    span = spanned.span
    duration_ns = span.end_time_unix_nano - span.start_time_unix_nano
    if field.name == "event.name":
        return [event.name for event in span.events]
    values = {
        "service": spanned.service, "name": span.name, "status.message": span.status.message,
        "scope.name": spanned.scope.name, "kind": span.kind, "status": span.status.code, "duration": duration_ns,
        "start": span.start_time_unix_nano, "parent": span.parent_span_id.strip(b"\0").hex(),
        "trace.duration": trace.duration_ns, "trace.spans": len(trace.spans),
        "trace.errors": sum(s.span.status.code == 2 for s in trace.spans),
        "root.service": trace.root.service, "root.name": trace.root.span.name,
    }  # fmt: skip  # one item a line would say no more
    return [values[field.name]]


def _compares(value: Any, test: Comparison) -> bool:
    if isinstance(test.value, Number):
        return _ordered(value, test.operator, test.value.number)
    text = test.value.text
    if test.operator == "^=":
        return bool(value.startswith(text))
    if test.operator == "=~":
        return re.search(text.replace("$", r"\Z"), value, re.DOTALL) is not None
    return _ordered(value.encode(), test.operator, text.encode())


def _ordered(left: Any, operator: str, right: Any) -> bool:
    compare = {"=": eq, "<": lt, "<=": le, ">": gt, ">=": ge}[operator]
    return bool(compare(left, right))


_ATTRIBUTES = st.builds(
    Attribute, st.sampled_from([None, None, *LEVELS]), st.sampled_from([*KEYS, "service.name", "none"])
)
_TEXT_FIELDS = st.builds(
    Intrinsic,
    st.sampled_from(["service", "name", "status.message", "scope.name", "event.name", "root.service", "root.name"]),
)
_ORDERS = st.sampled_from(["<", "<=", ">", ">="])
_TEXTS = st.builds(Text, st.sampled_from([*SERVICES, *NAMES, "exception", "timeout", "http", *map(str, VALUES[:13])]))
_NUMBERS = st.sampled_from(NUMBERS).map(lambda text: Number(Decimal(text)))


def _numbers(names: list[str], values: list[int]) -> st.SearchStrategy[Comparison]:
    numbers = st.sampled_from(values).map(lambda value: Number(Decimal(value)))
    return st.builds(Comparison, st.builds(Intrinsic, st.sampled_from(names)), _ORDERS | st.just("="), numbers)


LEAVES: st.SearchStrategy[Condition] = st.one_of(
    st.builds(Exists, _ATTRIBUTES),
    st.builds(Comparison, _ATTRIBUTES, st.just("="), st.sampled_from(WORDS).map(Typed) | _TEXTS),
    st.builds(Comparison, _ATTRIBUTES, _ORDERS, _NUMBERS | _TEXTS),
    st.builds(Comparison, _ATTRIBUTES | _TEXT_FIELDS, st.just("^="), _TEXTS),
    st.builds(Comparison, _ATTRIBUTES | _TEXT_FIELDS, st.just("=~"), st.sampled_from(PATTERNS).map(Text)),
    st.builds(Comparison, _TEXT_FIELDS, _ORDERS | st.just("="), _TEXTS),
    _numbers(["kind", "status"], [0, 1, 2, 3, 77]),
    _numbers(["duration", "trace.duration"], [0, 1, 10**6, 10**9, HOUR_NS]),
    _numbers(["trace.spans", "trace.errors"], [0, 1, 2, 3]),
    _numbers(["start"], [BEGIN_NS, BEGIN_NS + HOUR_NS, BEGIN_NS + 2 * HOUR_NS]),
    st.builds(Comparison, st.just(Intrinsic("parent")), st.just("="), st.sampled_from(["", "70" * 8]).map(Text)),
)


def _nested(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.builds(Not, inner) | st.builds(And, several) | st.builds(Or, several)


CONDITIONS: st.SearchStrategy[Condition] = st.recursive(LEAVES, _nested, max_leaves=6)
