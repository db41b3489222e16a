"""The ledger of keys: which idempotency keys were stored, for as long as the journal's directory lives."""

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
        os.lseek(self._fd, whole_bytes, os.SEEK_SET)
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
            view = memoryview(data)
            while view:
                view = view[os.write(self._fd, view) :]
            os.fdatasync(self._fd)
        except OSError:
            os.ftruncate(self._fd, self._size_bytes)
            os.lseek(self._fd, self._size_bytes, os.SEEK_SET)
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
        if zlib.crc32(key).to_bytes(4, "little") != crc:
            break
        keys.add(key)
        whole_bytes = offset + _ENTRY_BYTES
    return keys, whole_bytes
