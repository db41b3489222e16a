"""The queries under way, each with a tag in its text by which it can be stopped.

A read-only handle refuses settings, so that a query can't carry an id of its own; a comment in front of it can. The
tag holds a random part, because in a cluster several processes ask the same engine.
"""

import itertools
import logging
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from clew.model.question import Question

log = logging.getLogger(__name__)

_KILL_INTERVAL_S = 0.05
"""A kill that comes before the engine knows the query finds nothing, so that it is repeated until the query is over."""

Kill = Callable[[str], None]


class RunningQueries:
    """Stops queries through `kill(tag)`, which MUST stop the queries whose text begins with the tag."""

    def __init__(self, kill: Kill) -> None:
        self._kill = kill
        self._prefix = secrets.token_hex(4)
        self._numbers = itertools.count(1)
        self._changed = threading.Condition()
        self._tags: set[str] = set()
        self._being_stopped: set[str] = set()

    @contextmanager
    def watch(self, question: Question) -> Iterator[str]:
        """A tag for the text of one query, which is killed when the question is withdrawn while inside."""
        tag = f"/*clew:{self._prefix}-{next(self._numbers)}*/"
        with self._changed:
            self._tags.add(tag)
        try:
            with question.on_withdrawal(lambda: self._stop_soon(tag)):
                yield tag
        finally:
            with self._changed:
                self._tags.discard(tag)
                self._being_stopped.discard(tag)
                self._changed.notify_all()

    def stop_all(self) -> None:
        """Kill every query under way; returns at once."""
        with self._changed:
            tags = list(self._tags)
        for tag in tags:
            self._stop_soon(tag)

    def _stop_soon(self, tag: str) -> None:
        with self._changed:
            if tag in self._being_stopped:
                return
            self._being_stopped.add(tag)
        # Not from this thread: it may be the event loop's, and a kill takes the engine some milliseconds.
        threading.Thread(target=self._stop, args=(tag,), name="store-killer", daemon=True).start()

    def _stop(self, tag: str) -> None:
        while self._is_running(tag):
            try:
                self._kill(tag)
            except Exception:
                log.exception("a query could not be stopped; its own limits will do that")
                return
            with self._changed:
                self._changed.wait_for(lambda: tag not in self._tags, _KILL_INTERVAL_S)

    def _is_running(self, tag: str) -> bool:
        with self._changed:
            return tag in self._tags
