"""Apache Thrift's binary protocol, read field by field without a schema compiler; bounded for any bytes."""

import struct
from dataclasses import dataclass
from typing import Any

from clew.errors import InputTooLarge, MalformedInput

STOP, BOOL, BYTE, DOUBLE, I16, I32, I64, BINARY, STRUCT, MAP, SET, LIST = 0, 2, 3, 4, 6, 8, 10, 11, 12, 13, 14, 15
MAX_DEPTH = 32

_NUMBERS = {BOOL: ">?", BYTE: ">b", DOUBLE: ">d", I16: ">h", I32: ">i", I64: ">q"}
_SMALLEST_BYTES = {BINARY: 4, STRUCT: 1, MAP: 6, SET: 5, LIST: 5}
Struct = dict[int, Any]
"""The fields of a struct by their numbers."""

Schema = dict[int, tuple[int, "Schema | None"]]
"""Of each field that is read: its type, and the schema of a struct or of the structs in a list."""


@dataclass(slots=True)
class ThriftReader:
    """Reads on from `at`; every method raises MalformedInput where the bytes end or make no sense.

    `max_structs`: with more of them in all, InputTooLarge.
    """

    data: bytes
    max_structs: int
    at: int = 0

    def read_struct(self, schema: Schema, depth: int = 0) -> Struct:
        """The fields of the schema that are there and have its type; the others are skipped, as Thrift has it."""
        self._count(depth)
        found: Struct = {}
        while (kind := self._number(">b")) != STOP:
            number = self._number(">h")
            wanted, inner = schema.get(number, (STOP, None))
            if kind == wanted:
                found[number] = self._value(kind, inner, depth)
            else:
                self._skip(kind, depth)
        return found

    def read_list(self, schema: Schema, depth: int = 0) -> list[Struct]:
        """A list of structs."""
        kind, count = self._list_header()
        if count and kind != STRUCT:
            raise MalformedInput(f"a thrift list of type {kind} stands where structs should be")
        return [self.read_struct(schema, depth + 1) for _ in range(count)]

    def refuse_rest(self) -> None:
        """Raises MalformedInput when there are bytes left."""
        if self.at != len(self.data):
            raise MalformedInput(f"{len(self.data) - self.at} bytes are behind the end of the thrift list")

    def _value(self, kind: int, inner: "Schema | None", depth: int) -> Any:
        if kind == BINARY:
            return self._binary()
        if kind == LIST:
            return self.read_list(inner or {}, depth)
        if kind == STRUCT:
            return self.read_struct(inner or {}, depth + 1)
        return self._number(_NUMBERS[kind])

    def _number(self, form: str) -> Any:
        size = struct.calcsize(form)
        if self.at + size > len(self.data):
            raise MalformedInput("the thrift body ends in the middle of a value; send it whole")
        self.at += size
        return struct.unpack_from(form, self.data, self.at - size)[0]

    def _binary(self) -> bytes:
        length = self._length(1)
        self.at += length
        return self.data[self.at - length : self.at]

    def _length(self, item_bytes: int) -> int:
        """A count of items that are at least so long: more than there can be is refused before anything is made."""
        length: int = self._number(">i")
        if length < 0 or length * item_bytes > len(self.data) - self.at:
            raise MalformedInput("the thrift body ends in the middle of a value; send it whole")
        return length

    def _list_header(self) -> tuple[int, int]:
        kind = self._number(">b")
        return kind, self._length(_item_bytes(kind))

    def _skip(self, kind: int, depth: int) -> None:
        if kind in _NUMBERS:
            self._number(_NUMBERS[kind])
        elif kind == BINARY:
            self._binary()
        elif kind == STRUCT:
            self.read_struct({}, depth + 1)
        elif kind in (LIST, SET):
            self._count(depth)
            item, count = self._list_header()
            for _ in range(count):
                self._skip(item, depth + 1)
        elif kind == MAP:
            self._skip_map(depth)
        else:
            raise MalformedInput(f"the thrift body has a value of the unknown type {kind}")

    def _skip_map(self, depth: int) -> None:
        self._count(depth)
        key, value = self._number(">b"), self._number(">b")
        for _ in range(self._length(1)):
            self._skip(key, depth + 1)
            self._skip(value, depth + 1)

    def _count(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise MalformedInput(f"the thrift body is nested in more than {MAX_DEPTH} levels")
        self.max_structs -= 1
        if self.max_structs < 0:
            raise InputTooLarge("the thrift body has too many structs; send smaller lists")


def _item_bytes(kind: int) -> int:
    return struct.calcsize(_NUMBERS[kind]) if kind in _NUMBERS else _SMALLEST_BYTES.get(kind, 1)


def text_of(data: bytes) -> str:
    """Thrift's strings are UTF-8; wrong bytes become U+FFFD, for no span is refused for a cut-off text."""
    return data.decode(errors="replace")
