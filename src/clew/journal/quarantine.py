"""The quarantine: what could not be loaded, kept in files until a person decides."""

import os
from dataclasses import dataclass
from pathlib import Path

from clew.journal.record import encode_record
from clew.journal.recovery import sync_directory

DAMAGED = ".damaged"
"""Behind the name of a segment with wrong checksums: what could be read of it is stored."""


@dataclass(frozen=True, slots=True)
class QuarantinedFile:
    """A file and its size."""

    name: str
    size_bytes: int


class Quarantine:
    """A directory that need not be there; nothing in it is ever removed by Clew, except when it is loaded again."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def files(self) -> list[QuarantinedFile]:
        """All files in it, by name."""
        try:
            entries = list(os.scandir(self.directory))
        except FileNotFoundError:
            return []
        return sorted((QuarantinedFile(each.name, each.stat().st_size) for each in entries), key=lambda file: file.name)

    def keep(self, name: str, payload: bytes) -> Path:
        """Write a record into a file of its own; durable when this returns."""
        self.directory.mkdir(parents=True, exist_ok=True)
        target = self.directory / name
        with target.open("wb") as file:
            file.write(b"".join(encode_record(payload)))
            file.flush()
            os.fsync(file.fileno())
        sync_directory(self.directory)
        return target
