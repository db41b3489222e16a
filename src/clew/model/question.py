"""A question that somebody asks: of what kind, whether they still wait for the answer, and which steps it took."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

MAX_STEPS = 64
"""Steps that are kept; an export of days takes thousands."""


@dataclass(frozen=True, slots=True)
class Step:
    """One statement of the engine on the way to an answer; moments are Unix ns.

    `waited_ns`: for a handle, before `began_unix_nano`. `rows_read` were read by the engine, `rows` came back.
    `refusal` is empty, or the reason why nothing came back.
    """

    began_unix_nano: int
    ended_unix_nano: int
    waited_ns: int
    rows_read: int
    rows: int
    refusal: str


class Question:
    """One question under way; from any thread. Once withdrawn, it stays so."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.began_unix_nano = time.time_ns()
        self.refusal = ""
        self.steps: list[Step] = []
        self._lock = threading.Lock()
        self._is_withdrawn = False
        self._calls: list[Callable[[], None]] = []

    @property
    def is_withdrawn(self) -> bool:
        return self._is_withdrawn

    def withdraw(self) -> None:
        """Nobody waits any more: call all that asked to hear of it, from this thread; they MUST return at once."""
        with self._lock:
            self._is_withdrawn = True
            calls = list(self._calls)
        for call in calls:
            call()

    @contextmanager
    def on_withdrawal(self, call: Callable[[], None]) -> Iterator[None]:
        """While inside, `call` is called when the question is withdrawn; at once, if it was already."""
        with self._lock:
            self._calls.append(call)
            is_late = self._is_withdrawn
        try:
            if is_late:
                call()
            yield
        finally:
            with self._lock:
                self._calls.remove(call)

    def add_step(self, step: Step) -> None:
        """Note a step; those beyond the first MAX_STEPS are left out. A refused step refuses the question."""
        self.refusal = step.refusal or self.refusal
        if len(self.steps) < MAX_STEPS:
            self.steps.append(step)


_current: ContextVar[Question | None] = ContextVar("question", default=None)


def current_question() -> Question | None:
    """The question for which this thread or task works, if any."""
    return _current.get()


@contextmanager
def asking(question: Question) -> Iterator[None]:
    """While inside, this task, and the threads and tasks that it starts, work for the question."""
    token = _current.set(question)
    try:
        yield
    finally:
        _current.reset(token)
