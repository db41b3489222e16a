"""Which gateway gets which segment: the oldest first, and one that is bound only where it is bound to."""

import logging
import threading
from collections.abc import Iterable
from pathlib import Path

from clew.agent.progress import remove_orphans
from clew.agent.task import Task, begin
from clew.journal.journal import Journal

log = logging.getLogger(__name__)


class Backlog:
    """The journal's sealed segments, handed to the threads of several gateways.

    Each takes the next one when it is done with the last, so that a gateway gets as much as it can take, and one that
    is away gets nothing. A segment of which a batch may be at a gateway already waits for that gateway alone.
    """

    def __init__(self, journal: Journal, directory: Path, urls: Iterable[str]) -> None:
        self._journal = journal
        self._directory = directory
        self._urls = frozenset(urls)
        self._lock = threading.Lock()
        self._returned: list[Task] = []

    @staticmethod
    def clean(journal_directory: Path, directory: Path) -> None:
        """Make the directory of the steps, and remove those of segments that are gone; before the journal is opened."""
        directory.mkdir(parents=True, exist_ok=True)
        segments = journal_directory / "segments"
        names = [path.name.removesuffix(".open") for path in segments.iterdir()] if segments.exists() else []
        remove_orphans(directory, set(names))

    def take(self, url: str, timeout_s: float) -> Task | None:
        """The oldest segment that this gateway may get; None when there is none before the timeout.

        Raises OSError when its steps can't be read; it comes again then.
        """
        task = self._returned_for(url)
        if task is not None:
            return task
        segment = self._journal.next_segment(timeout_s)
        if segment is None:
            return None
        try:
            task = begin(segment, self._directory)
        except OSError:
            self._journal.postpone(segment)
            raise
        if self._may_go_to(task, url):
            return task
        self.put_back(task)
        return None

    def put_back(self, task: Task) -> None:
        """The gateway didn't take all of it: it goes on later, there or elsewhere."""
        task.close()
        with self._lock:
            self._returned.append(task)
            self._returned.sort(key=lambda each: each.segment.sequence)

    def _returned_for(self, url: str) -> Task | None:
        with self._lock:
            for task in self._returned:
                if self._may_go_to(task, url):
                    self._returned.remove(task)
                    return task
        return None

    def _may_go_to(self, task: Task, url: str) -> bool:
        bound = task.bound_url
        if bound is None or bound == url:
            return True
        if bound in self._urls:
            return False
        log.warning(
            "%s may have a batch of %s, and is no gateway any more: another gets it, perhaps a second time",
            bound,
            task.segment.token,
        )
        return True
