"""Just enough of thrift's binary and compact protocols to write requests for the bench."""

import struct
from collections.abc import Sequence
from typing import Any, Protocol

Field = tuple[int, str, Any]
"""Number, type (`bool`, `i16`, `i32`, `i64`, `double`, `text`, `struct`, or `[…]` for a list of one of them), value."""

_BINARY_TYPES = {"bool": 2, "double": 4, "i16": 6, "i32": 8, "i64": 10, "text": 11, "struct": 12}
_BINARY_FORMATS = {"bool": ">?", "double": ">d", "i16": ">h", "i32": ">i", "i64": ">q"}
_COMPACT_TYPES = {"bool": 1, "i16": 4, "i32": 5, "i64": 6, "double": 7, "text": 8, "struct": 12}
_ONEWAY = 4


class Writer(Protocol):
    """One of the two protocols."""

    def struct(self, fields: Sequence[Field]) -> bytes:
        """A struct with its fields in order."""

    def message(self, name: str, fields: Sequence[Field]) -> bytes:
        """A one-way call."""


class BinaryWriter:
    """The binary protocol, with strict message headers."""

    def struct(self, fields: Sequence[Field]) -> bytes:
        pieces = []
        for number, kind, value in fields:
            code = 15 if kind.startswith("[") else _BINARY_TYPES[kind]
            pieces.append(struct.pack(">bh", code, number) + self._value(kind, value))
        return b"".join(pieces) + b"\0"

    def message(self, name: str, fields: Sequence[Field]) -> bytes:
        return struct.pack(">HBBi", 0x8001, 0, _ONEWAY, len(name)) + name.encode() + bytes(4) + self.struct(fields)

    def _value(self, kind: str, value: Any) -> bytes:
        if kind.startswith("["):
            inner = kind[1:-1]
            head = struct.pack(">bi", _BINARY_TYPES[inner], len(value))
            return head + b"".join(self._value(inner, each) for each in value)
        if kind == "struct":
            return self.struct(value)
        if kind == "text":
            encoded = value if isinstance(value, bytes) else value.encode()
            return struct.pack(">i", len(encoded)) + encoded
        return struct.pack(_BINARY_FORMATS[kind], value)


class CompactWriter:
    """The compact protocol."""

    def struct(self, fields: Sequence[Field]) -> bytes:
        pieces, last = [], 0
        for number, kind, value in fields:
            code = 9 if kind.startswith("[") else _COMPACT_TYPES[kind]
            if kind == "bool":
                code = 1 if value else 2
            pieces.append(bytes([(number - last) << 4 | code]))
            pieces.append(b"" if kind == "bool" else self._value(kind, value))
            last = number
        return b"".join(pieces) + b"\0"

    def message(self, name: str, fields: Sequence[Field]) -> bytes:
        return bytes([0x82, 1 | _ONEWAY << 5]) + varint(0) + varint(len(name)) + name.encode() + self.struct(fields)

    def _value(self, kind: str, value: Any) -> bytes:
        if kind.startswith("["):
            return self._list(kind[1:-1], value)
        if kind == "struct":
            return self.struct(value)
        if kind == "text":
            encoded = value if isinstance(value, bytes) else value.encode()
            return varint(len(encoded)) + encoded
        if kind == "double":
            return struct.pack("<d", value)
        return varint(zigzag(value))

    def _list(self, inner: str, values: Sequence[Any]) -> bytes:
        code = _COMPACT_TYPES[inner]
        head = bytes([len(values) << 4 | code]) if len(values) < 15 else bytes([0xF0 | code]) + varint(len(values))
        return head + b"".join(self._value(inner, each) for each in values)


def zigzag(number: int) -> int:
    """A signed number of 64 bits as an unsigned one."""
    return (number << 1 ^ number >> 63) & (1 << 64) - 1


def varint(number: int) -> bytes:
    """An unsigned number, 7 bits a byte."""
    pieces = bytearray()
    while number > 0x7F:
        pieces.append(number & 0x7F | 0x80)
        number >>= 7
    pieces.append(number)
    return bytes(pieces)
