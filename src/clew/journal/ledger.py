"""The ledger of keys: which idempotency keys were stored, for as long as the journal's directory lives."""

import contextlib
import os
import zlib
from collections.abc import Iterable
from pathlib import Path

from clew.journal.record import KEY_BYTES

_ENTRY_BYTES = KEY_BYTES + 4


class KeyLedger:
    """An append-only file of keys, each with its CRC-32; held in memory as a set (about 100 bytes a key)."""

    def __init__(self, path: Path) -> None:
        self._keys, whole_bytes = _read(path)
        self._fd = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o640)
        os.ftruncate(self._fd, whole_bytes)
        self._size_bytes = whole_bytes

    def __contains__(self, key: bytes) -> bool:
        return key in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, keys: Iterable[bytes]) -> None:
        """Remember the keys; they are durable when this returns."""
        fresh = [key for key in keys if key not in self._keys]
        if not fresh:
            return
        data = b"".join(key + zlib.crc32(key).to_bytes(4, "little") for key in fresh)
        try:
            written = 0
            while written < len(data):  # at its place, whatever a failed write may have left there
                written += os.pwrite(self._fd, data[written:], self._size_bytes + written)
            os.fdatasync(self._fd)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, self._size_bytes)
            raise
        self._size_bytes += len(data)
        self._keys.update(fresh)

    def close(self) -> None:
        """Close the file; the ledger can't be used afterwards."""
        os.close(self._fd)


def _read(path: Path) -> tuple[set[bytes], int]:
    data = path.read_bytes() if path.exists() else b""
    keys: set[bytes] = set()
    whole_bytes = 0
    for offset in range(0, len(data) - _ENTRY_BYTES + 1, _ENTRY_BYTES):
        key, crc = data[offset : offset + KEY_BYTES], data[offset + KEY_BYTES : offset + _ENTRY_BYTES]
        if zlib.crc32(key).to_bytes(4, "little") == crc:  # a damaged entry costs one key, not all behind it
            keys.add(key)
            whole_bytes = offset + _ENTRY_BYTES
    return keys, whole_bytes
