import pytest

from clew.errors import InputTooLarge, MalformedInput
from clew.wire.zipkin_span import (
    MAX_ITEMS,
    ZipkinSpan,
    ipv4_text,
    ipv6_text,
    microseconds,
    parent_id_of_hex,
    port,
    refuse_many,
    span_id_of_bytes,
    span_id_of_hex,
    trace_id_of_bytes,
    trace_id_of_hex,
)


@pytest.mark.parametrize("text", ["a", "000000000000000a", "0" * 31 + "a", "A"])
def test_trace_ids_of_any_length_are_padded(text: str) -> None:
    """Of 64 bits, of 128, cut short by a client that forgot zeros, and in capitals."""
    assert trace_id_of_hex(text) == bytes(15) + b"\n"


@pytest.mark.parametrize("text", ["", "0", "0" * 32, "g", "1" * 33, " 1", "1\n", "-1", "٣"])
def test_what_is_no_trace_id_is_refused(text: str) -> None:
    """Nothing, zero, other letters, too many digits."""
    with pytest.raises(MalformedInput):
        trace_id_of_hex(text)


def test_span_ids_have_up_to_16_digits() -> None:
    """And aren't zero, which for a parent means none."""
    assert span_id_of_hex("1f") == parent_id_of_hex("1f") == bytes(7) + b"\x1f"
    assert ZipkinSpan(bytes(16), b"12345678", parent_id_of_hex("0")).parent_id == parent_id_of_hex(None) == b""
    for text in ("0", "1" * 17):
        with pytest.raises(MalformedInput):
            span_id_of_hex(text)


def test_nobody_is_their_own_parent() -> None:
    """Zipkin takes such a parent for none."""
    assert ZipkinSpan(bytes(16), b"12345678", b"12345678").parent_id == b""


def test_ids_of_bytes_have_the_right_number_of_them() -> None:
    """8 or 16 for a trace, 8 for a span, and not all zero."""
    assert trace_id_of_bytes(b"12345678") == bytes(8) + b"12345678"
    assert span_id_of_bytes(b"12345678") == b"12345678"
    for wrong in (b"", b"1234567", bytes(8), bytes(16), b"x" * 17):
        with pytest.raises(MalformedInput):
            trace_id_of_bytes(wrong)
        with pytest.raises(MalformedInput):
            span_id_of_bytes(wrong)


def test_times_are_numbers_or_their_text_within_nanoseconds_of_64_bits() -> None:
    """Whatever OTLP couldn't hold is refused; what isn't there is 0; negative ones are left to the translation."""
    assert [microseconds(value) for value in (None, 5, 5.0, "5", -5)] == [0, 5, 5, 5, -5]
    for wrong in (2**64 // 1000 + 1, 0.5, "x"):
        with pytest.raises(MalformedInput):
            microseconds(wrong)


def test_ports_are_as_zipkin_takes_them() -> None:
    """A negative one is none, one above 65535 an error."""
    assert [port(value) for value in (None, 0, -1, "80", 65535)] == [0, 0, 0, 80, 65535]
    with pytest.raises(MalformedInput):
        port(65536)


def test_addresses_of_bytes_become_text() -> None:
    """Of 4 and of 16 bytes; other lengths are errors."""
    assert (ipv4_text(bytes([1, 2, 3, 4])), ipv4_text(b"")) == ("1.2.3.4", "")
    assert (ipv6_text(bytes(15) + b"\1"), ipv6_text(b"")) == ("::1", "")
    assert ipv6_text(bytes(10) + b"\xff\xff\1\2\3\4") == "::ffff:1.2.3.4"
    for write in (ipv4_text, ipv6_text):
        with pytest.raises(MalformedInput):
            write(b"123")


def test_lists_have_a_limit() -> None:
    """One more is too many."""
    refuse_many(MAX_ITEMS)
    with pytest.raises(InputTooLarge):
        refuse_many(MAX_ITEMS + 1)
