"""The values of SkyWalking's JSON, which is protobuf's: lowerCamelCase, 64-bit integers as numbers or strings, null for
what isn't set.

Read leniently where nothing can be mistaken: the case of enum names, and tags that are numbers. What is wrong raises
ValueError, which msgspec turns into a message with the path.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from clew.errors import InputTooLarge, MalformedInput
from clew.wire.otlp_json import decode_json
from clew.wire.otlp_json_scalars import INT32, read_int

MAX_OBJECTS = 200_000
"""Each becomes an object of Python; in the body it takes as little as `{},`."""

Number = int | str | None
Text = str | int | float | bool | None


def numbers_of(names: Sequence[str]) -> dict[str, int]:
    """Number by lower-case name of an enum whose values are numbered from 0."""
    return {name.lower(): number for number, name in enumerate(names)}


def read_whole(value: Number, bounds: range) -> int:
    """A whole number of protobuf's JSON, 0 for null; raises ValueError, which msgspec turns into a path."""
    try:
        return 0 if value is None else read_int(value, bounds)
    except MalformedInput as error:
        raise ValueError(str(error)) from None


def read_name(value: Number, numbers: dict[str, int]) -> int:
    """The number of an enum's value; raises ValueError for a name that there isn't."""
    if not isinstance(value, str):
        return read_whole(value, INT32)
    number = numbers.get(value.lower())
    if number is None:
        raise ValueError(f"{value[:40]!r} is none of {', '.join(numbers)}")
    return number


def read_text(value: Text) -> str:
    """The text; numbers and truth values as JSON writes them."""
    if isinstance(value, str):
        return value
    return "" if value is None else msgspec.json.encode(value).decode()


class Pair(msgspec.Struct):
    """A tag, or a pair of a log."""

    key: Text = ""
    value: Text = ""

    def __post_init__(self) -> None:
        self.key, self.value = read_text(self.key), read_text(self.value)


def read_json(body: bytes, decoder: "msgspec.json.Decoder[Any]") -> Any:
    """What the body holds; raises MalformedInput and InputTooLarge."""
    if body.count(b"{") > MAX_OBJECTS:
        raise InputTooLarge(f"the body has more than {MAX_OBJECTS} JSON objects; send smaller batches")
    try:
        return decode_json(body, decoder)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise MalformedInput(f"the body is no JSON of SkyWalking: {error}") from error
