"""How a segment is cut into batches: by nothing but its records, so that a batch is the same after every restart."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from clew.journal.record import Record

BATCH_BYTES = 1 << 20
"""How much a batch holds unless a single record is larger. No setting: with another size after a restart, a batch that
the gateway may have taken would come again under another key. 1 MiB is 3,000 spans, which a gateway checks in 2 ms."""


class Extent(NamedTuple):
    """A run of whole records: the offset of the first and the end of the last, in the segment."""

    start: int
    end: int


def plan(records: Sequence[Record]) -> list[Extent]:
    """The batches of a segment, in order: each record is in exactly one."""
    batches: list[list[Record]] = []
    size_bytes = 0
    for record in records:
        size_bytes += len(record.payload)
        if not batches or size_bytes > BATCH_BYTES:
            batches.append([])
            size_bytes = len(record.payload)
        batches[-1].append(record)
    return [_extent(batch) for batch in batches]


def halves(records: Sequence[Record]) -> tuple[Extent, Extent]:
    """Two batches in place of one of at least two records."""
    middle = len(records) // 2
    return _extent(records[:middle]), _extent(records[middle:])


def within(records: Sequence[Record], extent: Extent) -> list[Record]:
    """The records of a batch."""
    return [record for record in records if extent.start <= record.offset and record.end <= extent.end]


def batch_key(agent_id: str, token: str, extent: Extent, records: Sequence[Record]) -> str:
    """The Idempotency-Key of a batch: the same whenever it is sent again, and of no other batch.

    What the records hold is in it, too: two machines that run from copies of one disk have the same agent id and use
    the same tokens, and without it the gateway would take the one's spans for repeats of the other's.
    """
    digest = hashlib.blake2b(f"{agent_id}\0{token}\0{extent.start}-{extent.end}\0".encode(), digest_size=32)
    for record in records:
        digest.update(record.payload)
    return digest.hexdigest()


def _extent(records: Sequence[Record]) -> Extent:
    return Extent(records[0].offset, records[-1].end)
