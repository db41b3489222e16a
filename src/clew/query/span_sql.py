"""A condition on spans as an expression over the columns of `spans`."""

from collections.abc import Mapping
from decimal import Decimal

from clew.query.binder import Binder
from clew.query.comparison_sql import ALWAYS_SQL, NEVER_SQL, element_sql, text_sql, whole_sql
from clew.query.condition import And, Attribute, Comparison, Condition, Exists, Intrinsic, Not, Number, Or
from clew.query.statement import fragment
from clew.query.token_lookup import Found, Test, Tokens
from clew.query.trace_sql import trace_sql

_COLUMNS = {
    "service": "service",
    "name": "name",
    "status.message": "status_message",
    "scope.name": "JSONExtractString(scope, 1)",
    "kind": "kind",
    "duration": "duration_ns",
    "start": "start_time_unix_nano",
}
_STATUS = "multiIf(status_code = 2, 2, status_code = 1, 1, 0)"
_EVENTS, _LINKS = "arrayFlatten(events.attributes)", "arrayFlatten(links.attributes)"
_NESTED = f"arrayConcat({_EVENTS}, {_LINKS})"


def span_sql(condition: Condition, found: Mapping[Test, Found], binder: Binder) -> str:
    """Whether the condition holds for a span; what it says of the trace needs the columns of `trace_sql`, too."""
    if isinstance(condition, And):
        return _joined(condition, " AND ", ALWAYS_SQL, found, binder)
    if isinstance(condition, Or):
        return _joined(condition, " OR ", NEVER_SQL, found, binder)
    if isinstance(condition, Not):
        return f"NOT {span_sql(condition.operand, found, binder)}"
    if isinstance(condition, Exists) or isinstance(condition.field, Attribute):
        return _attribute_sql(condition, found[condition], binder)
    if condition.field.is_of_trace:
        return trace_sql(condition, binder)
    return _intrinsic_sql(condition.field, condition, binder)


def _joined(condition: And | Or, by: str, empty: str, found: Mapping[Test, Found], binder: Binder) -> str:
    parts = [span_sql(operand, found, binder) for operand in condition.operands]
    return f"({by.join(parts)})" if parts else empty


def _intrinsic_sql(field: Intrinsic, test: Comparison, binder: Binder) -> str:
    if field.name == "parent":
        parent = "" if isinstance(test.value, Number) else test.value.text
        if not parent:
            return "parent_span_id IN ('', unhex('0000000000000000'))"
        return f"parent_span_id = {binder.binary(bytes.fromhex(parent))}"
    if isinstance(test.value, Number):
        kind = "UInt64" if field.name == "start" else "Int64"
        subject = _STATUS if field.name == "status" else _COLUMNS[field.name]
        return whole_sql(subject, test.operator, Decimal(test.value.number), kind, binder)
    if field.name == "event.name":
        return f"arrayExists(n -> {text_sql('n', test.operator, test.value.text, binder)}, events.name)"
    return text_sql(_COLUMNS[field.name], test.operator, test.value.text, binder)


def _attribute_sql(test: Test, found: Found, binder: Binder) -> str:
    level = test.field.level if isinstance(test.field, Attribute) else None
    nested = {"event": _EVENTS, "link": _LINKS}.get(level or "", _NESTED)
    parts = [
        _place_sql(test, found.on_spans, "attributes", "attributes", binder),
        _place_sql(test, found.nested, _NESTED, nested, binder),
    ]
    passes = element_sql(test, "a", binder) if found.in_resources or found.in_scopes else ""
    if found.in_resources:
        parts.append(fragment("resource_passes.sql").replace("/*test*/", passes))
    if found.in_scopes:
        parts.append(fragment("scope_passes.sql").replace("/*test*/", passes))
    return f"({' OR '.join(part for part in parts if part) or NEVER_SQL})"


def _place_sql(test: Test, tokens: Tokens | None, indexed: str, looked_at: str, binder: Binder) -> str:
    """Whether one of the attributes `looked_at` passes, told by the index on `indexed` as far as it can."""
    if tokens is not None and not tokens.tokens:
        return ""
    parts = []
    if tokens is not None:
        known = binder.binaries(list(tokens.tokens))
        parts.append(f"hasAny(arrayMap(a -> substring(a, 1, 128), {indexed}), {known})")
    if tokens is None or not tokens.are_exact or indexed != looked_at:
        parts.append(f"arrayExists(a -> {element_sql(test, 'a', binder)}, {looked_at})")
    return f"({' AND '.join(parts)})"
