from hypothesis import given, settings
from hypothesis import strategies as st

from clew.agent.batches import BATCH_BYTES, Extent, batch_key, halves, plan, within
from clew.journal.record import Record, encode_record, read_records

SIZES = st.lists(st.sampled_from([1, 1000, 300_000, BATCH_BYTES, BATCH_BYTES + 1]), max_size=12)


def records_of(*payloads: bytes) -> list[Record]:
    """The records of a segment that holds the payloads."""
    return list(read_records(b"".join(piece for payload in payloads for piece in encode_record(payload))))


@settings(max_examples=40, deadline=None)
@given(SIZES)
def test_every_record_is_in_one_batch(sizes: list[int]) -> None:
    """Batches are runs of records in their order, over the size only when single, and none needlessly small."""
    records = records_of(*(b"x" * size for size in sizes))
    batches = [within(records, extent) for extent in plan(records)]
    assert [record for batch in batches for record in batch] == records
    totals = [sum(len(record.payload) for record in batch) for batch in batches]
    assert all(total <= BATCH_BYTES or len(batch) == 1 for total, batch in zip(totals, batches, strict=True))
    assert all(total + len(after[0].payload) > BATCH_BYTES for total, after in zip(totals, batches[1:], strict=False))


def test_a_segment_without_records_has_no_batch() -> None:
    """Nothing is sent for a segment in which all is damaged."""
    assert plan([]) == []


def test_halves_are_the_same_records() -> None:
    """An odd one goes to the second half."""
    records = records_of(b"a", b"b", b"c")
    first, second = halves(records)
    assert within(records, first) == records[:1]
    assert within(records, second) == records[1:]


def test_a_key_depends_on_the_batch_alone() -> None:
    """The same batch has the same key; another agent, segment, place or content has another."""
    records, extent = records_of(b"a", b"b"), Extent(0, 20)
    key = batch_key("agent", "token", extent, records)
    assert key == batch_key("agent", "token", extent, records_of(b"a", b"b"))
    others = {
        batch_key("other", "token", extent, records),
        batch_key("agent", "other", extent, records),
        batch_key("agent", "token", Extent(0, 21), records),
        batch_key("agent", "token", extent, records_of(b"a", b"c")),
    }
    assert len({key} | others) == 5
    assert (len(key), key.isascii(), key.isalnum()) == (64, True, True)
