"""One segment: a file of records of one stream, named so that the name says all there is to know about it."""

import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from clew.errors import JournalError

OPEN_SUFFIX = ".open"
_NAME = re.compile(r"(\d{16})-(\d+)-([a-z]+)-([a-z0-9_.-]{1,64})\.otlp(\.open)?")
_STREAM = re.compile(r"[a-z]+/[a-z0-9_.-]{1,64}")


@dataclass(frozen=True, slots=True)
class Segment:
    """A sealed segment: `stream` is `<signal>/<tenant>`, `created_ms` is Unix time, `size_bytes` its length.

    `is_damaged`: a checksum was found wrong when the journal was opened.
    """

    sequence: int
    created_ms: int
    stream: str
    path: Path
    size_bytes: int
    is_damaged: bool = False

    @property
    def token(self) -> str:
        """The name under which a load of this segment is done once; never used by another segment."""
        return self.path.name.removesuffix(OPEN_SUFFIX)


class OpenSegment:
    """A segment being written; whatever `write` took is durable once it has returned."""

    def __init__(self, directory: Path, sequence: int, created_ms: int, stream: str, opened_s: float) -> None:
        self.path = directory / (segment_name(sequence, created_ms, stream) + OPEN_SUFFIX)
        self.sequence = sequence
        self.created_ms = created_ms
        self.stream = stream
        self.opened_s = opened_s
        self.size_bytes = 0
        self.could_not_be_sealed = False
        self._is_torn = False
        self._fd = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o640)

    def write(self, pieces: list[bytes]) -> None:
        """Append the pieces; on any OSError the file is cut back to where it was, then the error goes up."""
        if self._is_torn:
            self._cut_back()
        data = b"".join(pieces)
        try:
            _write_all(self._fd, data)
            os.fdatasync(self._fd)
        except OSError:
            self._is_torn = True
            with contextlib.suppress(OSError):
                self._cut_back()
            raise
        self.size_bytes += len(data)

    def seal(self) -> Segment:
        """Give the file its final name and close it; when that fails, it can be tried again."""
        if self._is_torn:
            self._cut_back()
        sealed = self.path.with_name(self.path.name.removesuffix(OPEN_SUFFIX))
        self.could_not_be_sealed = True
        self.path.rename(sealed)
        self._close()
        return Segment(self.sequence, self.created_ms, self.stream, sealed, self.size_bytes)

    def discard(self) -> None:
        """Remove and close a segment that holds nothing; when that fails, it can be tried again."""
        self.path.unlink()
        self._close()

    def abandon(self) -> None:
        """Close a segment whose file is gone."""
        self._close()

    def _cut_back(self) -> None:
        """Remove what a failed write left behind: a record behind it would never be read."""
        os.ftruncate(self._fd, self.size_bytes)
        os.lseek(self._fd, self.size_bytes, os.SEEK_SET)
        self._is_torn = False

    def _close(self) -> None:
        with contextlib.suppress(OSError):  # all that counts is synced, and the descriptor is gone in any case
            os.close(self._fd)


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def check_stream(stream: str) -> None:
    """Raise ValueError unless the stream is `<signal>/<tenant>` in lower-case letters, digits, `_`, `.`, `-`."""
    if not _STREAM.fullmatch(stream):
        raise ValueError(f"{stream!r} is no stream; it reads <signal>/<tenant>, like traces/default")


def segment_name(sequence: int, created_ms: int, stream: str) -> str:
    """The file name of a sealed segment."""
    signal, tenant = stream.split("/")
    return f"{sequence:016d}-{created_ms}-{signal}-{tenant}.otlp"


def parse_name(path: Path) -> Segment | None:
    """The segment that a file is by its name, of the file's size (0 when there is none); None for another name."""
    match = _NAME.fullmatch(path.name)
    if match is None:
        return None
    sequence, created_ms, signal, tenant, _ = match.groups()
    size_bytes = path.stat().st_size if path.exists() else 0
    return Segment(int(sequence), int(created_ms), f"{signal}/{tenant}", path, size_bytes)


def find_segments(directory: Path) -> list[Segment]:
    """All segments in the directory, sealed or still named open, oldest first.

    Raises JournalError when a file there isn't named like a segment.
    """
    found = []
    for entry in directory.iterdir():
        segment = parse_name(entry)
        if segment is None:
            raise JournalError(f"{entry} is no journal segment; move it elsewhere and start again")
        found.append(segment)
    return sorted(found, key=lambda segment: segment.sequence)
