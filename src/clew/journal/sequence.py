"""Segment numbers that never come twice, not even after a crash or a step of the clock."""

import os
from pathlib import Path

_RESERVED_AT_ONCE = 1000


class SequenceNumbers:
    """Counts up; numbers are reserved a thousand at a time, so that one fsync serves a thousand segments."""

    def __init__(self, path: Path, at_least: int) -> None:
        self._path = path
        recorded = int(path.read_text() or 0) if path.exists() else 0
        self._reserved = max(recorded, at_least)
        self.last = self._reserved

    def take(self) -> int:
        """The next number."""
        if self.last >= self._reserved:
            self._reserve(self.last + _RESERVED_AT_ONCE)
        self.last += 1
        return self.last

    def _reserve(self, upto: int) -> None:
        scratch = self._path.with_suffix(".new")
        fd = os.open(scratch, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, 0o640)
        try:
            os.write(fd, str(upto).encode())
            os.fsync(fd)
        finally:
            os.close(fd)
        scratch.replace(self._path)
        self._reserved = upto
