from dataclasses import dataclass

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew.receive.kafka_encodings import RecordReader
from clew.receive.kafka_partition import Batch, BatchLimits, KafkaPartition
from tests.receive.kafka_traces import entrance, make_traces, memory, span_names

LIMITS = BatchLimits(100, 2**20)


@dataclass(frozen=True, slots=True)
class _Record:
    at: int
    content: bytes | None

    def offset(self) -> int:
        return self.at

    def value(self) -> bytes | None:
        return self.content


def _partition(next_offset: int | None = None) -> KafkaPartition:
    with memory() as intake, entrance(intake) as opened:
        return KafkaPartition(("spans", 0), b"s" * 16, RecordReader("otlp_proto", opened), next_offset)


def _batch(partition: KafkaPartition, limits: BatchLimits = LIMITS) -> Batch:
    batch = partition.next_batch(limits)
    assert batch is not None
    return batch


def test_a_batch_is_one_request_with_the_spans_of_all_records() -> None:
    """Records, also behind gaps between offsets, become one valid request, in order; the end is behind the last."""
    partition = _partition()
    for offset in (3, 4, 9):
        assert partition.add(_Record(offset, make_traces(f"{offset}a", f"{offset}b")))
    batch = _batch(partition)
    assert span_names([batch.payload]) == ["3a", "3b", "4a", "4b", "9a", "9b"]
    assert (batch.end_offset, batch.records, batch.spans) == (10, 3, 6)
    assert partition.queued_bytes == 0


def test_one_batch_is_under_way_at_a_time() -> None:
    """Until a batch is settled there is no other, and what it holds doesn't count as durable."""
    partition = _partition(0)
    partition.add(_Record(0, make_traces("a")))
    _batch(partition)
    partition.add(_Record(1, make_traces("b")))
    assert partition.next_batch(LIMITS) is None
    assert (partition.durable_offset, partition.is_awaited) == (0, True)
    assert partition.settle()
    assert (partition.durable_offset, partition.is_awaited) == (1, False)
    assert span_names([_batch(partition).payload]) == ["b"]


def test_a_batch_with_dead_letters_waits_for_all_of_them() -> None:
    """The offset moves when the journal and each copy are done, in any order."""
    partition = _partition(0)
    partition.add(_Record(0, b"\xff"))
    batch = _batch(partition)
    batch.unsettled += len(batch.bad)
    assert not partition.settle()
    assert partition.durable_offset == 0
    assert partition.settle()
    assert partition.durable_offset == 1


def test_a_failed_batch_comes_again_as_it_was() -> None:
    """What the journal did not take is offered again after the wait, and nothing is put in front of it."""
    partition = _partition(0)
    partition.add(_Record(0, make_traces("a")))
    batch = _batch(partition)
    partition.add(_Record(1, make_traces("b")))
    partition.try_again(60)
    assert (partition.next_batch(LIMITS), partition.is_awaited) == (None, False)
    partition.try_again(0)
    assert partition.next_batch(LIMITS) is batch


@pytest.mark.parametrize(("limits", "sizes"), [(BatchLimits(2, 2**20), [2, 2, 1]), (BatchLimits(100, 1), [1] * 5)])
def test_a_batch_ends_at_its_limits(limits: BatchLimits, sizes: list[int]) -> None:
    """A batch has at most so many records, and no other behind the one that fills it."""
    partition = _partition()
    for offset in range(5):
        partition.add(_Record(offset, make_traces("x")))
    found = []
    while (batch := partition.next_batch(limits)) is not None:
        found.append(batch.records)
        partition.settle()
    assert found == sizes


def test_what_comes_again_is_left_out() -> None:
    """A record before the next offset is not queued a second time."""
    partition = _partition(5)
    assert [partition.add(_Record(offset, b"")) for offset in (4, 5, 5, 6, 3)] == [False, True, False, True, False]
    assert partition.repeated_records == 3


def test_bad_records_are_set_apart() -> None:
    """A record that can't be read is named with its reason; spans with wrong ids are left out and counted."""
    wrong = ExportTraceServiceRequest()
    wrong.resource_spans.add().scope_spans.add().spans.add(trace_id=b"short", name="wrong")
    partition = _partition()
    for offset, value in enumerate([make_traces("a"), b"\xff", None, wrong.SerializeToString(), make_traces("b")]):
        partition.add(_Record(offset, value))
    batch = _batch(partition)
    assert span_names([batch.payload]) == ["a", "b"]
    assert [each.record.offset() for each in batch.bad] == [1]
    assert (batch.records, batch.spans, batch.rejected, "trace_id" in batch.rejected_reason) == (5, 2, 1, True)
