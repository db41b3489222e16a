"""The read handles: few, taken in turns, given back whatever happened."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from clew.errors import Overloaded, QueryCancelled
from clew.model.question import Question

CANCELLED = "nobody waits for the answer any more; ask again if that is wrong"
STOPPING = "Clew is stopping; ask again when it is back"


class ReadPool:
    """Hands out each handle to one user at a time."""

    def __init__(self, handles: Sequence[Any], max_wait_s: float) -> None:
        self._idle = list(handles)
        self._size = len(self._idle)
        self._max_wait_s = max_wait_s
        self._is_closed = False
        self._changed = threading.Condition()

    @property
    def busy(self) -> int:
        """How many handles are in use."""
        return self._size - len(self._idle)

    @contextmanager
    def take(self, question: Question) -> Iterator[Any]:
        """A handle of one's own.

        Raises Overloaded when none came free in time, QueryCancelled when the question is withdrawn or the pool closed.
        """
        handle = self._wait(question)
        try:
            yield handle
        finally:
            with self._changed:
                self._idle.append(handle)
                self._changed.notify_all()

    def close(self) -> None:
        """From now on nobody gets a handle; those in use come back as ever."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def wait_whole(self, timeout_s: float) -> bool:
        """Wait until no handle is in use; False when the time ran out first."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._idle) == self._size, timeout_s)

    def _wait(self, question: Question) -> Any:
        with question.on_withdrawal(self._wake), self._changed:
            self._changed.wait_for(
                lambda: self._idle or self._is_closed or question.is_withdrawn, timeout=self._max_wait_s
            )
            if question.is_withdrawn:
                raise QueryCancelled(CANCELLED)
            if self._is_closed:
                raise QueryCancelled(STOPPING)
            if not self._idle:
                raise Overloaded("too many queries at once; ask again in a moment")
            return self._idle.pop()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
