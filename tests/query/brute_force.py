"""Made-up traces, and search over them in plain Python: slow, obvious, and independent of the store."""

import math
import random
from collections import defaultdict
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from clew.model.trace import TraceSummary
from clew.query.search import TraceQuery

Value = str | bool | int | float
HOUR_NS = 3_600_000_000_000
BEGIN_NS = 490_000 * HOUR_NS
LEVELS = ("span", "resource", "scope", "event", "link")
KEYS = ("k", "k=", "other", "http.status")
LONG = "long " * 40
TEXTS = ("a", "A", "", "5", "05", "true", "1.5", "1.50", "=", "k=a", "x'y\\z", "{x:String}", "100%", "nan")
LONG_TEXTS = (LONG, LONG + "1", LONG + "2", "é" * 100 + "1", "é" * 100 + "2", "x" * 127 + "é1", "x" * 127 + "é2")
NUMBERS = (5, -3, 0, 2**53, 2**53 + 1, 2**63 - 1, -(2**63))
DOUBLES = (1.5, 0.1, 1e21, 1e-7, 2.5e-5, -0.0, 5.0, math.inf, 1.2345678901234568e17)
VALUES: tuple[Value, ...] = (*TEXTS, *LONG_TEXTS, True, False, *NUMBERS, *DOUBLES)
TYPED = (
    *TEXTS, *LONG_TEXTS, "True", "false", "5.0", "+5", "5e0", "-3", "0", "-0", "0.50e1", "9007199254740993",
    "9007199254740992", "9223372036854775807", "-9223372036854775808", "0.10", "1e21", "1e+21",
    "1000000000000000000000", "1e-07", "0.0000001",
    "0.000025", "inf", "Infinity", "123456789012345680", "1.2345678901234568e17", "nobody has this", "1_0", " 5",
)  # fmt: skip  # one item a line would say no more


@dataclass(frozen=True, slots=True)
class MadeSpan:
    """A span as the search sees it."""

    trace_id: bytes
    parent_id: bytes
    service: str
    name: str
    start_ns: int
    end_ns: int
    is_error: bool
    attributes: tuple[tuple[str, str, Value], ...] = field(default=())
    """(level, key, value)"""


def make_spans(seed: int, traces: int) -> list[MadeSpan]:
    """Spans of many traces in the order of arrival: roots may come late, starts coincide, some traces last hours."""
    rng = random.Random(seed)
    spans = []
    for _ in range(traces):
        trace_id = rng.randbytes(16)
        begin_ns = BEGIN_NS + rng.randrange(40) * HOUR_NS // 8
        has_root = rng.random() < 0.9
        for number in range(rng.randint(1, 5)):
            start_ns = begin_ns + rng.choice([0, 0, 1, 1000, 10**9, HOUR_NS // 2, 2 * HOUR_NS]) * min(number, 1)
            is_root = number == 0 and has_root
            spans.append(
                MadeSpan(
                    trace_id,
                    rng.choice([b"", bytes(8)]) if is_root else b"parentid",
                    rng.choice("abcd"),
                    rng.choice(["GET /", "POST /", "query", "it's", ""]),
                    start_ns,
                    start_ns + rng.choice([0, 1, 10**6, 10**9, -5]),
                    rng.random() < 0.2,
                    tuple((rng.choice(LEVELS), rng.choice(KEYS), rng.choice(VALUES)) for _ in range(rng.randint(0, 3))),
                )
            )
    rng.shuffle(spans)
    return spans


def request_of(spans: list[MadeSpan]) -> bytes:
    """The spans as one OTLP request, each with a resource and scope of its own."""
    request = ExportTraceServiceRequest()
    for number, made in enumerate(spans, 1):
        group = request.resource_spans.add()
        group.resource.attributes.add(key="service.name").value.string_value = made.service
        scoped = group.scope_spans.add()
        span = scoped.spans.add(
            trace_id=made.trace_id,
            span_id=number.to_bytes(8, "big"),
            parent_span_id=made.parent_id,
            name=made.name,
            start_time_unix_nano=made.start_ns,
            end_time_unix_nano=made.end_ns,
        )
        if made.is_error:
            span.status.code = Status.STATUS_CODE_ERROR
        owners: dict[str, Any] = {"span": span, "resource": group.resource, "scope": scoped.scope}
        if any(level == "event" for level, _, _ in made.attributes):
            span.events.add()
            owners["event"] = span.events.add()
        if any(level == "link" for level, _, _ in made.attributes):
            owners["link"] = span.links.add()
        for level, key, value in made.attributes:
            _set(owners[level].attributes.add(key=key).value, value)
    return request.SerializeToString()


def search(spans: list[MadeSpan], query: TraceQuery) -> list[TraceSummary]:
    """All traces that match, newest first; cursor and limit don't count here."""
    by_trace: dict[bytes, list[MadeSpan]] = defaultdict(list)
    for span in spans:
        by_trace[span.trace_id].append(span)
    found = [summary_of(group) for group in by_trace.values() if any(_matches(span, query) for span in group)]
    return sorted(
        (summary for summary in found if _is_within(summary, query)),
        key=lambda summary: (-summary.start_time_unix_nano, summary.trace_id),
    )


def summary_of(spans: list[MadeSpan]) -> TraceSummary:
    """The summary of one trace from all its spans."""
    root = min((any(span.parent_id), span.start_ns, span.service, span.name) for span in spans)
    start_ns = min(span.start_ns for span in spans)
    return TraceSummary(
        trace_id=spans[0].trace_id.hex(),
        root_service=root[2],
        root_name=root[3],
        start_time_unix_nano=start_ns,
        duration_ns=max(max(span.end_ns, span.start_ns) for span in spans) - start_ns,
        span_count=len(spans),
        error_count=sum(span.is_error for span in spans),
        services=tuple(sorted({span.service for span in spans})),
        root_is_missing=root[0],
    )


def random_query(rng: random.Random, tenant: str) -> TraceQuery:
    """A query with about two filters."""
    query = TraceQuery(tenant, None, None, (), None, None, False, None, None, rng.choice([1, 3, 7, 50, 1000]), None)
    for _ in range(rng.randint(0, 3)):
        query = rng.choice(_NARROW)(rng, query)
    return query


def means(typed: str, value: Value) -> bool:
    """Whether a person who typed this may mean the value."""
    if isinstance(value, str):
        return typed == value
    if isinstance(value, bool):
        return typed.lower() == ("true" if value else "false")
    if typed != typed.strip() or "_" in typed:
        return False
    try:
        return float(typed) == value if isinstance(value, float) else Decimal(typed) == value
    except (ValueError, InvalidOperation):
        return False


def _start(rng: random.Random) -> int:
    return BEGIN_NS + rng.randrange(42) * HOUR_NS // 8 + rng.choice([0, 0, 1, -1, 10**9])


_NARROW = (
    lambda rng, query: replace(query, service=rng.choice("abcde")),
    lambda rng, query: replace(query, operation=rng.choice(["GET /", "query", "it's", "", "nobody's"])),
    lambda rng, query: replace(query, attributes=(*query.attributes, (rng.choice(KEYS), rng.choice(TYPED)))),
    lambda rng, query: replace(query, attributes=(*query.attributes, (rng.choice(KEYS), rng.choice(TYPED)))),
    lambda rng, query: replace(query, attributes=(*query.attributes, ("service.name", rng.choice("abc")))),
    lambda _rng, query: replace(query, error_only=True),
    lambda rng, query: replace(query, min_duration_ns=rng.choice([0, 1, 2, 10**6, HOUR_NS])),
    lambda rng, query: replace(query, max_duration_ns=rng.choice([0, 1, 10**6, HOUR_NS])),
    lambda rng, query: replace(query, start_ns=_start(rng)),
    lambda rng, query: replace(query, end_ns=_start(rng)),
)


def _matches(span: MadeSpan, query: TraceQuery) -> bool:
    values = [*span.attributes, ("resource", "service.name", span.service)]
    return (
        query.service in (None, span.service)
        and query.operation in (None, span.name)
        and (span.is_error or not query.error_only)
        and all(any(k == key and means(typed, value) for _, k, value in values) for key, typed in query.attributes)
    )


def _is_within(summary: TraceSummary, query: TraceQuery) -> bool:
    start_ns, duration_ns = summary.start_time_unix_nano, summary.duration_ns
    return (
        (query.start_ns is None or query.start_ns <= start_ns)
        and (query.end_ns is None or start_ns < query.end_ns)
        and (query.min_duration_ns is None or query.min_duration_ns <= duration_ns)
        and (query.max_duration_ns is None or duration_ns <= query.max_duration_ns)
    )


def _set(any_value: object, value: Value) -> None:
    field_of = {str: "string_value", bool: "bool_value", int: "int_value", float: "double_value"}
    setattr(any_value, field_of[type(value)], value)
