import pytest

from clew.api.window_parameters import (
    read_attribute,
    read_depth,
    read_error_only,
    read_length_ns,
    read_number,
    read_range_ns,
)
from clew.errors import BadQuery


def test_numbers_have_a_range() -> None:
    """Without text the default; else digits within the bounds."""
    assert read_number("limit", "", 7, 1, 9) == 7
    assert read_number("limit", "9", 7, 1, 9) == 9
    for text in ("0", "10", "-1", "1.0", "x", "²", "1" * 30):
        with pytest.raises(BadQuery, match="limit"):
            read_number("limit", text, 7, 1, 9)


def test_a_depth_may_be_left_out() -> None:
    """No text is every depth; 0 is the top."""
    assert read_depth("") is None
    assert read_depth("0") == 0


def test_lengths_are_read_as_durations() -> None:
    """With a unit, or as nanoseconds."""
    assert [read_length_ns(text) for text in ("", "10ms", "5")] == [0, 10_000_000, 5]
    with pytest.raises(BadQuery, match="min_duration"):
        read_length_ns("long")


def test_a_range_is_that_of_the_trace_unless_told() -> None:
    """Its last moment is in it; a range that is empty or the wrong way round is refused."""
    assert read_range_ns("", "", 5, 9) == (5, 10)
    assert read_range_ns("6", "8", 5, 9) == (6, 8)
    assert read_range_ns("", "", 5, 2**64 - 1) == (5, 2**64)
    assert read_range_ns("", "", 2**64 - 1, 2**64 - 1) == (2**64 - 1, 2**64)
    assert read_range_ns("", str(2**64 - 1), 2**64 - 1, 2**64 - 1) == (2**64 - 1, 2**64)
    for start, end in (("8", "8"), ("9", "8"), ("20", "")):
        with pytest.raises(BadQuery, match="end"):
            read_range_ns(start, end, 5, 9)
    with pytest.raises(BadQuery, match="start"):
        read_range_ns("soon", "", 5, 9)


def test_a_status_and_an_attribute_have_one_form() -> None:
    """`error`, and `key=value` with a key; the value may have more signs."""
    assert (read_error_only(""), read_error_only("error")) == (False, True)
    assert read_attribute("a=b=c") == ("a", "b=c")
    assert read_attribute("a=") == ("a", "")
    assert read_attribute("") is None
    for text in ("a", "=b"):
        with pytest.raises(BadQuery, match="attr"):
            read_attribute(text)
    with pytest.raises(BadQuery, match="status"):
        read_error_only("ok")
