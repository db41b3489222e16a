import time

import pytest

from clew.api.graph_parameters import MAX_STEPS, Minutes, read_kinds, read_minutes, read_step
from clew.errors import BadQuery
from clew.model.red import MINUTE_NS


def test_a_time_range_is_widened_to_whole_minutes() -> None:
    """The minute of each end belongs to it, and there is always one."""
    assert read_minutes(str(5 * MINUTE_NS + 1), str(7 * MINUTE_NS + 1)) == Minutes(5, 8)
    assert read_minutes(str(5 * MINUTE_NS), str(7 * MINUTE_NS)) == Minutes(5, 7)
    assert read_minutes(str(5 * MINUTE_NS), str(5 * MINUTE_NS)) == Minutes(5, 6)


def test_the_last_hour_unless_told() -> None:
    """Up to now; with an end alone, the hour before it."""
    before = time.time_ns() // MINUTE_NS
    minutes = read_minutes("", "")
    assert before <= minutes.end - 1 <= before + 1
    assert minutes.end - minutes.first in (60, 61)
    assert read_minutes("", str(100 * MINUTE_NS)) == Minutes(40, 100)


@pytest.mark.parametrize(("start", "end", "key"), [("x", "", "start"), ("", "x", "end"), ("now", "now-1m", "end")])
def test_what_is_no_time_range_is_refused(start: str, end: str, key: str) -> None:
    """The parameter that is wrong is named."""
    with pytest.raises(BadQuery) as refusal:
        read_minutes(start, end)
    assert refusal.value.key == key


def test_steps_are_whole_minutes() -> None:
    """Unless told, at most 60 of them."""
    assert read_step("5m", Minutes(0, 60)) == 5
    assert read_step("", Minutes(0, 60)) == 1
    assert read_step("", Minutes(0, 61)) == 2
    for text, length in (("90s", 60), ("0", 60), ("fast", 60), ("1m", MAX_STEPS + 1)):
        with pytest.raises(BadQuery, match="step"):
            read_step(text, Minutes(0, length))


def test_kinds_are_what_comes_in_unless_an_operation_is_named() -> None:
    """Empty means all."""
    assert read_kinds("", "") == (2, 5)
    assert read_kinds("", "GET /") == ()
    assert read_kinds("all", "") == ()
    assert read_kinds("entry", "GET /") == (2, 5)
    assert read_kinds("client", "") == (3,)
    with pytest.raises(BadQuery, match="kind"):
        read_kinds("servers", "")
