"""One partition: its records queue up and go to the journal batch by batch, in order, one batch at a time.

One at a time makes a single number, the offset behind the last durable record, say all there is to say: nothing before
it is missing and nothing behind it is there. It costs no speed, since the next batch gathers while the disk syncs.
"""

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Protocol

from clew.receive.kafka_encodings import RecordReader

Place = tuple[str, int]
"""Topic and number of a partition."""


class KafkaRecord(Protocol):
    """What is needed of a record that a consumer returned."""

    def offset(self) -> int | None: ...
    def value(self) -> bytes | None: ...


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record that can't be read, and why."""

    record: KafkaRecord
    error: Exception


@dataclass(slots=True)
class Batch:
    """What becomes one record of the journal; `payload` is empty when nothing is left to store.

    `end_offset` is the one behind the last record. `unsettled` counts what must happen before the offset may be
    committed: the journal's answer, and that of the dead letters' topic for each bad record.
    """

    place: Place
    end_offset: int
    payload: bytes = b""
    records: int = 0
    size_bytes: int = 0
    spans: int = 0
    rejected: int = 0
    rejected_reason: str = ""
    bad: list[BadRecord] = field(default_factory=list)
    unsettled: int = 1
    is_told: bool = False
    """Whether its bad records were logged and copied."""


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """A batch ends before it has more records, or at the first that brings it to so many bytes."""

    records: int
    size_bytes: int


class KafkaPartition:
    """Used by the consumer's thread only.

    `source` names the partition in the journal; `next_offset` is None when nobody knows where it begins.
    """

    def __init__(self, place: Place, source: bytes, reader: RecordReader, next_offset: int | None) -> None:
        self.place = place
        self.source = source
        self.reader = reader
        self.durable_offset = next_offset
        self.committed_offset: int | None = None
        self.under_way: Batch | None = None
        self.queued_bytes = 0
        self.repeated_records = 0
        self._next_offset = next_offset
        self._queue: deque[tuple[int, KafkaRecord]] = deque()
        self._retry_at_s: float | None = None

    def add(self, record: KafkaRecord) -> bool:
        """Queue it; False for one that was queued or stored before."""
        offset = record.offset()
        if offset is None or (self._next_offset is not None and offset < self._next_offset):
            self.repeated_records += 1
            return False
        self._queue.append((offset, record))
        self._next_offset = offset + 1
        self.queued_bytes += len(record.value() or b"")
        return True

    def next_batch(self, limits: BatchLimits) -> Batch | None:
        """What is to be appended now, if anything: what failed before, or a new batch, which is then under way."""
        if self.under_way is None:
            self.under_way = self._gather(limits) if self._queue else None
        elif self._retry_at_s is None or time.monotonic() < self._retry_at_s:
            return None
        self._retry_at_s = None
        return self.under_way

    @property
    def is_awaited(self) -> bool:
        """Whether something is on its way to the disk."""
        return self.under_way is not None and self._retry_at_s is None

    def settle(self) -> bool:
        """One of the things that the batch waits for has happened; True when it was the last."""
        batch = self.under_way
        if batch is None:
            return False
        batch.unsettled -= 1
        if batch.unsettled:
            return False
        self.under_way = None
        self.durable_offset = batch.end_offset
        return True

    def try_again(self, wait_s: float) -> None:
        """The journal did not take the batch."""
        self._retry_at_s = time.monotonic() + wait_s

    def _gather(self, limits: BatchLimits) -> Batch:
        batch = Batch(self.place, self._queue[0][0])
        payloads: list[bytes] = []
        payload_bytes = 0
        while self._queue and batch.records < limits.records:
            if max(payload_bytes, batch.size_bytes) >= limits.size_bytes:
                break
            offset, record = self._queue.popleft()
            payload = self._read(record, batch)
            payloads.append(payload)
            payload_bytes += len(payload)
            batch.end_offset = offset + 1
        # One request behind the other is one request with the groups of both: that is how protobuf defines it.
        batch.payload = payloads[0] if len(payloads) == 1 else b"".join(payloads)
        return batch

    def _read(self, record: KafkaRecord, batch: Batch) -> bytes:
        value = record.value()
        batch.records += 1
        if value is None:  # a compacted topic's mark that a key is gone
            return b""
        self.queued_bytes -= len(value)
        batch.size_bytes += len(value)
        try:
            checked = self.reader.read(value)
        except Exception as error:  # noqa: BLE001  # one record must not hold up all behind it, whatever is wrong
            batch.bad.append(BadRecord(record, error))
            return b""
        batch.spans += checked.span_count
        batch.rejected += checked.rejected
        batch.rejected_reason = checked.reason or batch.rejected_reason
        return checked.payload
