import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.sdk.rate_limiter import RateLimiter
from tests.sdk.parent_contexts import StandingClock


def _limiter(credits_per_s: float, clock: StandingClock, full: float = 1.0) -> RateLimiter:
    return RateLimiter(credits_per_s, clock, lambda: full)


def _spent(limiter: RateLimiter, tries: int) -> int:
    return sum(limiter.spend() for _ in range(tries))


def test_a_second_brings_a_seconds_worth() -> None:
    """No more at once after any pause, and what isn't spent is not lost before."""
    clock = StandingClock()
    limiter = _limiter(5, clock)
    assert _spent(limiter, 20) == 5
    clock.now_s += 0.4
    assert _spent(limiter, 20) == 2
    clock.now_s += 3600
    assert _spent(limiter, 20) == 5


def test_less_than_one_per_second_adds_up_to_one() -> None:
    """A trace in ten minutes is one after ten minutes, and only one after a day."""
    clock = StandingClock()
    limiter = _limiter(1 / 600, clock, 0.0)
    assert _spent(limiter, 3) == 0
    clock.now_s += 599
    assert _spent(limiter, 3) == 0
    clock.now_s += 1.001
    assert _spent(limiter, 3) == 1
    clock.now_s += 86_400
    assert _spent(limiter, 3) == 1


def test_nothing_is_nothing() -> None:
    """A rate of 0 gives no credit, though the start is left to chance."""
    clock = StandingClock()
    limiter = _limiter(0, clock, 0.999)
    clock.now_s += 1e9
    assert _spent(limiter, 3) == 0


def test_processes_that_start_together_start_with_different_credits() -> None:
    """A hundred limiters of ten per second begin with none to ten, left to chance."""
    clock = StandingClock()
    starts = {_spent(RateLimiter(10, clock), 20) for _ in range(100)}
    assert len(starts) > 3
    assert starts <= set(range(11))


def test_another_rate_keeps_what_is_there_in_proportion() -> None:
    """Half of the old is half of the new."""
    clock = StandingClock()
    limiter = _limiter(10, clock, 0.5)
    limiter.change(20)
    assert limiter.credits_per_s == 20
    assert _spent(limiter, 50) == 10


@given(st.lists(st.floats(0, 2), max_size=50), st.floats(0.1, 50))
def test_the_limit_holds_whenever_somebody_comes(pauses_s: list[float], credits_per_s: float) -> None:
    """Never more than what time has brought, and a second's worth from the start."""
    clock = StandingClock()
    limiter = _limiter(credits_per_s, clock)
    spent = _spent(limiter, 60)
    for pause_s in pauses_s:
        clock.now_s += pause_s
        spent += _spent(limiter, 2)
    assert spent <= max(1.0, credits_per_s) + sum(pauses_s) * credits_per_s + 1e-6


def test_threads_that_meet_never_spend_too_much() -> None:
    """Eight of them try 16,000 times for 1,000 credits."""
    limiter = _limiter(1000, StandingClock())
    spent: list[int] = []
    threads = [threading.Thread(target=lambda: spent.append(_spent(limiter, 2000))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(spent) == 1000


def test_a_child_of_a_fork_is_not_stuck_with_a_thread_that_isnt_there() -> None:
    """A fork while somebody is counting leaves the child a limiter that counts."""
    limiter = _limiter(5, StandingClock())
    with limiter._lock:
        assert not limiter.spend()
        child = os.fork()
        if child == 0:  # nothing of the test runner may run in here
            os._exit(_spent(limiter, 20))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 5


@pytest.mark.parametrize("rate", [-1, float("nan"), float("inf")])
def test_what_is_no_rate_is_refused(rate: float) -> None:
    """With the number."""
    with pytest.raises(ValueError, match=str(rate)):
        RateLimiter(rate)
