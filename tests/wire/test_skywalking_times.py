import pytest

from clew.errors import MalformedInput
from clew.wire.skywalking_times import unix_nano


def test_milliseconds_become_nanoseconds() -> None:
    """Any time that OTLP can hold is exact; 0 stays 0."""
    assert unix_nano(0, "startTime") == 0
    assert unix_nano(1_764_000_000_123, "startTime") == 1_764_000_000_123_000_000
    assert unix_nano(18_446_744_073_709, "startTime") == 18_446_744_073_709_000_000


@pytest.mark.parametrize("milliseconds", [-1, -(2**63), 18_446_744_073_710, 2**63 - 1])
def test_a_time_beyond_otlp_is_refused(milliseconds: int) -> None:
    """A time that can't be stored is refused with its name and value, instead of being bent into another."""
    with pytest.raises(MalformedInput, match=f"endTime is {milliseconds}, outside"):
        unix_nano(milliseconds, "endTime")
