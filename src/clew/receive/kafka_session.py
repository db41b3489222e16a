"""One consumer from its subscription to its end: what it reads goes to the journal, and is committed only then.

Promises:

- An offset is committed only when every record before it is durable, or known to be unreadable.
- A record that was stored before, and whose offset a crash kept from being committed, is not stored again.
- A partition is given up only after what was on its way to the disk has arrived, and was committed.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Sequence
from functools import partial
from queue import Empty, SimpleQueue
from typing import Protocol

from confluent_kafka import OFFSET_INVALID, Consumer, KafkaError, KafkaException, Message, TopicPartition

from clew.errors import InputRefused, Overloaded
from clew.journal.complaint import Complaint
from clew.journal.position import position_key
from clew.journal.record import AppendResult
from clew.receive.counters import reason_of
from clew.receive.dead_letters import DeadLetters
from clew.receive.entrance import Entrance
from clew.receive.intake import Intake, stream_name
from clew.receive.kafka_counters import KafkaCounters
from clew.receive.kafka_encodings import RecordReader
from clew.receive.kafka_identity import LOOKUP_TIMEOUT_S, PartitionIdentity
from clew.receive.kafka_partition import Batch, BatchLimits, KafkaPartition, Place
from clew.receive.kafka_settings import (
    KafkaSettings,
    client_options,
    read_topics,
    reader_options,
    rebalances_bit_by_bit,
)
from clew.receive.librdkafka_log import QuietLog

log = logging.getLogger(__name__)

_POLL_S = 0.05
_MOST_POLLED = 5_000
_UNKNOWN_BYTES = 2**20
"""What a record is taken to have as long as none was seen: as much as brokers allow by default."""
_LAG_INTERVAL_S = 1.0
_RETRY_S = 1.0
_SLOWEST_WAIT_S = 0.05


class PositionedIntake(Intake, Protocol):
    """A journal that also knows how far a source came."""

    def position(self, source: bytes) -> int | None:
        """The furthest durable position, or None."""


class KafkaSession:
    """All calls come from one thread, also those that Kafka's client makes, since it makes them while it is polled."""

    def __init__(
        self,
        settings: KafkaSettings,
        entrance: Entrance,
        journal: PositionedIntake,
        *,
        counters: KafkaCounters,
        giving_up: threading.Event,
    ) -> None:
        self._settings = settings
        self._journal = journal
        self._readers = {topic: RecordReader(name, entrance) for topic, name in read_topics(settings).items()}
        tenant = settings.tenant or entrance.settings.tenant
        self._streams = {topic: stream_name(reader.signal, tenant) for topic, reader in self._readers.items()}
        self._received, self._counters = entrance.counters, counters
        self._limits = BatchLimits(settings.max_batch_records, settings.max_batch_bytes)
        self._partitions: dict[Place, KafkaPartition] = {}
        self._done: SimpleQueue[tuple[KafkaPartition, AppendResult | Exception | None]] = SimpleQueue()
        self._is_paused = False
        self._largest_bytes = _UNKNOWN_BYTES
        self._commit_at_s = self._lag_at_s = 0.0
        self._giving_up = giving_up
        self._complaint = Complaint(log)
        self._bad_complaint = Complaint(log)
        self._identity = PartitionIdentity(client_options(settings))
        topic = settings.dead_letter_topic
        self._dead_letters = None if topic is None else DeadLetters(topic, settings, self._counters)
        self._is_incremental = rebalances_bit_by_bit(settings)
        self._consumer = Consumer({**reader_options(settings), "error_cb": self._tell_error}, logger=QuietLog())
        self._consumer.subscribe(
            list(self._readers), on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost
        )

    def step(self) -> None:
        """Read what has come, append what can be, commit what is due. Raises KafkaException when this can't go on."""
        messages = self._consumer.consume(self._room_records(), _POLL_S)
        self._largest_bytes = max((len(message) for message in messages), default=self._largest_bytes)
        for message in messages:
            self._take(message)
        self._hear()
        for partition in self._partitions.values():
            self._append(partition)
        self._hold_back()
        now_s = time.monotonic()
        if now_s >= self._commit_at_s:
            self._commit_at_s = now_s + self._settings.commit_interval_s
            self._commit(list(self._partitions.values()), waits=False)
        if now_s >= self._lag_at_s:
            self._lag_at_s = now_s + _LAG_INTERVAL_S
            self._measure_lag()

    def close(self) -> None:
        """Wait for what is on its way to the disk (until `giving_up` is set), commit, and leave the group."""
        try:
            self._release(list(self._partitions.values()), commits=True)
        finally:
            self._counters.set_lag({})
            self._consumer.close()

    @property
    def queued_bytes(self) -> int:
        """Bytes of records that wait for their turn."""
        return sum(partition.queued_bytes for partition in self._partitions.values())

    def _room_records(self) -> int:
        """How many may be taken over at once: as many of the largest of the last ones as there is room for."""
        room_bytes = self._settings.max_queued_bytes - self.queued_bytes
        return max(1, min(_MOST_POLLED, room_bytes // max(1, self._largest_bytes)))

    def _take(self, message: Message) -> None:
        error = message.error()
        if error is not None:
            self._tell_error(error)
            if error.fatal():
                raise KafkaException(error)
            return
        partition = self._partitions.get((str(message.topic()), message.partition() or 0))
        if partition is not None and not partition.add(message):
            self._complaint.tell(f"{_name(partition)}: records that are stored already came again, and are left out")

    def _append(self, partition: KafkaPartition) -> None:
        batch = partition.next_batch(self._limits)
        if batch is None:
            return
        if not batch.is_told:
            self._tell_bad(partition, batch)
        if not batch.payload:
            self._done.put((partition, AppendResult.STORED))
            return
        key = position_key(partition.source, batch.end_offset)
        try:
            self._journal.append(
                self._streams[partition.place[0]], batch.payload, lambda done: self._done.put((partition, done)), key
            )
        except Exception as error:  # noqa: BLE001  # the batch waits, whatever the reason
            self._failed(partition, error)

    def _hear(self) -> None:
        if self._dead_letters is not None:
            self._dead_letters.poll()
        with contextlib.suppress(Empty):
            while True:
                self._settle(*self._done.get_nowait())

    def _settle(self, partition: KafkaPartition, outcome: AppendResult | Exception | None) -> None:
        """`outcome` is the journal's, or None when it is a dead letter's."""
        batch = partition.under_way
        if isinstance(outcome, Exception):
            self._failed(partition, outcome)
            return
        if batch is not None and outcome is not None:
            signal = partition.reader.signal
            if outcome is AppendResult.REPEATED:
                self._received.repeated("kafka", signal)
            elif batch.payload:
                self._received.accepted("kafka", signal, batch.spans, batch.rejected, len(batch.payload))
        if partition.settle() and batch is not None:
            self._counters.read(partition.place[0], batch.records, batch.size_bytes)

    def _failed(self, partition: KafkaPartition, error: Exception) -> None:
        self._complaint.tell(f"{_name(partition)} waits for the journal: {error}")
        partition.try_again(error.retry_after_s if isinstance(error, Overloaded) else _RETRY_S)

    def _tell_bad(self, partition: KafkaPartition, batch: Batch) -> None:
        batch.is_told = True
        if batch.rejected:
            self._bad_complaint.tell(f"{_name(partition)}: {batch.rejected_reason}")
        for bad in batch.bad:
            reason = reason_of(bad.error)
            self._counters.bad(partition.place[0], reason)
            self._received.refused("kafka", partition.reader.signal, reason)
            where = f"{_name(partition)} offset {bad.record.offset()} is left out"
            if not isinstance(bad.error, InputRefused):
                log.error("%s: it could not be read", where, exc_info=bad.error)
            else:
                self._bad_complaint.tell(f"{where}: {bad.error}")
            if self._dead_letters is not None and isinstance(bad.record, Message):
                batch.unsettled += 1
                self._dead_letters.copy(bad.record, str(bad.error), partial(self._done.put, (partition, None)))

    def _hold_back(self) -> None:
        """Fetch no more while too much waits, and go on when half of it is gone."""
        queued_bytes = self.queued_bytes
        if not self._is_paused and queued_bytes > self._settings.max_queued_bytes:
            self._is_paused = True
            self._consumer.pause(_places(self._partitions))
        elif self._is_paused and queued_bytes <= self._settings.max_queued_bytes // 2:
            self._is_paused = False
            self._consumer.resume(_places(self._partitions))

    def _commit(self, partitions: Sequence[KafkaPartition], *, waits: bool) -> None:
        due = [
            partition
            for partition in partitions
            if partition.durable_offset is not None and partition.durable_offset != partition.committed_offset
        ]
        if not due:
            return
        offsets = [TopicPartition(*partition.place, partition.durable_offset or 0) for partition in due]
        try:
            if waits:
                self._consumer.commit(offsets=offsets, asynchronous=False)
            else:
                self._consumer.commit(offsets=offsets, asynchronous=True)
        except KafkaException as error:  # what is read again is recognised
            self._complaint.tell(f"Kafka did not take what Clew has stored as read: {error}")
            return
        for partition in due:
            partition.committed_offset = partition.durable_offset

    def _assigned(self, consumer: Consumer, given: list[TopicPartition]) -> None:
        """Go on behind what is committed, or behind what the journal has when that is more."""
        committed = {(each.topic, each.partition): each.offset for each in consumer.committed(given, LOOKUP_TIMEOUT_S)}
        sources = self._identity.sources(list(committed), self._streams)
        for each in given:
            place = each.topic, each.partition
            stored = self._journal.position(sources[place])
            known = committed[place] if committed[place] >= 0 else None
            if stored is not None and stored > (known or 0):
                log.info("%s/%d: what comes before offset %d is stored already", *place, stored)
                known = stored
            each.offset = OFFSET_INVALID if known is None else known
            partition = KafkaPartition(place, sources[place], self._readers[each.topic], known)
            partition.committed_offset = committed[place]
            self._partitions[place] = partition
        if self._is_incremental:
            consumer.incremental_assign(given)
        else:
            consumer.assign(given)
        if self._is_paused:
            consumer.pause(given)

    def _revoked(self, _: Consumer, taken: list[TopicPartition]) -> None:
        self._release(self._chosen(taken), commits=True)

    def _lost(self, _: Consumer, taken: list[TopicPartition]) -> None:
        """Somebody else has them already, so that there is nothing to commit."""
        self._release(self._chosen(taken), commits=False)

    def _chosen(self, taken: list[TopicPartition]) -> list[KafkaPartition]:
        places = [(each.topic, each.partition) for each in taken]
        return [self._partitions[place] for place in places if place in self._partitions]

    def _release(self, partitions: Sequence[KafkaPartition], *, commits: bool) -> None:
        while any(each.is_awaited for each in partitions) and not self._giving_up.is_set():
            if self._dead_letters is not None:
                self._dead_letters.poll()
            with contextlib.suppress(Empty):
                self._settle(*self._done.get(timeout=_SLOWEST_WAIT_S))
        if commits:
            self._commit(partitions, waits=True)
        for partition in partitions:
            del self._partitions[partition.place]

    def _measure_lag(self) -> None:
        lag_records: dict[Place, int] = {}
        for place, partition in self._partitions.items():
            with contextlib.suppress(KafkaException):
                _, high = self._consumer.get_watermark_offsets(TopicPartition(*place), cached=True)
                if high >= 0:
                    lag_records[place] = max(0, high - (partition.durable_offset or 0))
        self._counters.set_lag(lag_records)

    def _tell_error(self, error: KafkaError) -> None:
        self._complaint.tell(f"Kafka: {error.str()}")


def _places(places: dict[Place, KafkaPartition]) -> list[TopicPartition]:
    return [TopicPartition(*place) for place in places]


def _name(partition: KafkaPartition) -> str:
    return f"{partition.place[0]}/{partition.place[1]}"
