"""Bodies that are small on the wire and huge inside."""

import functools
import io
import zlib

import zstandard
from zlib_ng import zlib_ng

_CHUNK_BYTES = 16 * 2**20


@functools.cache
def gzip_bomb(inflated_bytes: int = 10 * 2**30) -> bytes:
    """A valid gzip member of zeros, a thousand times smaller; the size is rounded down to whole chunks of 16 MiB."""
    chunk = bytes(_CHUNK_BYTES)
    count = inflated_bytes // _CHUNK_BYTES
    packer = zlib.compressobj(6, wbits=-15)
    # After a full flush nothing refers back, so that the same deflated chunk can stand there again and again.
    deflated = packer.compress(chunk) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = chunk_checksum = zlib.crc32(chunk)
    for _ in range(count - 1):
        checksum = zlib_ng.crc32_combine(checksum, chunk_checksum, _CHUNK_BYTES)
    header = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
    length = (count * _CHUNK_BYTES) & 0xFFFFFFFF
    return header + deflated * count + packer.flush() + checksum.to_bytes(4, "little") + length.to_bytes(4, "little")


@functools.cache
def zstd_bomb(inflated_bytes: int = 10 * 2**30) -> bytes:
    """Zstd frames of zeros, 30,000 times smaller."""
    frame = zstandard.ZstdCompressor().compress(bytes(_CHUNK_BYTES))
    return frame * (inflated_bytes // _CHUNK_BYTES)


class Zeros(io.RawIOBase):
    """A stream of zeros, for a body that nobody wants to hold in memory."""

    def __init__(self, size: int) -> None:
        self._left = size

    def read(self, size: int = -1) -> bytes:
        count = self._left if size < 0 else min(size, self._left)
        self._left -= count
        return bytes(count)
