import math
import struct
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from clew.query.typed_value import attribute_forms, key_prefix, number_values, typed_values


def _encoded(*values: str | bool | int | float | None) -> list[bytes]:
    field_of = {str: "string_value", bool: "bool_value", int: "int_value", float: "double_value"}
    encoded = []
    for value in values:
        made = AnyValue()
        if value is not None:
            setattr(made, field_of[type(value)], value)
        encoded.append(made.SerializeToString())
    return encoded


@pytest.mark.parametrize(
    ("typed", "values"),
    [
        ("a", ["a"]),
        ("", ["", None]),
        ("True", ["True", True]),
        ("false", ["false", False]),
        ("5", ["5", 5, 5.0]),
        ("+05", ["+05", 5, 5.0]),
        ("1.50", ["1.50", 1.5]),
        ("1e3", ["1e3", 1000, 1000.0]),
        (".5", [".5", 0.5]),
        ("5.", ["5.", 5, 5.0]),
        ("0", ["0", 0, 0.0, -0.0]),
        ("-0.0", ["-0.0", 0, 0.0, -0.0]),
        ("9007199254740993", ["9007199254740993", 9007199254740993, 9007199254740992.0]),
        ("9223372036854775808", ["9223372036854775808", 2.0**63]),
        ("-9223372036854775808", ["-9223372036854775808", -(2**63), -(2.0**63)]),
        ("inf", ["inf", math.inf]),
        ("-Infinity", ["-Infinity", -math.inf]),
        ("1e400", ["1e400"]),
    ],
)
def test_a_typed_text_has_these_values(typed: str, values: list[str | bool | int | float | None]) -> None:
    """The text itself as a string, and the number or boolean that it names, as protobuf writes them."""
    assert typed_values(typed) == _encoded(*values)


def test_not_a_number_is_found_with_either_sign() -> None:
    """As 0/0 makes it, whichever sign a processor gives it."""
    numbers = [struct.unpack("<d", value[1:])[0] for value in typed_values("NaN")[1:]]
    assert [math.isnan(number) for number in numbers] == [True, True]


@pytest.mark.parametrize(
    "typed", ["1_000", " 5", "5 ", "٣", "0x10", "1e", "e5", "--5", "1,5", "5\n", "tru", "1e99999999"]
)
def test_what_only_looks_like_a_number_is_a_string(typed: str) -> None:
    """What Python would read generously isn't what a person means."""
    assert typed_values(typed) == _encoded(typed)


@given(typed=st.text(max_size=30) | st.from_regex(r"[+-]?[0-9.eE]{1,40}", fullmatch=True))
def test_any_text_has_values(typed: str) -> None:
    """Whatever is typed is at least a string, quickly, and never an error."""
    assert typed_values(typed)[0] == _encoded(typed)[0]


@given(number=st.integers(-(2**64), 2**64))
def test_whole_numbers_are_exact(number: int) -> None:
    """Those that an int64 holds have that int, and all have the nearest double."""
    expected = _encoded(number) if -(2**63) <= number < 2**63 else []
    doubles = [0.0, -0.0] if number == 0 else [float(number)]
    assert number_values(Decimal(number)) == expected + _encoded(*doubles)


@given(key=st.text(min_size=1, max_size=200), typed=st.text(max_size=200))
def test_attributes_are_encoded_as_protobuf_does(key: str, typed: str) -> None:
    """Canonical bytes, whatever the lengths; one that came without value has only its key."""
    forms = attribute_forms(key, typed_values(typed))
    assert forms[0] == KeyValue(key=key, value=AnyValue(string_value=typed)).SerializeToString()
    assert all(form.startswith(key_prefix(key)) for form in forms)
    assert (KeyValue(key=key).SerializeToString() in forms) == (typed == "")
