"""From a TraceQuery to one statement with bound parameters."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from clew.query.cursor import decode_cursor
from clew.query.search import TraceQuery
from clew.query.statement import fragment
from clew.query.typed_value import attribute_forms, typed_values

_MAX_UINT64 = 2**64 - 1
_INT64 = 2**63

OriginLevels = tuple[bool, bool]


@dataclass(frozen=True, slots=True)
class Plan:
    """A statement and its parameters."""

    sql: str
    parameters: dict[str, Any]


def plan_search(query: TraceQuery, origin_levels: Callable[[str, list[str]], OriginLevels]) -> Plan:
    """The statement that answers the query, for `limit + 1` traces, so that a next page is known of.

    `origin_levels` tells whether any resource, and any scope, has the attribute in one of the forms; where none
    has, the index on span, event and link attributes decides alone. Raises BadQuery for a bad cursor.
    """
    parameters = _bounds(query)
    candidates = []
    if query.start_ns:
        candidates.append(fragment("candidates_by_start.sql"))
    filters = _span_filters(query, parameters, origin_levels)
    if filters:
        candidates.append(fragment("candidates_by_span.sql").replace("/*span_filters*/", " AND ".join(filters)))
    sql = fragment("search_traces.sql").replace("/*candidates*/", " AND ".join(candidates) or "1")
    return Plan(sql, parameters)


def _bounds(query: TraceQuery) -> dict[str, Any]:
    cursor = decode_cursor(query)
    start, last_start = query.start_ns or 0, _MAX_UINT64
    if query.end_ns is not None:
        # Before the first nanosecond of 1970 there is nothing: then the bounds exclude each other.
        start, last_start = (start, query.end_ns - 1) if query.end_ns > 0 else (1, 0)
    return {
        "tenant": query.tenant,
        "start": start,
        "last_start": min(last_start, _MAX_UINT64),
        "min_duration": -_INT64 if query.min_duration_ns is None else query.min_duration_ns,
        "max_duration": _INT64 - 1 if query.max_duration_ns is None else query.max_duration_ns,
        "cursor_start": _MAX_UINT64 if cursor is None else cursor.start_ns,
        "cursor_id": "" if cursor is None else cursor.trace_id,
        "limit": query.limit + 1,
    }


def _span_filters(
    query: TraceQuery, parameters: dict[str, Any], origin_levels: Callable[[str, list[str]], OriginLevels]
) -> list[str]:
    filters = []
    if query.service is not None:
        parameters["service"] = query.service
        filters.append("service = {service:String}")
    if query.operation is not None:
        parameters["operation"] = query.operation
        filters.append("name = {operation:String}")
    if query.error_only:
        filters.append("status_code = 2")
    for number, (key, value) in enumerate(query.attributes):
        forms = [form.hex() for form in attribute_forms(key, typed_values(value))]
        parameters[f"forms_{number}"] = forms
        filters.append(_attribute_filter(number, origin_levels(key, forms)))
    return filters


def _attribute_filter(number: int, origin_levels: OriginLevels) -> str:
    in_resource, in_scope = origin_levels
    origin = fragment("or_resource_has_attribute.sql") if in_resource else ""
    origin += fragment("or_scope_has_attribute.sql") if in_scope else ""
    return fragment("filter_by_attribute.sql").replace("/*or_origin*/", origin).replace("/*n*/", str(number))
