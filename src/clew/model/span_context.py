"""Which span a piece of work is, as it travels in headers: W3C Trace Context."""

import re
import secrets
from dataclasses import dataclass

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?")
_SAMPLED = 1


@dataclass(frozen=True, slots=True)
class SpanContext:
    """Ids of 16 and 8 bytes; the parent's is empty for a root."""

    trace_id: bytes
    span_id: bytes
    parent_span_id: bytes = b""

    @property
    def traceresponse(self) -> str:
        """The header that tells the caller which span its request became.

        Source: https://w3c.github.io/trace-context/#traceresponse-header
        """
        return f"00-{self.trace_id.hex()}-{self.span_id.hex()}-{_SAMPLED:02x}"


def span_below(traceparent: str) -> SpanContext | None:
    """A new span under the caller's, or a root when the header is none; None when the caller's trace isn't sampled."""
    caller = _TRACEPARENT.fullmatch(traceparent)
    if caller is None:
        return SpanContext(secrets.token_bytes(16), secrets.token_bytes(8))
    if not int(caller[3], 16) & _SAMPLED:
        return None
    return SpanContext(bytes.fromhex(caller[1]), secrets.token_bytes(8), bytes.fromhex(caller[2]))
