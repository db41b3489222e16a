import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from clew.errors import MalformedInput
from clew.wire.otlp_json_scalars import (
    INT64,
    UINT32,
    UINT64,
    read_bytes,
    read_double,
    read_enum,
    read_id,
    read_int,
    write_double,
)


@given(st.integers(-(2**63), 2**63 - 1))
def test_whole_numbers_are_read_from_numbers_and_strings(number: int) -> None:
    """A 64-bit integer is the same as a number and as a string."""
    assert read_int(number, INT64) == read_int(str(number), INT64) == number


@pytest.mark.parametrize(
    "value",
    ["", " 1", "1 ", "+1", "1_0", "0x1", "1e3", "\N{ARABIC-INDIC DIGIT ONE}", "1" * 21, 1.5, math.nan, math.inf],
)
def test_what_is_no_whole_number_is_malformed(value: str | float) -> None:
    """Only plain decimal digits count, with a minus at most."""
    with pytest.raises(MalformedInput, match="expected a whole number"):
        read_int(value, INT64)


@pytest.mark.parametrize(
    ("value", "bounds"), [(-1, UINT32), (2**32, UINT32), (-1, UINT64), (2**64, UINT64), (2**63, INT64)]
)
def test_numbers_out_of_range_are_malformed(value: int, bounds: range) -> None:
    """A number that its field can't hold is refused, not wrapped around."""
    with pytest.raises(MalformedInput, match="outside"):
        read_int(value, bounds)


@given(st.floats())
def test_doubles_survive(value: float) -> None:
    """Every double, NaN and the infinities included, is read as it was written."""
    assert repr(read_double(write_double(value))) == repr(value)


@pytest.mark.parametrize("value", ["", "nan", "inf", "1.", ".5", "0x1p3", "1e999", 10**400, "1" * 500])
def test_what_is_no_double_is_malformed(value: str | int) -> None:
    """Words, hexadecimals and numbers beyond a double's range are refused."""
    with pytest.raises(MalformedInput):
        read_double(value)


def test_enums_are_read_by_number_and_name() -> None:
    """An enum may be written as its number, known or not, or as its name."""
    assert read_enum(2, Span.SpanKind) == read_enum("SPAN_KIND_SERVER", Span.SpanKind) == 2
    assert read_enum(77, Span.SpanKind) == 77


@pytest.mark.parametrize("value", ["server", "2", 2**31])
def test_unknown_enum_names_are_malformed(value: str | int) -> None:
    """A name that the enum doesn't have, or a number beyond 32 bits, is refused."""
    with pytest.raises(MalformedInput):
        read_enum(value, Span.SpanKind)


@given(st.binary(max_size=20))
def test_ids_are_read_in_both_cases(value: bytes) -> None:
    """Hex is read whatever its case and length."""
    assert read_id(value.hex()) == read_id(value.hex().upper()) == value


@pytest.mark.parametrize("text", ["0", "0g", "00 00", "éé", "0x00"])
def test_what_is_no_hex_is_malformed(text: str) -> None:
    """Odd lengths, spaces and other characters are refused."""
    with pytest.raises(MalformedInput, match="expected hex"):
        read_id(text)


@pytest.mark.parametrize("text", ["a", "a===a", "ab cd", "ü", "A=B="])
def test_what_is_no_base64_is_malformed(text: str) -> None:
    """Lengths and characters that base64 doesn't have are refused."""
    with pytest.raises(MalformedInput, match="expected base64"):
        read_bytes(text)
