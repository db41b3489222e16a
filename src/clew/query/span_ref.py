"""Refs: how one span of a trace is named where several may have its id."""

import re

from opentelemetry.proto.trace.v1.trace_pb2 import Span, TracesData

from clew.errors import BadQuery

_REF = re.compile(r"([0-9a-fA-F]{16})(?:~(\d{1,9}))?", re.ASCII)


def parse_ref(ref: str) -> tuple[bytes, int]:
    """The span id, and which of the spans that have it, by start: 0 is the first. Raises BadQuery."""
    match = _REF.fullmatch(ref)
    if match is None:
        raise BadQuery("span", f"{ref!r} is no ref of a span; it has 16 hex digits, and ~1 for the second of that id")
    return bytes.fromhex(match[1]), int(match[2] or 0)


def write_ref(span_id: int, twin: int) -> str:
    """The ref of a span whose id is that big-endian number."""
    return f"{span_id:016x}~{twin}" if twin else f"{span_id:016x}"


def keep_one(spans: TracesData, twin: int) -> bool:
    """Leave only the span of that number by start, with its resource and scope; False when there aren't so many.

    The order is that of `order_by_start`, for spans of one id.
    """
    groups = [scoped.spans for block in spans.resource_spans for scoped in block.scope_spans]
    ordered = sorted(
        (_order(span), group, place) for group, held in enumerate(groups) for place, span in enumerate(held)
    )
    for _, group, place in sorted(ordered[:twin] + ordered[twin + 1 :], key=lambda item: -item[2]):
        del groups[group][place]
    for block in spans.resource_spans:
        for empty in [scoped for scoped in block.scope_spans if not scoped.spans]:
            block.scope_spans.remove(empty)
    for block in [block for block in spans.resource_spans if not block.scope_spans]:
        spans.resource_spans.remove(block)
    return twin < len(ordered)


def _order(span: Span) -> tuple[int, int, int, int, bytes]:
    length_ns = (span.end_time_unix_nano - span.start_time_unix_nano + 2**63) % 2**64 - 2**63
    shown_status = span.status.code if span.status.code in (1, 2) else 0
    return span.start_time_unix_nano, length_ns, span.kind, shown_status, span.parent_span_id
