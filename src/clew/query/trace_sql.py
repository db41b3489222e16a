"""A condition on traces as an expression over the columns of `summarise_traces.sql`."""

from clew.query.binder import Binder
from clew.query.comparison_sql import ALWAYS_SQL, NEVER_SQL, text_sql, whole_sql
from clew.query.condition import And, Comparison, Condition, Exists, Intrinsic, Not, Number, Or

_COLUMNS = {
    "trace.duration": "duration",
    "trace.spans": "spans",
    "trace.errors": "errors",
    "root.service": "earliest_root.service",
    "root.name": "earliest_root.name",
}
_COUNTS = ("trace.spans", "trace.errors")


def trace_sql(condition: Condition, binder: Binder) -> str:
    """Whether the condition holds for a trace; it must have no field of spans."""
    if isinstance(condition, And):
        return f"({' AND '.join(trace_sql(operand, binder) for operand in condition.operands) or ALWAYS_SQL})"
    if isinstance(condition, Or):
        return f"({' OR '.join(trace_sql(operand, binder) for operand in condition.operands) or NEVER_SQL})"
    if isinstance(condition, Not):
        return f"NOT {trace_sql(condition.operand, binder)}"
    return _comparison_sql(condition, binder)


def _comparison_sql(test: Comparison | Exists, binder: Binder) -> str:
    if isinstance(test, Exists) or not isinstance(test.field, Intrinsic) or not test.field.is_of_trace:
        raise TypeError(f"{test} is about spans")
    name = test.field.name
    if isinstance(test.value, Number):
        kind = "UInt64" if name in _COUNTS else "Int64"
        return whole_sql(_COLUMNS[name], test.operator, test.value.number, kind, binder)
    return text_sql(_COLUMNS[name], test.operator, test.value.text, binder)
