"""Query and path parameters: how OpenAPI describes them and how their text is read; anything odd is a BadQuery."""

import time
from dataclasses import replace
from typing import Annotated, Any

from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import PathParameter, QueryParameter

from clew.errors import BadQuery
from clew.model.duration import parse_duration_ns
from clew.model.ids import parse_trace_id
from clew.model.moment import parse_moment_ns
from clew.query.search import TraceQuery

DEFAULT_TRACES = 20
MAX_TRACES = 1000
DEFAULT_CATALOGUE_ENTRIES = 100
MAX_CATALOGUE_ENTRIES = 1000
DEFAULT_BUCKETS = 60
MAX_BUCKETS = 1000
MAX_DURATION_NS = 2**63 - 1
MAX_ATTRIBUTE_FILTERS = 32

_HOUR_NS = 3_600_000_000_000
_DURATION_FORMS = "Written like 250ms, 1.5s, 1m30s, or as nanoseconds."
_MOMENT_FORMS = "RFC 3339, `now`, `now-1h`, `-1h`, or Unix nanoseconds."


def _described(description: str, *examples: Any, **schema_extra: Any) -> QueryParameter:
    shown = [Example(value=value, summary=str(value)) for value in examples]
    return QueryParameter(description=description, examples=shown, schema_extra=schema_extra)


def _limit(default: int, maximum: int) -> QueryParameter:
    # The text is read by read_limit, so that its refusal names the range; the schema says what it has to be.
    return _described(
        f"At most this many, 1 to {maximum}; {default} unless told.",
        default,
        type=OpenAPIType.INTEGER,
        minimum=1,
        maximum=maximum,
        default=default,
    )


Service = Annotated[str, _described("A span of this service.", "checkout")]
OperationName = Annotated[str, _described("A span with this name.", "POST /orders")]
Attribute = Annotated[
    tuple[str, ...],
    _described(
        "An attribute as `key=value`, at span, resource, scope, event or link level; a number or boolean is found by "
        "its text. May be repeated: all must hold on the same span.",
        ("http.response.status_code=500",),
    ),
]
MinDuration = Annotated[str, _described(f"The trace lasted at least this long. {_DURATION_FORMS}", "250ms")]
MaxDuration = Annotated[str, _described(f"The trace lasted at most this long. {_DURATION_FORMS}", "1m30s")]
SpanStatus = Annotated[str, _described("`error`: a span that failed.", "error", enum=["error"])]
Condition = Annotated[
    str,
    _described(
        "A condition in Clew's search language, which holds on that same span, too: comparisons of attributes and "
        "fields with `and`, `or`, `not` and parentheses.",
        'service = cart and (http.response.status_code >= 500 or url.path ^= "/cart")',
    ),
]
Start = Annotated[str, _described(f"The trace began at this moment or later. {_MOMENT_FORMS}", "now-1h")]
End = Annotated[str, _described(f"The trace began before this moment. {_MOMENT_FORMS}", "now")]
Cursor = Annotated[str, _described("`next_cursor` of the page before, with the same filters.")]
WhoAsks = Annotated[str, _described("Who asks, for the audit log; the address is added.", "ann")]
Prefix = Annotated[str, _described("Only those that start with this.", "http.")]
Buckets = Annotated[str, _limit(DEFAULT_BUCKETS, MAX_BUCKETS)]
TraceLimit = Annotated[str, _limit(DEFAULT_TRACES, MAX_TRACES)]
CatalogueLimit = Annotated[str, _limit(DEFAULT_CATALOGUE_ENTRIES, MAX_CATALOGUE_ENTRIES)]

TraceIdInPath = Annotated[
    str,
    PathParameter(
        description="The trace id: 32 hex digits (fewer are padded with zeros on the left).",
        examples=[Example(value="5b8aa5a2d2c872e8321cf37308d69df2", summary="a trace id")],
    ),
]
ServiceInPath = Annotated[
    str,
    PathParameter(
        description="The service's name, URL-encoded.", examples=[Example(value="checkout", summary="a service")]
    ),
]
AttributeKeyInPath = Annotated[
    str,
    PathParameter(
        description="The attribute's name, URL-encoded (`/` as %2F).",
        examples=[Example(value="http.route", summary="an attribute")],
    ),
]


def read_filters(
    *,
    tenant: NamedDependency[str],
    service: Service = "",
    operation: OperationName = "",
    attr: Attribute = (),
    min_duration: MinDuration = "",
    max_duration: MaxDuration = "",
    status: SpanStatus = "",
    start: Start = "",
    end: End = "",
    q: Condition = "",
) -> TraceQuery:
    """The filters that search and export share; a parameter without text is no filter."""
    now_ns = time.time_ns()
    query = TraceQuery(
        tenant=tenant,
        service=service or None,
        operation=operation or None,
        attributes=_read_attributes(attr),
        min_duration_ns=_read_duration("min_duration", min_duration),
        max_duration_ns=_read_duration("max_duration", max_duration),
        error_only=_read_status(status),
        start_ns=_read_moment("start", start, now_ns),
        end_ns=_read_moment("end", end, now_ns),
        limit=DEFAULT_TRACES,
        cursor=None,
        condition=q.strip(),
    )
    return _refuse_contradictions(query)


def read_limit(text: str, default: int, maximum: int, key: str = "limit") -> int:
    """A limit within 1 and `maximum`."""
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= maximum):
        raise BadQuery(key, f"{text!r} is no number from 1 to {maximum}")
    return int(text)


def read_trace_id(text: str) -> bytes:
    """The 16 bytes of a trace id in a path."""
    try:
        return parse_trace_id(text)
    except ValueError as error:
        raise BadQuery("trace_id", str(error)) from error


def _read_attributes(pairs: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    if len(pairs) > MAX_ATTRIBUTE_FILTERS:
        raise BadQuery("attr", f"{len(pairs)} filters; at most {MAX_ATTRIBUTE_FILTERS} can be asked at once")
    return tuple(_read_attribute(pair) for pair in pairs if pair)


def _read_attribute(pair: str) -> tuple[str, str]:
    key, separator, value = pair.partition("=")
    if not separator or not key:
        raise BadQuery("attr", f"{pair!r} is no key=value, such as http.route=/cart")
    return key, value


def read_period(query: TraceQuery) -> TraceQuery:
    """The query with a start and an end: the last hour, unless it says something else."""
    end_ns = time.time_ns() if query.end_ns is None else query.end_ns
    return replace(
        query, start_ns=max(0, end_ns - _HOUR_NS) if query.start_ns is None else query.start_ns, end_ns=end_ns
    )


def _read_duration(key: str, text: str) -> int | None:
    if not text:
        return None
    try:
        duration_ns = parse_duration_ns(text)
    except ValueError as error:
        raise BadQuery(key, str(error)) from error
    if duration_ns > MAX_DURATION_NS:
        raise BadQuery(key, f"{text!r} is longer than the 292 years that can be asked for")
    return duration_ns


def _read_moment(key: str, text: str, now_ns: int) -> int | None:
    if not text:
        return None
    try:
        return parse_moment_ns(text, now_ns)
    except ValueError as error:
        raise BadQuery(key, str(error)) from error


def _read_status(text: str) -> bool:
    if text and text != "error":
        raise BadQuery("status", f"{text!r} can't be asked for; only error can")
    return bool(text)


def _refuse_contradictions(query: TraceQuery) -> TraceQuery:
    if query.start_ns is not None and query.end_ns is not None and query.end_ns < query.start_ns:
        raise BadQuery("end", "is before start; swap them")
    if (
        query.min_duration_ns is not None
        and query.max_duration_ns is not None
        and query.max_duration_ns < query.min_duration_ns
    ):
        raise BadQuery("max_duration", "is below min_duration; swap them")
    return query
