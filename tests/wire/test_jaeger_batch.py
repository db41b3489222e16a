from clew.wire.jaeger_batch import as_text, as_value


def test_a_key_that_is_no_utf8_can_still_be_read() -> None:
    """What is text stays, the other bytes are written as their numbers."""
    assert as_text("schlüssel".encode()) == "schlüssel"
    assert as_text(b"a\xffb") == r"a\xffb"


def test_a_value_that_is_no_utf8_is_taken_for_bytes() -> None:
    """So every bit of it is kept."""
    assert as_value("wert\u20ac".encode()) == "wert\u20ac"
    assert as_value(b"a\xffb") == b"a\xffb"
