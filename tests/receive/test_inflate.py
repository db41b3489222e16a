import gzip
import resource
import zlib
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from clew.errors import InputTooLarge, MalformedInput, UnsupportedInput
from clew.receive.inflate import inflate
from tests.receive.bombs import gzip_bomb, zstd_bomb

PLAIN = b"".join(b"span %d, " % number for number in range(30_000))
LIMIT = 64 * 2**20


def _raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def _zstd_stream(data: bytes) -> bytes:
    packer = zstandard.ZstdCompressor(write_checksum=True, write_content_size=False).compressobj()
    return packer.compress(data) + packer.flush()


ENCODERS = [
    ("gzip", gzip.compress),
    ("x-gzip", gzip.compress),
    (" GZip ", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", _raw_deflate),
    ("zstd", zstandard.compress),
    ("zstd", _zstd_stream),
]
Encode = Callable[[bytes], bytes]


@pytest.mark.parametrize(("encoding", "encode"), ENCODERS)
@given(data=st.binary(max_size=200))
def test_every_encoding_is_undone(encoding: str, encode: Encode, data: bytes) -> None:
    """What was compressed comes out again, the empty body included."""
    assert inflate(encode(data), encoding, LIMIT) == data


@pytest.mark.parametrize(("encoding", "encode"), ENCODERS)
def test_the_limit_holds_to_the_byte(encoding: str, encode: Encode) -> None:
    """A body of exactly the limit passes, one byte more does not."""
    packed = encode(PLAIN)
    assert inflate(packed, encoding, len(PLAIN)) == PLAIN
    with pytest.raises(InputTooLarge):
        inflate(packed, encoding, len(PLAIN) - 1)


@pytest.mark.parametrize("encoding", ["", "identity", " Identity"])
def test_an_uncompressed_body_stays_the_same_object(encoding: str) -> None:
    """Nothing is copied where nothing is compressed, and the limit still holds."""
    assert inflate(PLAIN, encoding, len(PLAIN)) is PLAIN
    with pytest.raises(InputTooLarge):
        inflate(PLAIN, encoding, len(PLAIN) - 1)


@pytest.mark.parametrize(("encoding", "encode"), ENCODERS)
def test_every_truncation_is_malformed(encoding: str, encode: Encode) -> None:
    """A body cut anywhere is never taken for a shorter one."""
    packed = encode(PLAIN)
    cuts = {*range(20), *range(20, len(packed), 1 + len(packed) // 50), *range(len(packed) - 12, len(packed))}
    for size in sorted(cuts):
        with pytest.raises(MalformedInput):
            inflate(packed[:size], encoding, LIMIT)


@pytest.mark.parametrize(("encoding", "encode"), ENCODERS)
@pytest.mark.parametrize("garbage", [b"x", b"\x00\x00", b"garbage behind the end"])
def test_bytes_behind_the_end_are_malformed(encoding: str, encode: Encode, garbage: bytes) -> None:
    """What follows the compressed stream is an error, not ignored."""
    with pytest.raises(MalformedInput):
        inflate(encode(PLAIN) + garbage, encoding, LIMIT)


@pytest.mark.parametrize(("encoding", "encode"), [("gzip", gzip.compress), ("zstd", _zstd_stream)])
def test_several_members_are_one_body(encoding: str, encode: Encode) -> None:
    """Members of gzip and frames of zstd follow each other, as both formats allow."""
    assert inflate(b"".join([encode(PLAIN), encode(b""), encode(b"end")]), encoding, LIMIT) == PLAIN + b"end"


@pytest.mark.parametrize(("encoding", "encode"), ENCODERS)
def test_damage_is_malformed(encoding: str, encode: Encode) -> None:
    """A body whose content was changed raises MalformedInput or, where there is no checksum, nothing else."""
    packed = bytearray(encode(PLAIN))
    for at in range(0, len(packed), 1 + len(packed) // 60):
        damaged = bytes(packed[:at]) + bytes([packed[at] ^ 0x55]) + bytes(packed[at + 1 :])
        try:
            assert inflate(damaged, encoding, LIMIT) == PLAIN or encode in (_raw_deflate, zstandard.compress)
        except MalformedInput:
            continue


@pytest.mark.parametrize("encoding", ["br", "gzip, zstd", "gzip,gzip", "compress", "é"])
def test_unknown_and_repeated_encodings_are_unsupported(encoding: str) -> None:
    """The error lists what is understood; several encodings on top of each other are not."""
    with pytest.raises(UnsupportedInput, match="gzip, deflate, zstd"):
        inflate(b"", encoding, LIMIT)


@pytest.mark.parametrize(("encoding", "bomb"), [("gzip", gzip_bomb), ("zstd", zstd_bomb)])
def test_a_bomb_stops_at_the_limit(encoding: str, bomb: Callable[[], bytes]) -> None:
    """10 GB behind a few bytes cost no more memory than the limit."""
    body = bomb()
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputTooLarge):
        inflate(body, encoding, LIMIT)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib < 1.25 * LIMIT / 1024


@pytest.mark.parametrize(("encoding", "encode"), [("gzip", gzip.compress), ("zstd", zstandard.compress)])
def test_endless_empty_members_are_malformed(encoding: str, encode: Encode) -> None:
    """Members that inflate to nothing can't keep a thread busy: after some thousands it ends."""
    with pytest.raises(MalformedInput, match="more than"):
        inflate(encode(b"") * 300_000, encoding, LIMIT)


def test_a_window_beyond_eight_mib_is_malformed() -> None:
    """A zstd frame that would need a large window, and its memory, is refused."""
    parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=27)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    with pytest.raises(MalformedInput):
        inflate(packer.compress(PLAIN) + packer.flush(), "zstd", LIMIT)
