import pytest

from clew.errors import BadQuery
from clew.query.condition import ALWAYS
from clew.query.parser import parse_condition
from clew.query.search import TraceQuery
from clew.query.search_plan import MAX_UINT64, bounds_of, condition_of, operation_of


def _query(**filters: object) -> TraceQuery:
    empty: dict[str, object] = {
        "tenant": "t", "service": None, "operation": None, "attributes": (), "min_duration_ns": None,
        "max_duration_ns": None, "error_only": False, "start_ns": None, "end_ns": None, "limit": 20, "cursor": None,
    }  # fmt: skip  # one item a line would say no more
    return TraceQuery(**(empty | filters))  # type: ignore[arg-type]  # each test names the filters it means


def test_parameters_and_text_are_one_condition() -> None:
    """Each parameter means what the language could say as well."""
    query = _query(
        service="s", operation="o", attributes=(("a", "1"),), error_only=True, min_duration_ns=5, max_duration_ns=7,
        condition="b > 2 and c exists",
    )  # fmt: skip  # one item a line would say no more
    text = "service = s and name = o and a = 1 and status = error and trace.duration >= 5 and trace.duration <= 7"
    assert condition_of(query) == parse_condition(f"{text} and b > 2 and c exists")
    assert condition_of(_query()) == ALWAYS


def test_the_operation_is_what_every_span_must_have() -> None:
    """Only where it is certain: not below `or` or `not`."""
    assert operation_of(parse_condition("service = s and name = n and a = 1")) == {"service": "s", "name": "n"}
    assert operation_of(parse_condition("service = s")) == {"service": "s"}
    assert operation_of(parse_condition("service = s or name = n")) == {}
    assert operation_of(parse_condition("service != s")) == {}


def test_times_bound_the_start() -> None:
    """The end is excluded; before 1970 there is nothing."""
    bounds = bounds_of(_query(start_ns=5, end_ns=9))
    assert (bounds.first_ns, bounds.last_ns) == (5, 8)
    assert bounds_of(_query()).last_ns == MAX_UINT64
    assert bounds_of(_query(end_ns=0)).are_empty
    assert bounds.until(6).last_ns == 6
    assert bounds.until(100).last_ns == 8


def test_a_bad_cursor_is_a_bad_query() -> None:
    """It is read with the bounds."""
    with pytest.raises(BadQuery, match="cursor"):
        bounds_of(_query(cursor="nonsense"))
