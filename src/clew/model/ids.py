"""Trace and span ids: 16 and 8 bytes, written as lower-case hex."""

TRACE_ID_BYTES = 16
SPAN_ID_BYTES = 8
ZERO_TRACE_ID = bytes(TRACE_ID_BYTES)
ZERO_SPAN_ID = bytes(SPAN_ID_BYTES)


def parse_trace_id(text: str) -> bytes:
    """16 bytes of up to 32 hex digits; a shorter id (64-bit clients) is padded with zeros on the left.

    Raises ValueError when the text is empty, too long, not hex, or all zero.
    """
    try:
        trace_id = bytes.fromhex(text.strip().rjust(2 * TRACE_ID_BYTES, "0"))
    except ValueError:
        trace_id = b""
    if len(trace_id) != TRACE_ID_BYTES or trace_id == ZERO_TRACE_ID:
        raise ValueError(f"{text!r} is no trace id; it has 32 hex digits and isn't zero")
    return trace_id


def halves(trace_id: bytes) -> tuple[int, int]:
    """A trace id as two big-endian numbers."""
    return int.from_bytes(trace_id[:8], "big"), int.from_bytes(trace_id[8:], "big")
