"""From what a person typed to the encoded values (AnyValue) that may be meant.

The store keeps attributes as encoded KeyValues, so that two attributes are equal when their bytes are. `1.50` means the
number 1.5 and the string "1.50", but not the string "1.5", which may be another version of something.
"""

import math
import re
import struct
from collections.abc import Collection
from decimal import Decimal

from clew.wire.otlp_pieces import write_varint

STRING, BOOL, INT, DOUBLE = b"\x0a", b"\x10", b"\x18", b"\x21"
"""The tags of AnyValue's fields."""
_KEY, _VALUE = b"\x0a", b"\x12"
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
_NOT_FINITE = re.compile(r"([+-]?)(?:(inf|infinity)|nan)", re.IGNORECASE)
_UINT64 = 1 << 64
LARGEST_INT = 2**63 - 1
SMALLEST_INT = -(2**63)
# A quiet "not a number" with either sign: what languages make of 0/0. Others (payloads) nobody can type.
_NANS = (struct.pack("<Q", 0x7FF8 << 48), struct.pack("<Q", 0xFFF8 << 48))


def text_value(text: str) -> bytes:
    """A string as an encoded AnyValue."""
    encoded = text.encode()
    return STRING + write_varint(len(encoded)) + encoded


def bool_value(truth: bool) -> bytes:
    """A boolean as an encoded AnyValue."""
    return BOOL + (b"\x01" if truth else b"\x00")


def number_values(number: Decimal) -> list[bytes]:
    """The int64 that is equal to the finite number, if there is one, and the double that is nearest to it."""
    values = []
    if SMALLEST_INT <= number <= LARGEST_INT and number == int(number):
        values.append(INT + write_varint(int(number) % _UINT64))
    nearest = float(number)
    if nearest == 0:
        values += [DOUBLE + struct.pack("<d", zero) for zero in (0.0, -0.0)]
    elif math.isfinite(nearest):
        values.append(DOUBLE + struct.pack("<d", nearest))
    return values


def double_bytes(number: Decimal) -> bytes:
    """The double nearest to the number, in the byte order of protobuf and of the engine."""
    return struct.pack("<d", float(number))


def typed_values(typed: str) -> list[bytes]:
    """Every encoded AnyValue that the typed text may mean; for no text also that of an attribute without value."""
    values = [text_value(typed)]
    if not typed:
        values.append(b"")
    if typed.lower() in ("true", "false"):
        values.append(bool_value(typed.lower() == "true"))
    if _NUMBER.fullmatch(typed):
        values += number_values(Decimal(typed))
    elif (match := _NOT_FINITE.fullmatch(typed)) is not None:
        infinity = struct.pack("<d", -math.inf if match[1] == "-" else math.inf)
        values += [DOUBLE + bits for bits in ([infinity] if match[2] else _NANS)]
    return values


def key_prefix(key: str) -> bytes:
    """How every encoded attribute with this key (which isn't empty) begins, and no other."""
    encoded = key.encode()
    return _KEY + write_varint(len(encoded)) + encoded


def attribute_forms(key: str, values: Collection[bytes]) -> list[bytes]:
    """Every encoded KeyValue with the key (which isn't empty) and one of the encoded AnyValues."""
    prefix = key_prefix(key)
    forms = [prefix + _VALUE + write_varint(len(value)) + value for value in values]
    # An attribute may also come without the field of its value.
    return [*forms, prefix] if b"" in values else forms
