import pytest
import zstandard

from clew.errors import MalformedInput
from clew.receive.zstd_frames import check_zstd_frames

FRAME = zstandard.compress(b"spans " * 50_000)
SKIPPABLE = b"\x53\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"12345"


@pytest.mark.parametrize("body", [FRAME, FRAME * 3, SKIPPABLE + FRAME, FRAME + SKIPPABLE, zstandard.compress(b"")])
def test_whole_frames_pass(body: bytes) -> None:
    """Frames, skippable ones included, may follow each other."""
    check_zstd_frames(body)
    for size in {1, 4, 7, len(body) - 1} - {len(body) - len(SKIPPABLE), 0}:
        with pytest.raises(MalformedInput):
            check_zstd_frames(body[:size] if size < len(body) else body[:-1])


@pytest.mark.parametrize(
    "body",
    [b"", b"\x00", FRAME + b"\x00", FRAME + SKIPPABLE[:7], FRAME[:5] + b"\xff" * 20, b"\x28\xb5\x2f\xfd"],
)
def test_anything_else_is_malformed(body: bytes) -> None:
    """No bytes, other bytes, and bytes behind the end are refused."""
    with pytest.raises(MalformedInput):
        check_zstd_frames(body)


def test_the_reader_of_python_zstandard_takes_a_truncated_body_for_a_short_one() -> None:
    """The reason for this module; when this fails, the module can go."""
    with zstandard.ZstdDecompressor().stream_reader(FRAME[:-2], read_across_frames=True) as reader:
        assert len(reader.read(2**20)) < 300_000
