import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.model.ids import ZERO_SPAN_ID, ZERO_TRACE_ID, halves, parse_trace_id


@given(st.binary(min_size=16, max_size=16).filter(any))
def test_hex_of_any_trace_id_is_read(trace_id: bytes) -> None:
    """32 hex digits, in either case and with space around them, are the 16 bytes."""
    assert parse_trace_id(trace_id.hex()) == trace_id
    assert parse_trace_id(f" {trace_id.hex().upper()}\n") == trace_id


def test_a_short_id_is_padded_on_the_left() -> None:
    """64-bit clients print 16 digits; zeros stand before them."""
    assert parse_trace_id("00f067aa0ba902b7") == bytes(8) + bytes.fromhex("00f067aa0ba902b7")
    assert parse_trace_id("a") == bytes(15) + b"\x0a"


@pytest.mark.parametrize("text", ["", "0", "0" * 32, "g" * 32, "a" * 33, "a" * 34, "0x1", "ab-cd", "٣" * 32])
def test_anything_else_is_refused(text: str) -> None:
    """Empty, zero, too long or not hex is a ValueError that says the form."""
    with pytest.raises(ValueError, match="it has 32 hex digits and isn't zero"):
        parse_trace_id(text)


def test_zero_ids_have_the_right_length() -> None:
    """16 and 8 bytes, as OTLP says."""
    assert (len(ZERO_TRACE_ID), len(ZERO_SPAN_ID)) == (16, 8)


def test_a_trace_id_has_two_halves() -> None:
    """Big-endian, so that numbers sort as ids do."""
    assert halves(bytes(7) + b"\x01" + bytes(6) + b"\x01\x00") == (1, 256)
