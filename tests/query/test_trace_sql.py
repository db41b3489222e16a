import pytest

from clew.query.binder import Binder
from clew.query.condition import ALWAYS, NEVER
from clew.query.parser import parse_condition
from clew.query.trace_sql import trace_sql


def test_fields_of_traces_become_columns_of_their_summary() -> None:
    """With `and`, `or` and `not`, and every value as a parameter."""
    binder = Binder()
    text = (
        "trace.duration > 1s and not (root.name = evil or trace.spans >= 5) and trace.errors < 2 and root.service ^= a"
    )
    sql = trace_sql(parse_condition(text), binder)
    assert "evil" not in sql
    for column in ("duration >", "NOT (earliest_root.name", "spans >=", "errors <", "startsWith(earliest_root.service"):
        assert column in sql
    assert list(binder.parameters.values()) == [10**9, b"evil".hex(), 5, 2, b"a".hex()]


def test_what_is_certain_needs_no_column() -> None:
    """Always is 1, never is 0."""
    assert trace_sql(ALWAYS, Binder()) == "(1)"
    assert trace_sql(NEVER, Binder()) == "(0)"


def test_a_field_of_spans_is_a_mistake_of_the_caller() -> None:
    """It would be compared with a column that isn't there."""
    with pytest.raises(TypeError):
        trace_sql(parse_condition("duration > 1s"), Binder())
