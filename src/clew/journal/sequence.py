"""Segment numbers that never come twice, not even after a crash or a step of the clock."""

import errno
import os
from pathlib import Path

from clew.errors import JournalError
from clew.journal.recovery import sync_directory

_RESERVED_AT_ONCE = 1000


class SequenceNumbers:
    """Counts up; numbers are reserved a thousand at a time, so that one fsync serves a thousand segments."""

    def __init__(self, path: Path, at_least: int) -> None:
        self._path = path
        recorded = _recorded(path)
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
            digits = str(upto).encode()
            if os.write(fd, digits) != len(digits):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(fd)
        finally:
            os.close(fd)
        scratch.replace(self._path)
        sync_directory(self._path.parent)
        self._reserved = upto


def _recorded(path: Path) -> int:
    text = path.read_text(errors="replace") if path.exists() else "0"
    if not (text.isascii() and text.isdigit()):
        raise JournalError(f"{path} holds {text[:20]!r} instead of a number; write a number there above all segments'")
    return int(text)
