"""Ends gRPC calls whose message doesn't come: each of them holds a thread that others need."""

import itertools
import threading
import time
from collections.abc import Callable


class SilentCalls:
    """Cancels what was begun and not ended within the time; a thread of its own watches while there is any."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._numbers = itertools.count()
        self._waiting: dict[int, tuple[float, Callable[[], None]]] = {}  # in the order of their deadlines
        self._changed = threading.Condition()
        self._is_watching = False

    def begin(self, cancel: Callable[[], None]) -> int:
        """From now on a message is waited for; `cancel` is called, from another thread, when it took too long."""
        number = next(self._numbers)
        with self._changed:
            self._waiting[number] = time.monotonic() + self._timeout_s, cancel
            if not self._is_watching:
                self._is_watching = True
                threading.Thread(target=self._watch, name="clew-silent-calls", daemon=True).start()
        return number

    def end(self, number: int) -> bool:
        """The message is there, or the call is over; False when it was cancelled before."""
        with self._changed:
            return self._waiting.pop(number, None) is not None

    def _watch(self) -> None:
        """Sleeps until the oldest could be late: most are over by then, so that nobody is ever woken for a call."""
        while True:
            with self._changed:
                oldest = next(iter(self._waiting.values()), None)
                wait_s = self._timeout_s if oldest is None else oldest[0] - time.monotonic()
                if wait_s > 0:
                    self._changed.wait(wait_s)
                if oldest is None and not self._waiting:
                    self._is_watching = False
                    return
                late = self._take_late()
            for cancel in late:
                cancel()

    def _take_late(self) -> list[Callable[[], None]]:
        now_s = time.monotonic()
        numbers = [number for number, (deadline_s, _) in self._waiting.items() if deadline_s <= now_s]
        return [self._waiting.pop(number)[1] for number in numbers]
