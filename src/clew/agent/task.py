"""One segment on its way to a gateway: what of it comes next."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from clew.agent.batches import Extent, halves, plan, within
from clew.agent.progress import Progress
from clew.journal.record import Record, are_whole
from clew.journal.recovery import read_segment
from clew.journal.segment import Segment


@dataclass(frozen=True, slots=True)
class Batch:
    """Records that go out together."""

    extent: Extent
    records: Sequence[Record]


@dataclass(slots=True)
class Task:
    """A segment that was taken from the journal; its records are in memory only between `open` and `close`."""

    segment: Segment
    progress: Progress
    is_whole: bool = True
    _records: list[Record] = field(default_factory=list)
    _waiting: list[Extent] = field(default_factory=list)

    @property
    def bound_url(self) -> str | None:
        """The gateway that may have a batch of this segment without having said so."""
        return None if self.progress.bound is None else self.progress.bound[1]

    def open(self) -> None:
        """Read the segment. Raises FileNotFoundError when somebody removed it."""
        self._records = read_segment(self.segment.path)
        self.is_whole = are_whole(self._records, self.segment.size_bytes)
        self._waiting = plan(self._records)[::-1]

    def close(self) -> None:
        """Let go of the records."""
        self._records, self._waiting = [], []

    def next_batch(self) -> Batch | None:
        """The first batch that isn't done, or None when all are; the same one until it is done or cut."""
        while self._waiting:
            extent = self._waiting[-1]
            records = within(self._records, extent)
            if extent in self.progress.done:
                self._waiting.pop()
            elif extent in self.progress.split and len(records) > 1:
                self._waiting[-1:] = halves(records)[::-1]
            else:
                return Batch(extent, records)
        return None


def begin(segment: Segment, directory: Path) -> Task:
    """The task of a segment, gone on with where an earlier run left it; its steps are kept in `directory`."""
    return Task(segment, Progress(directory / segment.token))
