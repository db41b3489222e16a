import gzip
import os
import random
from collections.abc import Callable
from io import BytesIO

import pytest
import zstandard

from clew.errors import MalformedInput
from clew.terminal.inflated import CHUNK_BYTES, read_inflated

CONTENT = random.Random(1).randbytes(1000) * 3000


def zstd(data: bytes) -> bytes:
    """One frame, without the content size, as a stream has it."""
    compressor = zstandard.ZstdCompressor().compressobj()
    return compressor.compress(data) + compressor.flush()


@pytest.mark.parametrize("compress", [bytes, gzip.compress, zstd])
def test_the_form_is_told_by_the_first_bytes(compress: Callable[[bytes], bytes]) -> None:
    """Plain, gzip and zstd give the same content; several members in a row are one content."""
    for data in (CONTENT, b"", b"x"):
        assert b"".join(read_inflated(BytesIO(compress(data)), "f")) == data
    twice = BytesIO(compress(CONTENT) + compress(b"end"))
    assert b"".join(read_inflated(twice, "f")) == CONTENT + b"end"


@pytest.mark.parametrize("compress", [gzip.compress, zstd])
def test_a_cut_off_file_is_an_error(compress: Callable[[bytes], bytes]) -> None:
    """A file that lost its end, by one byte or by half, is not taken for a shorter one."""
    data = compress(os.urandom(300_000))
    for length in (len(data) - 1, len(data) // 2, 10):
        with pytest.raises(MalformedInput, match="f ends in the middle"):
            list(read_inflated(BytesIO(data[:length]), "f"))


@pytest.mark.parametrize("magic", [b"\x1f\x8b", b"\x28\xb5\x2f\xfd"])
def test_a_damaged_file_is_an_error(magic: bytes) -> None:
    """Bytes that only begin like a compressed file are refused."""
    with pytest.raises(MalformedInput, match=r"f is a damaged (gzip|zstd) file"):
        list(read_inflated(BytesIO(magic + b"\xff" * 100), "f"))


@pytest.mark.parametrize("compress", [gzip.compress, zstd])
def test_a_small_file_that_inflates_a_lot_comes_in_pieces(compress: Callable[[bytes], bytes]) -> None:
    """What is held at once has a bound, however well the file was compressed."""
    pieces = [len(piece) for piece in read_inflated(BytesIO(compress(bytes(200 * CHUNK_BYTES))), "f")]
    assert sum(pieces) == 200 * CHUNK_BYTES
    assert max(pieces) <= 175 * 10**6
