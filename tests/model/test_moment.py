import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.model.moment import MAX_UNIX_NANO, format_moment, parse_moment_ns

NOW_NS = 1_763_719_200_000_000_000


@pytest.mark.parametrize(
    ("text", "unix_nano"),
    [
        ("now", NOW_NS),
        ("now-1h", NOW_NS - 3_600_000_000_000),
        ("-15m", NOW_NS - 900_000_000_000),
        ("now-9999999d", 0),
        ("0", 0),
        (str(MAX_UNIX_NANO), MAX_UNIX_NANO),
        ("2025-11-21T10:00:00Z", NOW_NS),
        ("2025-11-21 10:00", NOW_NS),
        ("2025-11-21T10:00:00.123456789Z", NOW_NS + 123_456_789),
        ("2025-11-21T12:00:00.5+02:00", NOW_NS + 500_000_000),
        ("1970-01-02", 86_400_000_000_000),
    ],
)
def test_moments_as_people_write_them(text: str, unix_nano: int) -> None:
    """Relative to now, RFC 3339 with or without zone and fraction, and bare nanoseconds."""
    assert parse_moment_ns(text, NOW_NS) == unix_nano


@pytest.mark.parametrize(
    "text", ["", "yesterday", "now+1h", "1h", "2025-13-01", "2025-11-21T25:00:00Z", "1969-12-31", str(2**64), "10:00"]
)
def test_anything_else_is_refused(text: str) -> None:
    """What isn't a moment, or is none that 64-bit nanoseconds can hold, is a ValueError."""
    with pytest.raises(ValueError, match=r"."):
        parse_moment_ns(text, NOW_NS)


@given(st.integers(min_value=0, max_value=253_402_300_799_000))
def test_what_is_shown_can_be_read_again(unix_milli: int) -> None:
    """The text of a moment, which has milliseconds, is read as the same millisecond."""
    unix_nano = unix_milli * 1_000_000
    if unix_nano <= MAX_UNIX_NANO:
        assert abs(parse_moment_ns(format_moment(unix_nano), NOW_NS) - unix_nano) <= 1_000_000


def test_a_moment_is_shown_in_utc_with_milliseconds() -> None:
    """RFC 3339 ending in Z."""
    assert format_moment(NOW_NS + 123_000_000) == "2025-11-21T10:00:00.123Z"


def test_the_latest_moment_is_shown() -> None:
    """The end of the 64-bit range doesn't fail."""
    assert format_moment(MAX_UNIX_NANO).startswith("2554-07-21")
