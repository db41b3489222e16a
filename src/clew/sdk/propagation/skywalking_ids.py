"""From the text ids of SkyWalking to OpenTelemetry's, just as Clew does it with the segments of SkyWalking's agents.

So a service with this library and one with an agent of SkyWalking are in one trace, whichever calls the other. The
server's side is `clew.wire.skywalking_ids`, which an application doesn't install; a test compares the two.
"""

import re
from hashlib import blake2b

MOST_CHARS = 256
_UUID = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SPAN_ID = re.compile(r"[0-9a-f]{16}")


def trace_id_of(text: str) -> int:
    """Of a UUID the number that it is, of anything else a hash."""
    if _UUID.fullmatch(text) is not None:
        named = int(text.replace("-", ""), 16)
        if named:
            return named
    return int.from_bytes(blake2b(text.encode(), digest_size=16, person=b"sw8 trace").digest())


def span_id_of(segment_id: str, span_number: int) -> int:
    """A hash of both, unless it is the segment that `segment_of` names."""
    if span_number == 0 and _SPAN_ID.fullmatch(segment_id) is not None:
        named = int(segment_id, 16)
        if named:
            return named
    hashed = blake2b(f"{segment_id}\0{span_number}".encode(), digest_size=8, person=b"sw8 span")
    return int.from_bytes(hashed.digest())


def segment_of(span_id: int) -> str:
    """A segment whose span 0 is the span of this id: OpenTelemetry has no segments, and agents make longer ids."""
    return f"{span_id:016x}"
