"""The ledger of keys: which idempotency keys were stored, for as long as the journal's directory lives."""

import contextlib
import os
import zlib
from collections.abc import Iterable
from pathlib import Path

from clew.journal.position import position_key, read_position
from clew.journal.record import KEY_BYTES
from clew.journal.recovery import sync_directory

_ENTRY_BYTES = KEY_BYTES + 4
_MOST_OUTDATED = 100_000
"""Entries of passed positions that a file may have before it is written anew: 3.6 MB, five days of one partition."""


class KeyLedger:
    """An append-only file of keys, each with its CRC-32; held in memory as a set (about 100 bytes a key).

    Of keys that are positions, the furthest of each source stands for all before it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._keys: set[bytes] = set()
        self._positions: dict[bytes, int] = {}
        whole_bytes = self._read(path.read_bytes() if path.exists() else b"")
        self._fd = _open(path)
        os.ftruncate(self._fd, whole_bytes)
        self._size_bytes = whole_bytes
        self._drop_outdated()

    def __contains__(self, key: bytes) -> bool:
        position = read_position(key)
        return key in self._keys if position is None else self._positions.get(position.source, -1) >= position.number

    def __len__(self) -> int:
        return len(self._keys) + len(self._positions)

    def position(self, source: bytes) -> int | None:
        """How far the source was stored, or None when nothing of it was."""
        return self._positions.get(source)

    def add(self, keys: Iterable[bytes]) -> None:
        """Remember the keys; they are durable when this returns."""
        fresh = _furthest(key for key in keys if key not in self)
        if not fresh:
            return
        data = _encode(fresh)
        try:
            _write_at(self._fd, data, self._size_bytes)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, self._size_bytes)
            raise
        self._size_bytes += len(data)
        for key in fresh:
            self._remember(key)
        self._drop_outdated()

    def close(self) -> None:
        """Close the file; the ledger can't be used afterwards."""
        os.close(self._fd)

    def _read(self, data: bytes) -> int:
        """Remember what an entry is whole of; where the last such entry ends."""
        whole_bytes = 0
        for offset in range(0, len(data) - _ENTRY_BYTES + 1, _ENTRY_BYTES):
            key, crc = data[offset : offset + KEY_BYTES], data[offset + KEY_BYTES : offset + _ENTRY_BYTES]
            if zlib.crc32(key).to_bytes(4, "little") == crc:  # a damaged entry costs one key, not all behind it
                self._remember(key)
                whole_bytes = offset + _ENTRY_BYTES
        return whole_bytes

    def _remember(self, key: bytes) -> None:
        position = read_position(key)
        if position is None:
            self._keys.add(key)
        else:
            self._positions[position.source] = max(position.number, self._positions.get(position.source, 0))

    def _drop_outdated(self) -> None:
        """Write the file anew when positions that were passed make up most of it."""
        outdated = self._size_bytes // _ENTRY_BYTES - len(self)
        if outdated < max(_MOST_OUTDATED, len(self)):
            return
        data = _encode([*self._keys, *(position_key(source, number) for source, number in self._positions.items())])
        scratch = self._path.with_name(f"{self._path.name}.new")
        scratch.unlink(missing_ok=True)
        fd = _open(scratch)
        try:
            _write_at(fd, data, 0)
            scratch.rename(self._path)
        except OSError:
            os.close(fd)
            raise
        os.close(self._fd)
        self._fd, self._size_bytes = fd, len(data)
        sync_directory(self._path.parent)


def _open(path: Path) -> int:
    return os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o640)


def _furthest(keys: Iterable[bytes]) -> list[bytes]:
    """All keys, but of each source the furthest position only."""
    kept: dict[bytes, bytes] = {}
    for key in keys:
        position = read_position(key)
        name = key if position is None else position.source
        kept[name] = max(key, kept.get(name, key))
    return list(kept.values())


def _encode(keys: Iterable[bytes]) -> bytes:
    return b"".join(key + zlib.crc32(key).to_bytes(4, "little") for key in keys)


def _write_at(fd: int, data: bytes, offset: int) -> None:
    written = 0
    while written < len(data):  # at its place, whatever a failed write may have left there
        written += os.pwrite(fd, data[written:], offset + written)
    os.fdatasync(fd)
