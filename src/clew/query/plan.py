"""From a TraceQuery to one statement with bound parameters."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from clew.query.cursor import decode_cursor
from clew.query.search import TraceQuery
from clew.query.statement import fragment

_MAX_UINT64 = 2**64 - 1
_INT64 = 2**63
_INDEXED_CHARACTERS = 128
"""How much of a value the text index holds, as in `by_attribute` of the table `spans`."""

OriginLevels = tuple[bool, bool]


@dataclass(frozen=True, slots=True)
class Plan:
    """A statement and its parameters."""

    sql: str
    parameters: dict[str, Any]


def plan_search(query: TraceQuery, origin_levels: Callable[[str, list[str]], OriginLevels]) -> Plan:
    """The statement that answers the query, for `limit + 1` traces, so that a next page is known of.

    `origin_levels` tells whether any resource, and any scope, has the attribute with one of the values; where none
    has, the index on span, event and link attributes decides alone. Raises BadQuery for a bad cursor.
    """
    parameters = _bounds(query)
    filters = _span_filters(query, parameters, origin_levels)
    candidates = "1"
    if filters:
        candidates = fragment("candidate_traces.sql").replace("/*span_filters*/", " AND ".join(filters))
    return Plan(fragment("search_traces.sql").replace("/*candidates*/", candidates), parameters)


def text_forms(value: str) -> list[str]:
    """The texts under which a value that a person typed may be stored.

    A number is stored in its shortest form and a boolean in lower case, so `0.50` also finds 0.5 and `True` true.
    """
    forms = [value]
    if value.lower() in ("true", "false"):
        forms.append(value.lower())
    with contextlib.suppress(ValueError):
        number = float(value)
        forms.append(repr(number).removesuffix(".0").replace("e+", "e").replace("e-0", "e-"))
    return list(dict.fromkeys(forms))


def _bounds(query: TraceQuery) -> dict[str, Any]:
    cursor = decode_cursor(query)
    end_ns = _MAX_UINT64 if query.end_ns is None else query.end_ns
    return {
        "tenant": query.tenant,
        "start": query.start_ns or 0,
        "end": end_ns,
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
        values = text_forms(value)
        parameters |= {
            f"key_{number}": key,
            f"values_{number}": values,
            f"tokens_{number}": [f"{key}={form[:_INDEXED_CHARACTERS]}" for form in values],
        }
        filters.append(_attribute_filter(number, origin_levels(key, values)))
    return filters


def _attribute_filter(number: int, origin_levels: OriginLevels) -> str:
    in_resource, in_scope = origin_levels
    origin = fragment("or_resource_has_attribute.sql") if in_resource else ""
    origin += fragment("or_scope_has_attribute.sql") if in_scope else ""
    return fragment("filter_by_attribute.sql").replace("/*or_origin*/", origin).replace("/*n*/", str(number))
