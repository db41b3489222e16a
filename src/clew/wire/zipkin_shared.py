"""Two halves of one call that share a span id, told apart (B3 "join", Zipkin's default for HTTP).

A client sends its span id along, and the server reports its own half under the same id, marked as shared. OTLP has one
span per id, so the server half gets an id of its own: `sipHash64(id, service)`, which anybody can compute again. Its
parent is the client half. The rule for children is Zipkin's: who names a shared id as its parent is a child of the half
in its own service, if the list has that half, else of the span with that id. See docs/decisions/0012.
"""

from collections.abc import Sequence

from clew.wire.sip_hash import sip_hash_64
from clew.wire.zipkin_span import CLIENT, SERVER, ZipkinSpan


def server_half_id(span_id: bytes, service: str) -> bytes:
    """The id of the half that `service` reports of the span."""
    return (sip_hash_64(span_id + service.encode()) or 1).to_bytes(8, "big")


def separate_halves(spans: Sequence[ZipkinSpan]) -> None:
    """Give server halves their own ids, and their children in the same list the right parents; changes the spans."""
    clients = {(span.trace_id, span.span_id) for span in spans if span.kind == CLIENT}
    halves = [span for span in spans if _is_server_half(span, clients)]
    if not halves:
        return
    ids: dict[tuple[bytes, bytes, str], bytes] = {}
    for half in halves:
        new_id = server_half_id(half.span_id, half.local.service)
        ids[half.trace_id, half.span_id, half.local.service] = new_id
    moved = set(map(id, halves))
    for span in spans:
        if id(span) not in moved and span.parent_id:
            span.parent_id = ids.get((span.trace_id, span.parent_id, span.local.service), span.parent_id)
    for half in halves:
        _move(half, ids[half.trace_id, half.span_id, half.local.service])


def _is_server_half(span: ZipkinSpan, clients: set[tuple[bytes, bytes]]) -> bool:
    """Marked so (but for a client, which started the span), or a server beside a client with its id."""
    if span.is_shared:
        return span.kind != CLIENT
    return span.kind == SERVER and (span.trace_id, span.span_id) in clients


def _move(half: ZipkinSpan, new_id: bytes) -> None:
    half.joined_parent_id = half.parent_id
    half.parent_id = half.span_id
    half.span_id = new_id
