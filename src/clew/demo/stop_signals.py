"""SIGINT and SIGTERM as a wish that is noted, not as an exception raised anywhere."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def noted(note: Callable[[], None]) -> Iterator[None]:
    """Calls `note`, which MUST NOT take locks, for each signal inside; nothing changes outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001  # the interpreter passes both
        note()

    before = {which: signal.signal(which, handle) for which in STOP_SIGNALS}
    try:
        yield
    finally:
        for which, handler in before.items():
            signal.signal(which, handler)
