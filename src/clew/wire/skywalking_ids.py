"""From the text ids of SkyWalking to the ids of OTLP, in the same way for whoever sees them.

A trace id is a UUID (Python, browsers, nginx, Envoy) or `<32 hex digits>.<thread>.<time and count>` (Java, Go), and a
span is the place of a span in a segment. Segments are sent apart and by different processes, which know of each other
only the segment's id and the number of the span, so an id of OTLP has to follow from those two alone.
"""

import re
from functools import lru_cache
from hashlib import blake2b

from clew.errors import InputTooLarge, MalformedInput
from clew.model.ids import SPAN_ID_BYTES, TRACE_ID_BYTES, ZERO_SPAN_ID, ZERO_TRACE_ID

MAX_ID_CHARACTERS = 256
"""Java's ids have 56 characters; every span carries its segment's, so that a long one would multiply."""
_OTLP_SPAN_ID = re.compile(r"[0-9a-f]{16}")
_UUID = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@lru_cache(maxsize=1024)
def trace_id_of(text: str) -> bytes:
    """16 bytes: of a UUID those that it names, of anything else a hash.

    `text` has 1 to MAX_ID_CHARACTERS; the spans of a segment ask for the same one after the other.
    """
    if _UUID.fullmatch(text) is not None:
        named = bytes.fromhex(text.replace("-", ""))
        if named != ZERO_TRACE_ID:
            return named
    return blake2b(text.encode(), digest_size=TRACE_ID_BYTES, person=b"sw8 trace").digest()


def span_id_of(segment_id: str, span_number: int) -> bytes:
    """8 bytes for the span of that number in a segment: a hash of both.

    Not the exclusive or of their parts, as elsewhere: ids of segments count up, so that span 1 of one would be
    span 0 of the next. Span 0 of a segment that is called as a span of OTLP is that span: Clew's client library names
    its spans so to agents that it calls, whose own segments have ids of 32 digits and more.
    """
    if span_number == 0 and len(segment_id) == 2 * SPAN_ID_BYTES and _OTLP_SPAN_ID.fullmatch(segment_id) is not None:
        named = bytes.fromhex(segment_id)
        if named != ZERO_SPAN_ID:
            return named
    return blake2b(f"{segment_id}\0{span_number}".encode(), digest_size=SPAN_ID_BYTES, person=b"sw8 span").digest()


def check_id(text: str, name: str) -> str:
    """The very same text; raises MalformedInput when it is empty, InputTooLarge when it is too long to be an id."""
    if not text:
        raise MalformedInput(f"a segment has no {name}; without it its spans can't be told from others")
    return check_length(text, name)


def check_length(text: str, name: str) -> str:
    """The very same text, which may be empty; raises InputTooLarge when it is too long to be an id."""
    if len(text) > MAX_ID_CHARACTERS:
        raise InputTooLarge(f"{name} has {len(text)} characters; the limit is {MAX_ID_CHARACTERS}")
    return text
