"""Cursors: where a page ended, opaque to clients, bound to the query that made them."""

import base64
import hashlib
from dataclasses import replace

import msgspec

from clew.errors import BadQuery
from clew.model.moment import MAX_UNIX_NANO
from clew.model.trace import TraceSummary
from clew.query.search import TraceQuery


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """The last trace of a page (`start_ns`, upper-case hex id), and a digest of both and of the query's filters."""

    start_ns: int
    trace_id: str
    digest: str


def encode_cursor(query: TraceQuery, last: TraceSummary) -> str:
    """The cursor that goes on behind `last`."""
    start_ns, trace_id = last.start_time_unix_nano, last.trace_id.upper()
    cursor = Cursor(start_ns, trace_id, _digest(query, start_ns, trace_id))
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def decode_cursor(query: TraceQuery) -> Cursor | None:
    """The query's cursor, or None when it has none. Raises BadQuery when it is not one of this query's."""
    if query.cursor is None:
        return None
    try:
        packed = base64.urlsafe_b64decode(query.cursor + "=" * (-len(query.cursor) % 4))
        cursor = msgspec.json.decode(packed, type=Cursor)
    except (ValueError, msgspec.MsgspecError):
        raise BadQuery("cursor", "is not a cursor of Clew; take next_cursor from the page before") from None
    if cursor.digest != _digest(query, cursor.start_ns, cursor.trace_id) or not 0 <= cursor.start_ns <= MAX_UNIX_NANO:
        raise BadQuery("cursor", "belongs to another query; send the same filters as for the page before")
    return cursor


def _digest(query: TraceQuery, start_ns: int, trace_id: str) -> str:
    # The times are left out: `now-1h` moves between two pages, and the cursor says where to go on.
    filters = replace(query, cursor=None, limit=0, start_ns=None, end_ns=None)
    return hashlib.sha256(repr((filters, start_ns, trace_id)).encode()).hexdigest()[:16]
