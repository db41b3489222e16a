"""Which parts of a segment must be loaded in halves: written down before the halves are loaded.

A part has a token of its own. Were a part loaded whole after its halves had been, its spans would be doubled; so what
was once split stays split, also after a crash and after a time in quarantine, when there may be more memory.
"""

import os
from pathlib import Path

from clew.journal.recovery import sync_directory


class Splits:
    """The file `<directory>/<token>`: a line `first-end` for each part of the segment that was split."""

    def __init__(self, directory: Path, token: str) -> None:
        self._path = directory / token
        self._lines = set(self._path.read_text().splitlines()) if self._path.exists() else None

    @property
    def is_begun(self) -> bool:
        """Whether the segment as a whole was split."""
        return self._lines is not None

    def __contains__(self, part: tuple[int, int]) -> bool:
        return self._lines is not None and _line(part) in self._lines

    def begin(self) -> None:
        """The segment itself is split; durable when this returns."""
        if self._lines is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._append("")
            sync_directory(self._path.parent)
            self._lines = set()

    def add(self, part: tuple[int, int]) -> None:
        """A part is split, too; durable when this returns."""
        self._append(_line(part) + "\n")
        self._lines = {*(self._lines or ()), _line(part)}

    def remove(self) -> None:
        """All parts are loaded, and the segment is gone."""
        if self._lines is not None:
            self._path.unlink(missing_ok=True)

    def _append(self, text: str) -> None:
        fd = os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o640)
        try:
            os.write(fd, text.encode())
            os.fsync(fd)
        finally:
            os.close(fd)


def _line(part: tuple[int, int]) -> str:
    return f"{part[0]}-{part[1]}"
