"""Columns out of the engine's Native format, as arrays: for answers whose rows are too many for Python objects.

Native, as ClickHouse writes it for clients of no revision: blocks, each with the number of columns and rows (varints)
and for each column its name, its type and its values. Numbers and fixed strings are their bytes, little-endian.
LowCardinality(String) is a dictionary for the block and an index into it for each row.
Source: ClickHouse, `NativeWriter.cpp` and `SerializationLowCardinality.cpp`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from clew.errors import StoreError
from clew.store.span_columns import Int32s

Array: TypeAlias = NDArray[np.generic]

_DTYPES: dict[bytes, np.dtype[Any]] = {
    b"UInt8": np.dtype("u1"),
    b"Int32": np.dtype("<i4"),
    b"UInt64": np.dtype("<u8"),
    b"Int64": np.dtype("<i8"),
    # Ids compare byte by byte: as numbers they are big-endian.
    b"FixedString(8)": np.dtype(">u8"),
}
_TEXTS = b"LowCardinality(String)"
_INDEX_DTYPES: tuple[np.dtype[Any], ...] = (np.dtype("u1"), np.dtype("<u2"), np.dtype("<u4"), np.dtype("<u8"))
_INDEX_DTYPE_MASK = 0xFF
_HAS_KEYS = 1 << 9


@dataclass(frozen=True, slots=True)
class Texts:
    """A column of texts: `values[codes[row]]`; the values are sorted, each there once."""

    codes: Int32s
    values: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class _BlockTexts:
    codes: Array
    values: list[bytes]


def read_columns(native: bytes, numbers: int, texts: int) -> tuple[list[Any], list[Texts]]:
    """The columns of an answer: first `numbers` arrays, then `texts` texts.

    Raises StoreError for another number of columns, and for a type that isn't known here.
    """
    reader = _Reader(native)
    parts: list[list[Any]] = [[] for _ in range(numbers + texts)]
    while not reader.at_end:
        columns, rows = reader.varint(), reader.varint()
        if columns != len(parts) and rows:
            raise StoreError(f"the engine answered {columns} columns, not {len(parts)}; report this as a fault of Clew")
        for column in range(columns):
            values = reader.column(rows)
            if rows:
                parts[column].append(values)
    return [_joined(column) for column in parts[:numbers]], [_joined_texts(column) for column in parts[numbers:]]


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def at_end(self) -> bool:
        return self._at >= len(self._data)

    def varint(self) -> int:
        number = shift = 0
        while True:
            byte = self._data[self._at]
            self._at += 1
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number
            shift += 7

    def text(self) -> bytes:
        length = self.varint()
        self._at += length
        return self._data[self._at - length : self._at]

    def column(self, rows: int) -> Array | _BlockTexts:
        self.text()
        kind = self.text()
        if kind == _TEXTS:
            return self._texts(rows)
        if kind not in _DTYPES:
            raise StoreError(f"a column of {kind.decode()} can't be read as an array; report this as a fault of Clew")
        return self._array(_DTYPES[kind], rows)

    def _texts(self, rows: int) -> _BlockTexts:
        if not rows:
            return _BlockTexts(np.empty(0, np.uint8), [])
        self._at += 8  # the version of the format of keys, always 1
        flags = self._number()
        keys = self._number() if flags & _HAS_KEYS else 0
        values = [self.text() for _ in range(keys)]
        return _BlockTexts(self._array(_INDEX_DTYPES[flags & _INDEX_DTYPE_MASK], self._number()), values)

    def _number(self) -> int:
        self._at += 8
        return int.from_bytes(self._data[self._at - 8 : self._at], "little")

    def _array(self, dtype: np.dtype[Any], rows: int) -> Array:
        array = np.frombuffer(self._data, dtype, rows, self._at)
        self._at += array.nbytes
        return array


def _joined(parts: Sequence[Array]) -> Array:
    if not parts:
        return np.empty(0, np.int64)
    # One copy that joins the blocks and turns big-endian ids round.
    return np.concatenate(parts, dtype=parts[0].dtype.newbyteorder("="), casting="same_kind")


def _joined_texts(parts: Sequence[_BlockTexts]) -> Texts:
    values = tuple(sorted(set().union(*(part.values for part in parts))))
    code_of = {value: code for code, value in enumerate(values)}
    codes = [np.array([code_of[value] for value in part.values], np.int32)[part.codes] for part in parts]
    return Texts(np.concatenate(codes) if codes else np.empty(0, np.int32), values)
