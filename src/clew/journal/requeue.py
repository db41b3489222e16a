"""Put what was set aside back into the journal, to be loaded at the next start: `clew requeue`."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from clew.journal.journal import locked
from clew.journal.recovery import sync_directory
from clew.journal.segment import find_segments, parse_name, segment_name
from clew.journal.sequence import SequenceNumbers

_ONE_RECORD = re.compile(r"\.\d+-\d+")


@dataclass(frozen=True, slots=True)
class Requeued:
    """A file of the quarantine; `segment` is its name in the journal, or None when it stays where it is."""

    name: str
    segment: str | None


def requeue(journal: Path, quarantine: Path, names: Sequence[str] = ()) -> list[Requeued]:
    """Move the files (all, unless named) into the journal. Raises JournalLocked while a Clew runs there.

    A segment keeps its name, and so its token: what a load that failed has stored of it is not stored again. A single
    record becomes a segment of its own. A damaged segment stays: what can be read of it is stored already.
    """
    with locked(journal):
        segments = journal / "segments"
        segments.mkdir(exist_ok=True)
        found = find_segments(segments)
        sequence = SequenceNumbers(journal / "sequence", found[-1].sequence if found else 0)
        done = [_move(path, segments, sequence) for path in _chosen(quarantine, names)]
        sync_directory(segments)
    return done


def _chosen(quarantine: Path, names: Sequence[str]) -> Iterator[Path]:
    for path in sorted(quarantine.iterdir()) if quarantine.exists() else []:
        if not names or path.name in names:
            yield path


def _move(path: Path, segments: Path, sequence: SequenceNumbers) -> Requeued:
    segment = parse_name(path)
    if segment is not None:
        target = segments / path.name
    else:
        head, dot, tail = path.name.rpartition(".")
        whole = parse_name(path.with_name(head)) if _ONE_RECORD.fullmatch(dot + tail) else None
        if whole is None:
            return Requeued(path.name, None)
        target = segments / segment_name(sequence.take(), whole.created_ms, whole.stream)
    path.rename(target)
    return Requeued(path.name, target.name)
