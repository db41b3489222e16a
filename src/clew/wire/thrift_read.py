"""Thrift's binary and compact protocol: values, lists and structs from bytes that anybody may have sent.

A `Struct` says what is expected; everything else is skipped, as Thrift's own readers do, and so is a known field of
another type. Nothing is allocated by a size that was only declared, nesting is bounded, and so is the number of values.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from clew.errors import InputTooLarge, MalformedInput

MAX_DEPTH = 32
MAX_VALUES = 500_000
"""Structs, and elements of lists and maps, in one body: each takes up to 300 bytes and 7 us while it is read."""

# The types of the binary protocol; those of the compact one are turned into them.
STOP, BOOL, I8, DOUBLE, I16, I32, I64, BINARY, STRUCT, MAP, SET, LIST, UUID = (
    0,
    2,
    3,
    4,
    6,
    8,
    10,
    11,
    12,
    13,
    14,
    15,
    16,
)
_INTEGERS = {I8: 1, I16: 2, I32: 4, I64: 8}
_FIXED_BYTES = {BOOL: 1, DOUBLE: 8, UUID: 16}
_OF_COMPACT = (STOP, BOOL, BOOL, I8, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT, UUID)
_COMPACT_TRUE, _COMPACT_FALSE = 1, 2


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a struct: what to call it, its type, and for structs and lists of them what is inside."""

    name: str
    kind: int
    is_required: bool = False
    inner: "Struct | None" = None


@dataclass(frozen=True, slots=True)
class Struct:
    """A struct of Thrift: its fields by number, and what makes a value of those that came, by their names."""

    name: str
    fields: Mapping[int, Field]
    make: Callable[[Mapping[str, Any]], Any]


@dataclass(slots=True)
class ThriftInput:
    """What both protocols share: the bytes, the place in them and the bounds."""

    data: bytes
    at: int = 0
    values_left: int = MAX_VALUES

    def read_struct(self, wanted: Struct, depth: int = MAX_DEPTH) -> Any:
        """What `wanted` makes of its fields; raises MalformedInput where it isn't one, InputTooLarge."""
        found: dict[str, Any] = {}
        self._enter(depth)
        number = 0
        while True:
            kind, number = self.field_header(number)
            if kind == STOP:
                break
            field = wanted.fields.get(number)
            if field is None or field.kind != kind:
                self.skip(kind, depth - 1)
            else:
                found[field.name] = self._read(field, depth - 1)
        for field in wanted.fields.values():
            if field.is_required and field.name not in found:
                raise MalformedInput(f"a {wanted.name} has no {field.name}, which it must have")
        return wanted.make(found)

    def field_header(self, previous: int) -> tuple[int, int]:
        """Type and number of the next field of a struct, after the number before."""
        raise NotImplementedError

    def list_header(self) -> tuple[int, int]:
        """Type and number of the elements."""
        raise NotImplementedError

    def map_header(self) -> tuple[int, int, int]:
        """Types of keys and values, and their number."""
        raise NotImplementedError

    def read_integer(self, kind: int) -> int:
        """I8, I16, I32 or I64."""
        raise NotImplementedError

    def read_double(self) -> float:
        raise NotImplementedError

    def read_bool(self) -> bool:
        """Of a field."""
        raise NotImplementedError

    def read_length(self) -> int:
        """Of a binary."""
        raise NotImplementedError

    def read_binary(self) -> bytes:
        """A string or a binary."""
        return self.take(self.read_length())

    def take(self, count: int) -> bytes:
        """The next bytes."""
        end = self.at + count
        if count < 0 or end > len(self.data):
            raise MalformedInput("the body is no Thrift: it ends in the middle of a value; send it whole")
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def _read(self, field: Field, depth: int) -> Any:
        kind = field.kind
        if kind in _INTEGERS:
            return self.read_integer(kind)
        if kind == BINARY:
            return self.read_binary()
        if kind == DOUBLE:
            return self.read_double()
        if kind == BOOL:
            return self.read_bool()
        assert field.inner is not None  # noqa: S101  # Structs are constants of this package: no other type is in them
        return self.read_struct(field.inner, depth) if kind == STRUCT else self._read_list(field, field.inner, depth)

    def _read_list(self, field: Field, inner: Struct, depth: int) -> list[Any]:
        kind, count = self._counted(*self.list_header())
        if count and kind != STRUCT:
            raise MalformedInput(f"the elements of the list {field.name} are no structs, which they must be")
        return [self.read_struct(inner, depth - 1) for _ in range(count)]

    def skip(self, kind: int, depth: int) -> None:
        """Past a value that nobody asks for."""
        if kind in _INTEGERS:
            self.read_integer(kind)
        elif kind == BINARY:
            self.take(self.read_length())
        elif kind == BOOL:
            self.read_bool()
        elif kind in _FIXED_BYTES:
            self.take(_FIXED_BYTES[kind])
        elif kind == STRUCT:
            self._skip_struct(depth)
        elif kind in {LIST, SET}:
            self._skip_list(depth)
        elif kind == MAP:
            self._skip_map(depth)
        else:
            raise MalformedInput(f"the body is no Thrift: there is no type {kind}")

    def _skip_struct(self, depth: int) -> None:
        self._enter(depth)
        number = 0
        while True:
            kind, number = self.field_header(number)
            if kind == STOP:
                return
            self.skip(kind, depth - 1)

    def _skip_list(self, depth: int) -> None:
        self._enter(depth)
        kind, count = self._counted(*self.list_header())
        for _ in range(count):
            self._skip_element(kind, depth - 1)

    def _skip_map(self, depth: int) -> None:
        self._enter(depth)
        key, value, count = self.map_header()
        self._counted(key, count)
        for _ in range(count):
            self._skip_element(key, depth - 1)
            self._skip_element(value, depth - 1)

    def _skip_element(self, kind: int, depth: int) -> None:
        if kind == BOOL:  # in a list it takes a byte in both protocols
            self.take(1)
        else:
            self.skip(kind, depth)

    def _enter(self, depth: int) -> None:
        if depth <= 0:
            raise MalformedInput(f"the body is nested more than {MAX_DEPTH} levels deep")
        self._count(1)

    def _count(self, values: int) -> None:
        self.values_left -= values
        if self.values_left < 0:
            raise InputTooLarge(f"more than {MAX_VALUES} values in one body; send smaller batches")

    def _counted(self, kind: int, count: int) -> tuple[int, int]:
        """An element takes at least a byte, so that more can't follow than there are."""
        if not 0 <= count <= len(self.data) - self.at:
            raise MalformedInput("the body is no Thrift: a list is said to be longer than the body")
        self._count(count)
        return kind, count


class BinaryInput(ThriftInput):
    """The binary protocol: fixed sizes, big-endian."""

    __slots__ = ()

    def field_header(self, previous: int) -> tuple[int, int]:
        kind = self.take(1)[0]
        return kind, 0 if kind == STOP else self.read_integer(I16)

    def list_header(self) -> tuple[int, int]:
        return self.take(1)[0], self.read_integer(I32)

    def map_header(self) -> tuple[int, int, int]:
        key, value = self.take(2)
        return key, value, self.read_integer(I32)

    def read_integer(self, kind: int) -> int:
        return int.from_bytes(self.take(_INTEGERS[kind]), "big", signed=True)

    def read_double(self) -> float:
        value: float = struct.unpack(">d", self.take(8))[0]
        return value

    def read_bool(self) -> bool:
        return self.take(1) != b"\0"

    def read_length(self) -> int:
        return self.read_integer(I32)


@dataclass(slots=True)
class CompactInput(ThriftInput):
    """The compact protocol: numbers in zigzag, seven bits a byte; a bool is in the header of its field."""

    flag: bool = False

    def field_header(self, previous: int) -> tuple[int, int]:
        head = self.take(1)[0]
        if head & 0x0F == STOP:
            return STOP, 0
        delta = head >> 4
        number = previous + delta if delta else self.read_integer(I16)
        self.flag = head & 0x0F == _COMPACT_TRUE
        return _plain(head & 0x0F), number

    def list_header(self) -> tuple[int, int]:
        head = self.take(1)[0]
        count = head >> 4
        return _plain(head & 0x0F), self._varint() if count == 0x0F else count

    def map_header(self) -> tuple[int, int, int]:
        count = self._varint()
        kinds = self.take(1)[0] if count else 0
        return _plain(kinds >> 4), _plain(kinds & 0x0F), count

    def read_integer(self, kind: int) -> int:
        if kind == I8:
            return int.from_bytes(self.take(1), "big", signed=True)
        folded = self._varint()
        return folded >> 1 ^ -(folded & 1)

    def read_double(self) -> float:
        value: float = struct.unpack("<d", self.take(8))[0]
        return value

    def read_bool(self) -> bool:
        return self.flag

    def read_length(self) -> int:
        return self._varint()

    def _varint(self) -> int:
        value = 0
        for shift in range(0, 70, 7):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
        else:
            raise MalformedInput("the body is no Thrift: a number is longer than 10 bytes")
        return value & 0xFFFF_FFFF_FFFF_FFFF


def _plain(kind: int) -> int:
    if kind >= len(_OF_COMPACT):
        raise MalformedInput(f"the body is no Thrift in the compact protocol: there is no type {kind}")
    return _OF_COMPACT[kind]
