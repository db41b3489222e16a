"""Thrift, written as a client would: typed values in the binary or the compact protocol, and calls."""

import struct
from typing import Any, NamedTuple

from clew.wire.jaeger_thrift import Protocol
from clew.wire.otlp_pieces import write_varint
from clew.wire.thrift_read import BINARY, BOOL, DOUBLE, I8, I16, I32, I64, LIST, MAP, SET, STOP, STRUCT, UUID

_COMPACT = {I8: 3, I16: 4, I32: 5, I64: 6, DOUBLE: 7, BINARY: 8, LIST: 9, SET: 10, MAP: 11, STRUCT: 12, UUID: 13}
_WIDTHS = {I8: 1, I16: 2, I32: 4, I64: 8}


class Typed(NamedTuple):
    """A value with its type: a struct is {number: Typed}, a list or set (type, values), a map (type, type, pairs)."""

    kind: int
    value: Any


def write(protocol: Protocol, typed: Typed) -> bytes:
    """The value alone."""
    return _BINARY.value(typed) if protocol is Protocol.BINARY else _COMPACT_WRITER.value(typed)


def write_call(protocol: Protocol, name: str, arguments: Typed, kind: int = 4, *, is_strict: bool = True) -> bytes:
    """A message, by default one way; `is_strict` is for the binary protocol."""
    text = name.encode()
    if protocol is Protocol.COMPACT:
        head = bytes([0x82, kind << 5 | 1]) + write_varint(7) + write_varint(len(text)) + text
    elif is_strict:
        head = struct.pack(">HBBi", 0x8001, 0, kind, len(text)) + text + struct.pack(">i", 7)
    else:
        head = struct.pack(">i", len(text)) + text + struct.pack(">Bi", kind, 7)
    return head + write(protocol, arguments)


class _BinaryWriter:
    def value(self, typed: Typed) -> bytes:
        kind, value = typed
        if kind in _WIDTHS:
            return bytes(value.to_bytes(_WIDTHS[kind], "big", signed=True))
        if kind == BINARY:
            return struct.pack(">i", len(value)) + bytes(value)
        if kind == STRUCT:
            fields = (struct.pack(">Bh", each.kind, number) + self.value(each) for number, each in value.items())
            return b"".join(fields) + bytes([STOP])
        if kind in {LIST, SET}:
            head = struct.pack(">Bi", value[0], len(value[1]))
            return head + b"".join(self.value(Typed(value[0], each)) for each in value[1])
        if kind == MAP:
            pairs = (self.value(Typed(value[at], pair[at])) for pair in value[2] for at in (0, 1))
            return struct.pack(">BBi", value[0], value[1], len(value[2])) + b"".join(pairs)
        return _plain(kind, value, ">d")


class _CompactWriter:
    def value(self, typed: Typed) -> bytes:
        kind, value = typed
        if kind == STRUCT:
            return self._struct(value)
        if kind in {LIST, SET}:
            return self._list_head(*value) + b"".join(self.value(Typed(value[0], each)) for each in value[1])
        return self._map(*value) if kind == MAP else self._scalar(kind, value)

    def _scalar(self, kind: int, value: Any) -> bytes:
        if kind == I8:
            return bytes(value.to_bytes(1, "big", signed=True))
        if kind in _WIDTHS:
            return write_varint((value << 1 ^ value >> 63) & 2**64 - 1)
        if kind == BINARY:
            return write_varint(len(value)) + bytes(value)
        return _plain(kind, value, "<d")

    def _struct(self, fields: dict[int, Typed]) -> bytes:
        written, previous = b"", 0
        for number, each in fields.items():
            code = (1 if each.value else 2) if each.kind == BOOL else _COMPACT[each.kind]
            delta = number - previous
            written += bytes([delta << 4 | code]) if 0 < delta < 16 else bytes([code]) + self.value(Typed(I16, number))
            written += b"" if each.kind == BOOL else self.value(each)
            previous = number
        return written + bytes([STOP])

    def _list_head(self, kind: int, values: list[Any]) -> bytes:
        code = _COMPACT.get(kind, 2)
        return (
            bytes([len(values) << 4 | code]) if len(values) < 15 else bytes([0xF0 | code]) + write_varint(len(values))
        )

    def _map(self, key: int, value: int, pairs: list[tuple[Any, Any]]) -> bytes:
        if not pairs:
            return b"\0"
        kinds = bytes([_COMPACT.get(key, 2) << 4 | _COMPACT.get(value, 2)])
        written = (self.value(Typed((key, value)[at], pair[at])) for pair in pairs for at in (0, 1))
        return write_varint(len(pairs)) + kinds + b"".join(written)


def _plain(kind: int, value: Any, double: str) -> bytes:
    if kind == BOOL:
        return b"\1" if value else b"\0"
    return bytes(value) if kind == UUID else struct.pack(double, value)


_BINARY, _COMPACT_WRITER = _BinaryWriter(), _CompactWriter()
