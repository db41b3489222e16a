"""One record: a length-delimited protobuf message that carries its own checksum.

A record is `varint(length) payload trailer`. The trailer is protobuf too, in field numbers that no OTLP request
uses, so any protobuf reader takes a segment as a stream of length-delimited messages and skips what it doesn't know:

    without a key   field 1000, fixed32   CRC-32 of the payload
    with a key      field 1001, 32 bytes  the key
                    field 1002, fixed32   CRC-32 of the payload, of the key's field and of this field's tag

The tag is in the second sum so that no flipped bit turns a record without a key into one with a key, or back.

`docs/formats/journal.md` describes it byte by byte.
"""

import enum
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zlib_ng.zlib_ng import crc32  # an eighth of the time of zlib's

KEY_BYTES = 32
MAX_RECORD_BYTES = 1 << 30

_CRC_TAG = b"\xc5\x3e"  # field 1000, fixed32
_KEY_TAG = b"\xca\x3e\x20"  # field 1001, 32 bytes
_KEYED_CRC_TAG = b"\xd5\x3e"  # field 1002, fixed32
_CRC_TRAILER_BYTES = len(_CRC_TAG) + 4
_KEYED_TRAILER_BYTES = len(_KEY_TAG) + KEY_BYTES + _CRC_TRAILER_BYTES
_MAX_VARINT_BYTES = 5
_ANY_CRC_TAG = re.compile(re.escape(_CRC_TAG) + b"|" + re.escape(_KEYED_CRC_TAG))


class AppendResult(enum.Enum):
    """What became of an append that is now durable."""

    STORED = "stored"
    REPEATED = "repeated"
    """The key was stored before; this payload was not written again."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record as read back; `offset` and `end` are its first byte and the one behind it, in the segment."""

    offset: int
    end: int
    payload: bytes
    key: bytes | None


def encode_record(payload: bytes, key: bytes | None = None) -> tuple[bytes, bytes, bytes]:
    """The three pieces (length, payload, trailer) of a record, to be written one after the other.

    Raises ValueError when the key hasn't 32 bytes.
    """
    if key is None:
        trailer = _CRC_TAG + crc32(payload).to_bytes(4, "little")
    elif len(key) == KEY_BYTES:
        summed = _KEY_TAG + key + _KEYED_CRC_TAG
        trailer = summed + crc32(summed, crc32(payload)).to_bytes(4, "little")
    else:
        raise ValueError(f"a key has {KEY_BYTES} bytes, this one {len(key)}")
    return _encode_varint(len(payload) + len(trailer)), payload, trailer


def read_records(segment: bytes | memoryview) -> Iterator[Record]:
    """The valid records of a segment in order; what is damaged between them is passed over.

    Behind a damaged record the next one is found by the damaged one's length, or, when that is wrong itself, by the
    next trailer that a valid record follows. (Only then could a payload that holds whole records of this format show
    them as records of their own: they are bytes that the same tenant sent.) Where length and trailer are both wrong,
    the record behind is passed over, too: to look for a record at every byte takes 10 s for 16 MiB.
    """
    view = memoryview(segment)
    offset: int | None = 0
    while offset is not None and offset < len(view):
        record = _read_record(view, offset)
        if record is None:
            offset = _next_valid(view, offset)
        else:
            yield record
            offset = record.end


def are_whole(records: Sequence[Record], size_bytes: int) -> bool:
    """Whether the records fill a segment of that size without a gap."""
    ends = [0, *(record.end for record in records)]
    return ends == [*(record.offset for record in records), size_bytes]


def complete_bytes(segment: bytes | memoryview, records: Sequence[Record]) -> int:
    """Where the segment's last complete record ends, valid or damaged; only a torn one, or none, is behind it."""
    view = memoryview(segment)
    offset = records[-1].end if records else 0
    while (end := _claimed_end(view, offset)) is not None:
        offset = end
    return offset


def _next_valid(view: memoryview, damaged_at: int) -> int | None:
    """The offset of the first valid record behind a damaged one."""
    offset = damaged_at
    while (end := _claimed_end(view, offset)) is not None:
        has_trailer = _ANY_CRC_TAG.fullmatch(view[end - 6 : end - 4]) is not None
        if _read_record(view, end) is not None or (has_trailer and end == len(view)):
            return end
        if not has_trailer:
            break
        offset = end
    ends = (tag.start() + _CRC_TRAILER_BYTES for tag in _ANY_CRC_TAG.finditer(view, damaged_at))
    return next((end for end in ends if _read_record(view, end) is not None), None)


def _claimed_end(view: memoryview, offset: int) -> int | None:
    """Where the record at the offset ends by its own length; None when the segment ends before that."""
    header = _decode_varint(view, offset)
    if header is None:
        return None
    length, start = header
    end = start + length
    return end if _CRC_TRAILER_BYTES <= length <= MAX_RECORD_BYTES and end <= len(view) else None


def _read_record(view: memoryview, offset: int) -> Record | None:
    header, end = _decode_varint(view, offset), _claimed_end(view, offset)
    if header is None or end is None:
        return None
    length, start = header
    tag, crc = bytes(view[end - 6 : end - 4]), int.from_bytes(view[end - 4 : end], "little")
    if tag == _CRC_TAG and crc32(view[start : end - 6]) == crc:
        return Record(offset, end, bytes(view[start : end - _CRC_TRAILER_BYTES]), None)
    if tag == _KEYED_CRC_TAG and length >= _KEYED_TRAILER_BYTES and crc32(view[start : end - 4]) == crc:
        key_at = end - _CRC_TRAILER_BYTES - KEY_BYTES
        return Record(
            offset, end, bytes(view[start : end - _KEYED_TRAILER_BYTES]), bytes(view[key_at : key_at + KEY_BYTES])
        )
    return None


def _encode_varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _decode_varint(view: memoryview, offset: int) -> tuple[int, int] | None:
    value = 0
    for index, byte in enumerate(view[offset : offset + _MAX_VARINT_BYTES]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, offset + index + 1
    return None
