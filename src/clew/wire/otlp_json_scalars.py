"""The scalar values of OTLP/JSON: 64-bit integers, doubles, enums, hex ids, base64.

Every reader raises MalformedInput with a sentence about the value; the caller puts the path in front.
"""

import base64
import binascii
import math
import re
from typing import Protocol

from clew.errors import MalformedInput

INT32 = range(-(2**31), 2**31)
UINT32 = range(2**32)
INT64 = range(-(2**63), 2**63)
UINT64 = range(2**64)

_WHOLE = re.compile(r"-?[0-9]{1,20}")
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_FROM_URL_SAFE = str.maketrans("-_", "+/")


def read_int(value: int | float | str, bounds: range) -> int:
    """A whole number within `bounds`, written as a number or as a decimal string."""
    number: int | None = None
    if isinstance(value, int):
        number = value
    elif isinstance(value, str):
        number = int(value) if _WHOLE.fullmatch(value) else None
    elif value.is_integer():
        number = int(value)
    if number is None:
        raise MalformedInput(f"expected a whole number, got {str(value)[:40]!r}")
    if number not in bounds:
        raise MalformedInput(f"{number} is outside {bounds.start} to {bounds.stop - 1}")
    return number


def read_double(value: int | float | str) -> float:
    """A number, its decimal string, or "NaN", "Infinity", "-Infinity"."""
    if isinstance(value, str):
        if value in _NOT_FINITE:
            return _NOT_FINITE[value]
        if len(value) > 400 or _DECIMAL.fullmatch(value) is None:
            raise MalformedInput(f"expected a number, got {value[:40]!r}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if math.isinf(number):
        raise MalformedInput("the number is too large for a double")
    return number


def write_double(value: float) -> float | str:
    """What stands for it in JSON."""
    if math.isfinite(value):
        return value
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"  # noqa: PLR0124  # only NaN differs


class EnumNames(Protocol):
    """A generated enum."""

    def Value(self, name: str) -> int: ...  # noqa: N802  # protobuf named it


def read_enum(value: int | float | str, names: EnumNames) -> int:
    """The number of an enum value, from its number (unknown ones are kept) or its name."""
    if isinstance(value, str):
        try:
            return names.Value(value)
        except ValueError:
            raise MalformedInput(f"{value[:40]!r} is no name of this enum; send its number") from None
    return read_int(value, INT32)


def read_id(text: str) -> bytes:
    """The bytes of a hex id, of whatever length: lengths are the check's business."""
    try:
        return binascii.unhexlify(text)
    except ValueError:
        raise MalformedInput(f"expected hex digits, got {text[:40]!r}") from None


def read_bytes(text: str) -> bytes:
    """Base64 in the standard or the URL-safe alphabet, with or without padding."""
    try:
        stripped = text.rstrip("=").translate(_FROM_URL_SAFE)
        return base64.b64decode(stripped + "=" * (-len(stripped) % 4), validate=True)
    except ValueError:
        raise MalformedInput(f"expected base64, got {text[:40]!r}") from None
