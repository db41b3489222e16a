import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.model.duration import format_duration, parse_duration_ns


@pytest.mark.parametrize(
    ("text", "duration_ns"),
    [
        ("0", 0),
        ("1500", 1500),
        ("7ns", 7),
        ("3us", 3_000),
        ("3µs", 3_000),
        ("250ms", 250_000_000),
        ("1.5s", 1_500_000_000),
        ("1m30s", 90_000_000_000),
        ("2h", 7_200_000_000_000),
        ("1d", 86_400_000_000_000),
        (" 1s ", 1_000_000_000),
        ("0.000000001s", 1),
        ("0.1s", 100_000_000),
    ],
)
def test_durations_as_people_write_them(text: str, duration_ns: int) -> None:
    """Numbers with units, joined or with a fraction, and bare nanoseconds."""
    assert parse_duration_ns(text) == duration_ns


@pytest.mark.parametrize("text", ["", " ", "fast", "1 s", "-1s", "1.s", ".5s", "1s2", "1x", "1e3s", "1,5s"])
def test_anything_else_is_refused_with_the_form(text: str) -> None:
    """What isn't a duration is a ValueError that shows how to write one."""
    with pytest.raises(ValueError, match=r"write it like 250ms, 1\.5s or 1m30s"):
        parse_duration_ns(text)


@given(st.integers(min_value=0, max_value=2**64))
def test_whole_nanoseconds_are_exact(duration_ns: int) -> None:
    """No nanosecond is lost, however long the duration."""
    assert parse_duration_ns(f"{duration_ns}ns") == parse_duration_ns(str(duration_ns)) == duration_ns


@pytest.mark.parametrize(
    ("duration_ns", "text"),
    [
        (0, "0 ns"),
        (999, "999 ns"),
        (1_000, "1 µs"),
        (1_234_567, "1.23 ms"),
        (45_100_000_000, "45.1 s"),
        (125_000_000_000, "2 m 05 s"),
        (-1_500_000, "-1.5 ms"),
    ],
)
def test_a_duration_is_shown_in_the_unit_that_fits(duration_ns: int, text: str) -> None:
    """Three digits are enough to compare, and the unit shows the size."""
    assert format_duration(duration_ns) == text
