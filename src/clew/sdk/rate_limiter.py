"""Credits that come in at a steady rate and are spent one by one, as in Jaeger's clients."""

import os
import random
import threading
import time
import weakref
from collections.abc import Callable

_CHANCE = random.SystemRandom().random


class RateLimiter:
    """At most `credits_per_s` on average; after a pause a second's worth at once, and at least one.

    It begins with a part of that, left to chance, so that processes that start together don't spend together. Nobody
    ever waits: who comes while another thread is counting goes away empty, and the limit holds. Less than 1 µs a call.
    """

    __slots__ = ("__weakref__", "_balance", "_clock", "_credits_per_s", "_lock", "_most", "_ticked_s")

    def __init__(
        self,
        credits_per_s: float,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = _CHANCE,
    ) -> None:
        if not 0 <= credits_per_s < float("inf"):
            raise ValueError(f"a rate is a number per second from 0 up, not {credits_per_s}")
        self._clock = clock
        self._credits_per_s = credits_per_s
        self._most = max(1.0, credits_per_s)
        self._balance = self._most * chance()
        self._ticked_s = clock()
        self._lock = threading.Lock()
        _LIMITERS.add(self)

    @property
    def credits_per_s(self) -> float:
        return self._credits_per_s

    def spend(self) -> bool:
        """Whether there was a credit; it is spent then."""
        lock = self._lock
        if not lock.acquire(False):  # by position: by name it takes twice as long
            return False
        try:
            self._earn()
            if self._balance < 1:
                return False
            self._balance -= 1
            return True
        finally:
            lock.release()

    def change(self, credits_per_s: float) -> None:
        """Another rate from now on; what is there stays in proportion."""
        with self._lock:
            self._earn()
            most = max(1.0, credits_per_s)
            self._balance *= most / self._most
            self._most = most
            self._credits_per_s = credits_per_s

    def _earn(self) -> None:
        now_s = self._clock()
        earned = (now_s - self._ticked_s) * self._credits_per_s
        self._ticked_s = now_s
        self._balance = min(self._most, self._balance + earned)


_LIMITERS: weakref.WeakSet[RateLimiter] = weakref.WeakSet()


def _renew_locks() -> None:
    """In a child of a fork: a thread that held one of them is gone."""
    for limiter in _LIMITERS:
        limiter._lock = threading.Lock()  # of its own module


os.register_at_fork(after_in_child=_renew_locks)
