import pytest

from clew.authenticate.key import KeyLimits
from clew.authenticate.limit_text import format_limits, parse_limits
from clew.errors import BadQuery


def test_limits_are_read_as_one_writes_them() -> None:
    """Amounts may have a scale, pairs may be given apart or with commas, and none is no limit."""
    limits = parse_limits(["spans/s=500,bytes/s=10M", "span_bytes=64KiB", "attributes=128"])
    assert limits == KeyLimits(500, 10_000_000, 65_536, 128)
    assert parse_limits([]) == KeyLimits()


def test_limits_are_written_so_that_they_can_be_read_again() -> None:
    """What is listed can be given again."""
    limits = KeyLimits(spans_per_s=500, attributes=128)
    assert format_limits(limits) == "spans/s=500,attributes=128"
    assert parse_limits([format_limits(limits)]) == limits


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("spans=5", "is no limit; there are spans/s=…"),
        ("spans/s", "is no limit"),
        ("", "is no limit"),
        ("spans/s=0", "is no amount"),
        ("spans/s=-1", "is no amount"),
        ("bytes/s=1.5M", "is no amount"),
        ("spans/s=5,spans/s=6", "given twice"),
    ],
)
def test_what_is_no_limit_is_told(pair: str, message: str) -> None:
    """A misspelt name, no amount and a limit given twice name the flag."""
    with pytest.raises(BadQuery, match=message):
        parse_limits([pair])
