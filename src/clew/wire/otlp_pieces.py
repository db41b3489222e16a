"""Large OTLP requests, taken apart by their outer fields so that no more than a piece is parsed at a time.

Why: upb holds the GIL while it parses (0.75 s for 64 MiB), and a hostile body grows ninety-fold in memory (64 MiB of
empty spans: 5.6 GiB). In pieces of 256 KiB the event loop stays responsive, the worst piece takes 25 MiB, and a large
request is checked 40 % faster, because its messages fit into the processor's cache.
Both signals have one shape: request { 1: resource group { 1: resource, 2: scope group { 1: scope, 2: record } } }.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from clew.errors import InputTooLarge, MalformedInput

PIECE_BYTES = 2**18
MAX_FIELDS = 1_000_000
REQUEST, RESOURCE_GROUP, SCOPE_GROUP = 0, 1, 2

_CHILD_FIELD = (1, 2, 2)  # per level: the repeated field that leads one level down
_OWN_FIELD = (0, 1, 1)  # per level: the field (resource, scope) that is stored with every record below it
_LENGTH_DELIMITED = 2
_FIXED_BYTES = {1: 8, 5: 4}


class Field(NamedTuple):
    """One encoded field of a message: `start` is where its tag is, `content` where its value is, `end` past it."""

    number: int
    wire_type: int
    start: int
    content: int
    end: int


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """The value at `at` and the offset past it; raises MalformedInput when it is cut off or over 10 bytes."""
    if at + 1 < len(data) and data[at + 1] < 0x80 <= data[at]:  # two bytes: the length of nearly every span
        return data[at] & 0x7F | data[at + 1] << 7, at + 2
    value = 0
    for index in range(10):
        if at + index >= len(data):
            raise MalformedInput("the body is no valid protobuf: it ends in the middle of a number; send it whole")
        byte = data[at + index]
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, at + index + 1
    raise MalformedInput("the body is no valid protobuf: a number is longer than 10 bytes")


def write_varint(value: int) -> bytes:
    """The shortest encoding of a number >= 0."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def read_fields(data: bytes, start: int, end: int) -> Iterator[Field]:
    """The fields of the encoded message data[start:end], in order; raises MalformedInput where it isn't one.

    Protobuf's groups count as malformed: OTLP never had any.
    """
    at = start
    while at < end:
        begin = at
        tag = data[at]
        at += 1
        if tag > 0x7F:
            tag, at = read_varint(data, begin)
        wire_type = tag & 7
        if wire_type == _LENGTH_DELIMITED:
            length, at = read_varint(data, at)
            past = at + length
        elif wire_type == 0:
            past = read_varint(data, at)[1]
        elif wire_type in _FIXED_BYTES:
            past = at + _FIXED_BYTES[wire_type]
        else:
            raise MalformedInput(f"the body is no valid protobuf: wire type {wire_type} at the outer levels")
        if past > end:
            raise MalformedInput("the body is no valid protobuf: it ends in the middle of a field; send it whole")
        yield Field(tag >> 3, wire_type, begin, at, past)
        at = past


class PieceVisitor(Protocol):
    """What is done with the parts of a large request, in their order."""

    def clean_piece(self, encoded: bytes, level: int) -> bytes:
        """A run of whole fields of one message of that level; returns the very same object, or what may stay of it."""

    def refuse_record(self) -> None:
        """A record was larger than allowed and is left out."""

    def open_group(self) -> int:
        """A resource or scope group begins; the number comes back in `close_group`."""

    def close_group(self, own_bytes: int, opened: int) -> None:
        """It ends, and its resource or scope was `own_bytes` long."""


@dataclass(slots=True)
class PieceWalk:
    """One walk over one large request.

    A piece is at most PIECE_BYTES long unless it is a single field, which is at most `record_bytes` long. A larger
    record is refused alone; a larger resource or scope, or more than MAX_FIELDS, raises InputTooLarge.
    """

    data: bytes
    visitor: PieceVisitor
    record_bytes: int
    fields_seen: int = 0

    def clean(self) -> bytes:
        """What may stay of the request; raises MalformedInput where it isn't protobuf."""
        return b"".join(self._clean_message(0, len(self.data), REQUEST))

    def _clean_message(self, start: int, end: int, level: int) -> list[bytes | memoryview]:
        kept: list[bytes | memoryview] = []
        opened = self.visitor.open_group()
        own_bytes = 0
        run_start = run_end = start
        for field in read_fields(self.data, start, end):
            self._count_field()
            if field.number == _OWN_FIELD[level]:
                own_bytes += field.end - field.content
            if field.end - run_start > PIECE_BYTES:
                kept += self._clean_run(run_start, run_end, level)
                run_start = field.start
                if field.end - run_start > PIECE_BYTES:
                    kept += self._clean_large_field(field, level)
                    run_start = field.end
            run_end = field.end
        kept += self._clean_run(run_start, run_end, level)
        self.visitor.close_group(own_bytes, opened)
        return kept

    def _clean_run(self, start: int, end: int, level: int) -> list[bytes | memoryview]:
        if start == end:
            return []
        piece = self.data[start:end]
        cleaned = self.visitor.clean_piece(piece, level)
        return [memoryview(self.data)[start:end] if cleaned is piece else cleaned]

    def _clean_large_field(self, field: Field, level: int) -> list[bytes | memoryview]:
        is_child = field.number == _CHILD_FIELD[level] and field.wire_type == _LENGTH_DELIMITED
        if is_child and level < SCOPE_GROUP:
            inner = self._clean_message(field.content, field.end, level + 1)
            header = write_varint(field.number << 3 | _LENGTH_DELIMITED) + write_varint(sum(map(len, inner)))
            return [header, *inner]
        if field.end - field.content <= self.record_bytes:
            return self._clean_run(field.start, field.end, level)
        if not is_child:
            raise InputTooLarge(f"a resource or scope has more than {self.record_bytes} bytes; put less into it")
        self.visitor.refuse_record()
        return []

    def _count_field(self) -> None:
        self.fields_seen += 1
        if self.fields_seen > MAX_FIELDS:
            raise InputTooLarge(f"more than {MAX_FIELDS} records in one request; send smaller batches")
