import threading
import time

from clew.receive.silent_calls import SilentCalls

TIMEOUT_S = 10.0
SOON_S = 0.1


def test_a_call_that_stays_silent_is_cancelled() -> None:
    """After the time its `cancel` is called once, and `end` says so; one that ended before is left alone."""
    calls = SilentCalls(SOON_S)
    cancelled = threading.Event()
    spared = threading.Event()
    began_s = time.monotonic()
    silent = calls.begin(cancelled.set)
    assert calls.end(calls.begin(spared.set))
    assert cancelled.wait(TIMEOUT_S)
    assert time.monotonic() - began_s >= SOON_S
    assert not calls.end(silent)
    assert not spared.is_set()


def test_each_of_many_is_cancelled() -> None:
    """Also when they begin one after the other, and after a time without any."""
    calls = SilentCalls(SOON_S)
    for _ in range(2):
        cancelled = threading.Semaphore(0)
        for _ in range(50):
            calls.begin(cancelled.release)
        assert all(cancelled.acquire(timeout=TIMEOUT_S) for _ in range(50))
