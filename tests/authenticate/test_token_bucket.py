import pytest

from clew.authenticate.token_bucket import TokenBucket
from clew.errors import InputTooLarge, RateExceeded


class _Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_the_rate_holds_in_the_long_run() -> None:
    """Over a minute of asking all the time, the rate goes through, and one burst."""
    clock = _Clock()
    bucket, taken = TokenBucket("spans", 100, clock), 0
    for _ in range(6000):
        clock.now_s += 0.01
        try:
            bucket.check(30)
        except RateExceeded:
            continue
        bucket.take(30)
        taken += 30
    assert 6000 <= taken <= 6000 + 200 + 30


def test_it_says_when_there_is_room_again() -> None:
    """After the time that it names, and not before, the next request goes through."""
    clock = _Clock()
    bucket = TokenBucket("spans", 10, clock)
    bucket.take(50)
    with pytest.raises(RateExceeded, match="10 spans a second") as refused:
        bucket.check()
    assert refused.value.retry_after_s == pytest.approx(3.0)
    clock.now_s += 2.9
    with pytest.raises(RateExceeded):
        bucket.check()
    clock.now_s += 0.2
    bucket.check()


def test_a_request_larger_than_a_minute_of_the_rate_is_refused_for_good() -> None:
    """What could never be paid for is too large; what can is let through on credit."""
    bucket = TokenBucket("bytes", 10, _Clock())
    bucket.check(600)
    with pytest.raises(InputTooLarge, match="send smaller batches"):
        bucket.check(601)
