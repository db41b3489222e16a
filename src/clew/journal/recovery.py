"""What a journal does when it is opened: cut torn tails, seal what was open, mark damage, remember the keys."""

import mmap
import os
from dataclasses import dataclass, replace
from pathlib import Path

from clew.errors import JournalError
from clew.journal.record import Record, are_whole, complete_bytes, read_records
from clew.journal.segment import OPEN_SUFFIX, Segment, find_segments


@dataclass(frozen=True, slots=True)
class Recovered:
    """The sealed segments, oldest first; the keys in each, by its sequence; how many bytes of torn tails were cut."""

    segments: tuple[Segment, ...]
    keys: dict[int, set[bytes]]
    torn_bytes: int


def recover(directory: Path) -> Recovered:
    """Seal every segment of the directory; bytes that were never acknowledged (a torn tail) are cut off.

    A record that is complete and has a wrong checksum may have been acknowledged: it is kept, and its segment marked.
    """
    segments: list[Segment] = []
    keys: dict[int, set[bytes]] = {}
    torn_bytes = 0
    for segment in find_segments(directory):
        records, kept_bytes = _scan(segment.path)
        if segment.path.name.endswith(OPEN_SUFFIX):
            torn_bytes += segment.size_bytes - kept_bytes
            sealed = _seal(segment, kept_bytes)
        else:
            sealed = segment
        if sealed is not None:
            keys[sealed.sequence] = {record.key for record in records if record.key is not None}
            segments.append(replace(sealed, is_damaged=not are_whole(records, sealed.size_bytes)))
    sync_directory(directory)
    return Recovered(tuple(segments), keys, torn_bytes)


def read_segment(path: Path) -> list[Record]:
    """Every valid record of a segment file."""
    return _scan(path)[0]


def sync_directory(directory: Path) -> None:
    """Make new, renamed and removed names in the directory durable."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _scan(path: Path) -> tuple[list[Record], int]:
    """The valid records, and where the last complete one ends, valid or not."""
    if path.stat().st_size == 0:
        return [], 0
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
        memoryview(mapped) as view,
    ):
        records = list(read_records(view))
        return records, complete_bytes(view, records)


def _seal(segment: Segment, kept_bytes: int) -> Segment | None:
    if kept_bytes == 0:
        segment.path.unlink()
        return None
    sealed = segment.path.with_name(segment.path.name.removesuffix(OPEN_SUFFIX))
    if sealed.exists():
        raise JournalError(f"{sealed} and {segment.path} can't both be; move one of them elsewhere and start again")
    with segment.path.open("r+b") as file:
        file.truncate(kept_bytes)
        os.fsync(file.fileno())
    segment.path.rename(sealed)
    return Segment(segment.sequence, segment.created_ms, segment.stream, sealed, kept_bytes)
