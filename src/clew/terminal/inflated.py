"""Files as they are read: plain, gzip or zstd, told apart by their first bytes; a truncated one is an error."""

import zlib
from collections.abc import Iterator
from typing import Protocol

import zstandard

from clew.errors import MalformedInput

CHUNK_BYTES = 1 << 20
_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# What is fed at once; it can inflate to 40,000 times as much, which this bounds to 175 MB.
_ZSTD_INPUT_BYTES = 4096


class Readable(Protocol):
    """What is asked of a file: up to `size` bytes, none at the end."""

    def read(self, size: int, /) -> bytes: ...


def read_inflated(file: Readable, name: str) -> Iterator[bytes]:
    """Chunks of the content; raises MalformedInput when a compressed file is damaged or cut off."""
    first = file.read(CHUNK_BYTES)
    if first.startswith(_GZIP_MAGIC):
        return _gunzip(_chunks(first, file), name)
    if first.startswith(_ZSTD_MAGIC):
        return _unzstd(_chunks(first, file), name)
    return _chunks(first, file)


def _chunks(first: bytes, file: Readable) -> Iterator[bytes]:
    chunk = first
    while chunk:
        yield chunk
        chunk = file.read(CHUNK_BYTES)


def _gunzip(chunks: Iterator[bytes], name: str) -> Iterator[bytes]:
    inflater = zlib.decompressobj(wbits=31)
    try:
        for chunk in chunks:
            waiting = chunk
            while waiting:
                if inflater.eof:  # several members one after the other, as `cat a.gz b.gz` makes them
                    inflater = zlib.decompressobj(wbits=31)
                yield inflater.decompress(waiting, CHUNK_BYTES)
                waiting = inflater.unconsumed_tail or inflater.unused_data
    except zlib.error as error:
        raise _damaged(name, "gzip") from error
    if not inflater.eof:
        raise _cut_off(name)


def _unzstd(chunks: Iterator[bytes], name: str) -> Iterator[bytes]:
    # The stream reader of python-zstandard takes a cut-off file for a short one; the object knows the end.
    inflater = zstandard.ZstdDecompressor().decompressobj()
    try:
        for chunk in chunks:
            waiting = chunk
            while waiting:
                if inflater.eof:
                    inflater = zstandard.ZstdDecompressor().decompressobj()
                piece, waiting = waiting[:_ZSTD_INPUT_BYTES], waiting[_ZSTD_INPUT_BYTES:]
                yield inflater.decompress(piece)
                waiting = inflater.unused_data + waiting
    except zstandard.ZstdError as error:
        raise _damaged(name, "zstd") from error
    if not inflater.eof:
        raise _cut_off(name)


def _damaged(name: str, kind: str) -> MalformedInput:
    return MalformedInput(f"{name} is a damaged {kind} file; get it again")


def _cut_off(name: str) -> MalformedInput:
    return MalformedInput(f"{name} ends in the middle; it was cut off, get it again")
