"""The outline of a zstd body (RFC 8878): python-zstandard takes a truncated one for a short one, hence this check."""

import zstandard

from clew.errors import MalformedInput

_MAGIC = b"\x28\xb5\x2f\xfd"
_SKIPPABLE_MAGIC = range(0x184D2A50, 0x184D2A60)
_MAX_BLOCKS = 200_000  # a full block is 128 KiB; empty ones would cost CPU without end
_RAW, _RLE, _COMPRESSED = 0, 1, 2
_TRUNCATED = "the compressed body is cut off; send it whole"


def check_zstd_frames(body: bytes) -> None:
    """Raises MalformedInput unless the body is one or more whole frames and nothing else."""
    at = blocks = 0
    if not body:
        raise MalformedInput(_TRUNCATED)
    while at < len(body):
        if body[at : at + 4] == _MAGIC:
            at, blocks = _skip_frame(body, at, blocks)
        else:
            at = _skip_skippable(body, at)
            blocks += 1
        if at > len(body):
            raise MalformedInput(_TRUNCATED)
        if blocks > _MAX_BLOCKS:
            raise MalformedInput(f"the body has more than {_MAX_BLOCKS} zstd blocks; compress it as a whole")


def _skip_frame(body: bytes, at: int, blocks: int) -> tuple[int, int]:
    header = body[at : at + 18]  # the longest there is
    try:
        has_checksum = zstandard.get_frame_parameters(header).has_checksum
        at += zstandard.frame_header_size(header)
    except zstandard.ZstdError as error:
        raise MalformedInput(f"the compressed body is broken: {error}") from error
    is_last = False
    while not is_last and blocks <= _MAX_BLOCKS:
        if at + 3 > len(body):
            raise MalformedInput(_TRUNCATED)
        block = int.from_bytes(body[at : at + 3], "little")
        is_last, kind, size = bool(block & 1), block >> 1 & 3, block >> 3
        if kind not in (_RAW, _RLE, _COMPRESSED):
            raise MalformedInput("the compressed body is broken: a zstd block of a reserved type")
        at += 3 + (1 if kind == _RLE else size)
        blocks += 1
    return at + (4 if has_checksum else 0), blocks


def _skip_skippable(body: bytes, at: int) -> int:
    if int.from_bytes(body[at : at + 4], "little") not in _SKIPPABLE_MAGIC or at + 8 > len(body):
        raise MalformedInput("the compressed body is no zstd, or has bytes behind its end")
    return at + 8 + int.from_bytes(body[at + 4 : at + 8], "little")
