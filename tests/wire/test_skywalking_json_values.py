from typing import Any

import msgspec
import pytest

from clew.errors import InputTooLarge, MalformedInput
from clew.wire.otlp_json_scalars import INT32
from clew.wire.skywalking_json_values import (
    MAX_OBJECTS,
    Pair,
    numbers_of,
    read_json,
    read_name,
    read_text,
    read_whole,
)

_NUMBERS = numbers_of(("Entry", "Exit", "RPCFramework"))
_PAIRS = msgspec.json.Decoder(list[Pair])


@pytest.mark.parametrize(("value", "number"), [(7, 7), ("-7", -7), (None, 0)])
def test_whole_numbers_may_be_text_or_null(value: Any, number: int) -> None:
    """Protobuf's JSON writes large numbers as text, and null for what isn't set."""
    assert read_whole(value, INT32) == number


@pytest.mark.parametrize("value", ["x", "1.5", 2**31])
def test_other_numbers_are_wrong(value: Any) -> None:
    """What is no whole number in its bounds is refused with itself in the reason."""
    with pytest.raises(ValueError, match=r"expected a whole number|outside"):
        read_whole(value, INT32)


@pytest.mark.parametrize(
    ("value", "number"), [("Exit", 1), ("exit", 1), ("RPCFRAMEWORK", 2), (1, 1), (9, 9), (None, 0)]
)
def test_enums_are_names_or_numbers(value: Any, number: int) -> None:
    """The case of a name doesn't matter, and a number that came later is kept."""
    assert read_name(value, _NUMBERS) == number


def test_an_unknown_name_is_refused() -> None:
    """The reason lists the names that there are."""
    with pytest.raises(ValueError, match="'Door' is none of entry, exit, rpcframework"):
        read_name("Door", _NUMBERS)


@pytest.mark.parametrize(("value", "text"), [("a", "a"), (5, "5"), (1.5, "1.5"), (True, "true"), (None, "")])
def test_tags_may_be_any_scalar(value: Any, text: str) -> None:
    """A client that sends a number as the value of a tag means its text."""
    assert read_text(value) == text


def test_a_body_is_decoded_or_refused_with_the_place() -> None:
    """The path says where something is wrong; text that is no JSON or no UTF-8 is refused as well."""
    assert read_json(b'[{"key":"k","value":1,"more":{}}]', _PAIRS) == [Pair("k", "1")]
    assert read_json(b'[{"key":"cut \\ud83d"}]', _PAIRS) == [Pair("cut \ufffd")]  # half an emoji loses no segment
    with pytest.raises(MalformedInput, match=r"at `\$\[1\].key`"):
        read_json(b'[{},{"key":[]}]', _PAIRS)
    for body in (b"[", b'["\xff"]', b"[" * 100_000):
        with pytest.raises(MalformedInput, match="the body is no JSON of SkyWalking"):
            read_json(body, _PAIRS)


def test_the_objects_in_a_body_are_bounded() -> None:
    """An object takes three bytes in the body and a hundred here."""
    with pytest.raises(InputTooLarge, match="more than 200000 JSON objects"):
        read_json(b"[" + b"{}," * MAX_OBJECTS + b"{}]", _PAIRS)
