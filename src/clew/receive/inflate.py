"""Content encodings undone with a hard limit on what comes out: gzip, deflate, zstd."""

import io
from typing import Protocol

import zstandard
from zlib_ng import zlib_ng

from clew.errors import InputTooLarge, MalformedInput, UnsupportedInput
from clew.receive.zstd_frames import check_zstd_frames

ACCEPTED_ENCODINGS = "gzip, deflate, zstd, identity"

_INPUT_CHUNK_BYTES = 64 * 1024
_OUTPUT_CHUNK_BYTES = 2**20
_MAX_MEMBERS = 10_000  # bgzip's blocks of 64 KiB need a thousand for 64 MiB; empty members would cost CPU without end
_MAX_ZSTD_WINDOW_BYTES = 8 * 2**20  # RFC 9659: what an HTTP peer must be able to read, and needn't exceed
_ZLIB_ERROR: type[Exception] = zlib_ng.error  # type: ignore[assignment]  # its stub declares an instance
_GZIP_WINDOW, _ZLIB_WINDOW, _RAW_WINDOW = 31, 15, -15


def inflate(body: bytes, encoding: str, max_bytes: int) -> bytes:
    """The body without its Content-Encoding (the header's value; empty or `identity`: as it is).

    Raises InputTooLarge as soon as more than `max_bytes` come out (at most one MiB later), MalformedInput for broken,
    truncated or trailing bytes, UnsupportedInput for an unknown or a repeated encoding.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return _within(body, max_bytes)
    if name in ("gzip", "x-gzip"):
        return _inflate_zlib(body, _GZIP_WINDOW, max_bytes)
    if name == "deflate":
        return _inflate_zlib(body, _ZLIB_WINDOW if _has_zlib_header(body) else _RAW_WINDOW, max_bytes)
    if name == "zstd":
        return _inflate_zstd(body, max_bytes)
    raise UnsupportedInput(f"Content-Encoding {encoding[:80]!r} isn't understood; send one of {ACCEPTED_ENCODINGS}")


def _within(inflated: bytes, max_bytes: int) -> bytes:
    if len(inflated) > max_bytes:
        raise InputTooLarge(f"the body has more than {max_bytes} bytes uncompressed; send smaller batches")
    return inflated


def _has_zlib_header(body: bytes) -> bool:
    # RFC 9110 says that deflate has one; some clients send none.
    return len(body) >= 2 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0


class _Inflater(Protocol):
    """zlib's decompressobj, as far as it is used here."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


class _ZlibStream:
    """Members one after the other; every step gives out at most one output chunk."""

    def __init__(self, window_bits: int, max_bytes: int) -> None:
        self._window_bits = window_bits
        self._left_bytes = max_bytes
        self._max_bytes = max_bytes
        self._member: _Inflater = zlib_ng.decompressobj(wbits=window_bits)
        self._members = 1
        self._chunks: list[bytes] = []

    def feed(self, data: bytes) -> None:
        while data:
            if self._member.eof:
                self._next_member()
            self._step(data)
            data = self._member.unused_data if self._member.eof else self._member.unconsumed_tail

    def _step(self, data: bytes) -> int:
        chunk = self._member.decompress(data, min(self._left_bytes + 1, _OUTPUT_CHUNK_BYTES))
        self._left_bytes -= len(chunk)
        if self._left_bytes < 0:
            raise InputTooLarge(f"the body inflates to more than {self._max_bytes} bytes; send smaller batches")
        self._chunks.append(chunk)
        return len(chunk)

    def _next_member(self) -> None:
        self._members += 1
        if self._window_bits != _GZIP_WINDOW:
            raise MalformedInput("there are bytes behind the end of the deflate stream; send one stream only")
        if self._members > _MAX_MEMBERS:
            raise MalformedInput(f"the body has more than {_MAX_MEMBERS} gzip members; compress it as one")
        self._member = zlib_ng.decompressobj(wbits=self._window_bits)

    def finish(self) -> bytes:
        while not self._member.eof:
            # What zlib still holds back when all input is in comes out by asking once more.
            if not self._step(b"") and not self._member.eof:
                raise MalformedInput("the compressed body is cut off; send it whole")
        return self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)


def _inflate_zlib(body: bytes, window_bits: int, max_bytes: int) -> bytes:
    stream = _ZlibStream(window_bits, max_bytes)
    try:
        for at in range(0, len(body), _INPUT_CHUNK_BYTES):
            # Chunks, because zlib copies the unread rest of what it was given at the end of each member.
            stream.feed(body[at : at + _INPUT_CHUNK_BYTES])
        return stream.finish()
    except _ZLIB_ERROR as error:
        raise MalformedInput(f"the compressed body is broken: {error}") from error


def _inflate_zstd(body: bytes, max_bytes: int) -> bytes:
    check_zstd_frames(body)
    decompressor = zstandard.ZstdDecompressor(max_window_size=_MAX_ZSTD_WINDOW_BYTES)
    chunks: list[bytes] = []
    left_bytes = max_bytes
    try:
        with decompressor.stream_reader(io.BytesIO(body), read_across_frames=True) as reader:
            while chunk := reader.read(min(left_bytes + 1, _OUTPUT_CHUNK_BYTES)):
                left_bytes -= len(chunk)
                if left_bytes < 0:
                    raise InputTooLarge(f"the body inflates to more than {max_bytes} bytes; send smaller batches")
                chunks.append(chunk)
    except zstandard.ZstdError as error:
        raise MalformedInput(f"the compressed body is broken: {error}") from error
    return b"".join(chunks)
