import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from clew.errors import JournalFull
from clew.receive.kafka_counters import KafkaCounters
from clew.receive.kafka_encodings import RecordReader
from clew.receive.kafka_session import KafkaSession
from clew.receive.kafka_settings import KafkaSettings
from tests.kafka.broker import KafkaBroker
from tests.receive.kafka_samples import SAMPLES
from tests.receive.kafka_traces import (
    SMALL_FETCHES,
    STREAM,
    TIMEOUT_S,
    PositionedMemory,
    entrance,
    make_traces,
    memory,
    new_name,
    open_door,
    span_names,
    wait_until,
)


@contextlib.contextmanager
def _session(broker: KafkaBroker, intake: PositionedMemory, *topics: str, **more: Any) -> Iterator[KafkaSession]:
    """A session that the test steps; it isn't closed well unless the test does."""
    settings = KafkaSettings(brokers=(broker.address,), topics=topics, **more)
    giving_up = threading.Event()
    with entrance(intake) as opened:
        session = KafkaSession(settings, opened, intake, counters=KafkaCounters(), giving_up=giving_up)
        try:
            yield session
        finally:
            giving_up.set()
            session.close()


def _step_until(session: KafkaSession, condition: Any) -> None:
    def stepped() -> bool:
        session.step()
        return bool(condition())

    wait_until(stepped)


@pytest.mark.parametrize("assignor", ["range", "cooperative-sticky"])
def test_partitions_move_between_two_doors_without_loss_or_repeat(kafka: KafkaBroker, assignor: str) -> None:
    """While a second door joins and leaves again under load, each record is stored by exactly one of the two."""
    topic, group = kafka.create_topic(new_name("spans"), partitions=4), new_name("group")
    options = {"partition.assignment.strategy": assignor, "session.timeout.ms": 6000, "heartbeat.interval.ms": 200}
    sent: list[str] = []
    stopping = threading.Event()

    def send() -> None:
        while not stopping.is_set():
            names = [f"{len(sent) + number}" for number in range(40)]
            for partition in range(4):
                kafka.produce(topic, [make_traces(name) for name in names[partition::4]], partition)
            sent.extend(names)

    sender = threading.Thread(target=send)
    with memory() as first, memory() as second:
        with open_door(kafka, first, f"{topic}=otlp_proto", group=group, options=options):
            sender.start()
            try:
                wait_until(first.arrived.is_set)
                with open_door(kafka, second, f"{topic}=otlp_proto", group=group, options=options):
                    assert second.arrived.wait(TIMEOUT_S)
                    alone = len(second.appended)
                    wait_until(lambda: len(second.appended) > alone + 2)
                left_at = len(first.appended)
                wait_until(lambda: len(first.appended) > left_at + 2)
            finally:
                stopping.set()
                sender.join()
            wait_until(lambda: _count(first, second) >= len(sent))
        stored = span_names(first.payloads(STREAM)) + span_names(second.payloads(STREAM))
    assert sorted(stored) == sorted(sent)


def _count(*intakes: PositionedMemory) -> int:
    return sum(len(span_names(intake.payloads(STREAM))) for intake in intakes)


def test_what_was_stored_and_not_committed_is_not_stored_again(kafka: KafkaBroker) -> None:
    """After a crash between the journal's answer and the commit, reading goes on behind what the journal has."""
    topic, group = kafka.create_topic(new_name("spans")), new_name("group")
    kafka.produce(topic, [make_traces(str(number)) for number in range(10)])
    with memory() as intake:
        with open_door(kafka, intake, f"{topic}=otlp_proto", group=new_name("first")):
            wait_until(lambda: _count(intake) == 10)
        kafka.produce(topic, [make_traces(str(number)) for number in range(10, 20)])
        # This group has committed nothing, as if the crash had come before the first commit.
        with open_door(kafka, intake, f"{topic}=otlp_proto", group=group):
            wait_until(lambda: kafka.committed(group, topic) == 20)
        assert span_names(intake.payloads(STREAM)) == [str(number) for number in range(20)]


def test_a_topic_that_is_made_again_is_another_one(kafka: KafkaBroker) -> None:
    """Offsets that begin at 0 again under the same name are not taken for those that were stored."""
    topic = kafka.create_topic(new_name("spans"))
    kafka.produce(topic, [make_traces("old")] * 5)
    with memory() as intake:
        with open_door(kafka, intake, f"{topic}=otlp_proto"):
            wait_until(lambda: _count(intake) == 5)
        kafka.delete_topic(topic)
        wait_until(lambda: topic not in kafka.admin.list_topics(timeout=TIMEOUT_S).topics)
        kafka.create_topic(topic)
        kafka.produce(topic, [make_traces("new")] * 3)
        with open_door(kafka, intake, f"{topic}=otlp_proto"):
            wait_until(lambda: _count(intake) == 8)
        assert span_names(intake.payloads(STREAM)) == ["old"] * 5 + ["new"] * 3


def test_bad_records_are_counted_copied_and_hold_up_nothing(kafka: KafkaBroker) -> None:
    """Of good, broken, empty and deleted records the good are stored, the bad copied with the reason, all committed."""
    topic, group = kafka.create_topic(new_name("spans")), new_name("group")
    dead = kafka.create_topic(new_name("dead"))
    bad = [b"\xff\xff no protobuf", b'{"resourceSpans": []}']
    kafka.produce(topic, [make_traces("one"), bad[0], None, b"", bad[1], make_traces("two")], headers={"from": b"test"})
    with memory() as intake:
        with open_door(kafka, intake, f"{topic}=otlp_proto", group=group, dead_letter_topic=dead) as door:
            wait_until(lambda: kafka.committed(group, topic) == 6)
            counts = door.counters.snapshot()
        assert span_names(intake.payloads(STREAM)) == ["one", "two"]
    assert counts.records == {topic: 6}
    assert counts.bad_records == {(topic, "malformed"): 2}
    assert counts.dead_letters == {"written": 2}
    copies = kafka.read(dead, 2)
    assert [copy.value() for copy in copies] == bad
    headers = dict(copies[0].headers() or [])
    assert headers["from"] == b"test"
    assert (headers["clew.topic"], headers["clew.offset"]) == (topic.encode(), b"1")
    assert b"protobuf" in (headers["clew.reason"] or b"")


def test_a_record_that_breaks_the_translation_holds_up_nothing(
    kafka: KafkaBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error that nobody foresaw costs the record that raised it, and is counted as internal."""
    topic = kafka.create_topic(new_name("spans"))
    read = RecordReader.read

    def break_at(reader: RecordReader, value: bytes) -> Any:
        if value == b"\x0a\x00":
            raise RuntimeError("a bug")
        return read(reader, value)

    monkeypatch.setattr(RecordReader, "read", break_at)
    kafka.produce(topic, [make_traces("one"), b"\x0a\x00", make_traces("two")])
    with memory() as intake, open_door(kafka, intake, f"{topic}=otlp_proto") as door:
        wait_until(lambda: _count(intake) == 2)
        wait_until(lambda: door.counters.snapshot().records == {topic: 3})
        assert door.counters.snapshot().bad_records == {(topic, "internal"): 1}


def test_a_dead_letter_topic_that_is_not_there_holds_up_nothing(kafka: KafkaBroker) -> None:
    """A copy that can't be written is counted as failed, and the partition goes on."""
    topic, group = kafka.create_topic(new_name("spans")), new_name("group")
    kafka.produce(topic, [b"\xff", make_traces("good")])
    more: dict[str, Any] = {"group": group, "dead_letter_topic": new_name("nowhere"), "dead_letter_timeout_s": 0.5}
    with memory() as intake, open_door(kafka, intake, f"{topic}=otlp_proto", **more) as door:
        wait_until(lambda: kafka.committed(group, topic) == 2)
        assert door.counters.snapshot().dead_letters == {"failed": 1}
        assert span_names(intake.payloads(STREAM)) == ["good"]


def test_topics_of_all_encodings_are_read_side_by_side(kafka: KafkaBroker) -> None:
    """Each topic is read in its own encoding, spans and log records apart."""
    topics = {encoding: kafka.create_topic(new_name("spans")) for encoding in SAMPLES}
    for encoding, topic in topics.items():
        kafka.produce(topic, [SAMPLES[encoding][0]])
    with memory() as intake, open_door(kafka, intake, *(f"{topic}={name}" for name, topic in topics.items())):
        wait_until(lambda: len(intake.appended) == len(SAMPLES))
        logs = {SAMPLES[encoding][1] for encoding in SAMPLES if "logs" in encoding}
        assert set(intake.payloads("logs/default")) == logs
        assert set(intake.payloads(STREAM)) == {expected for _, expected in SAMPLES.values()} - logs


def test_no_more_is_fetched_than_may_wait(kafka: KafkaBroker) -> None:
    """With a full journal the queue stays near its bound however much is in the topic, and empties afterwards."""
    topic = kafka.create_topic(new_name("spans"))
    kafka.produce(topic, [make_traces("x" * 1000)] * 2000)
    bounds: dict[str, Any] = {"max_queued_bytes": 100_000, "max_batch_bytes": 50_000, "options": SMALL_FETCHES}
    with memory() as intake:
        intake.refuse_with = JournalFull("full", 0.02)
        with _session(kafka, intake, f"{topic}=otlp_proto", group=new_name("group"), **bounds) as session:
            _step_until(session, lambda: session.queued_bytes > 100_000)
            for _ in range(10):
                session.step()
            assert session.queued_bytes < 400_000
            intake.refuse_with = None
            _step_until(session, lambda: _count(intake) == 2000)


def test_the_lag_is_what_the_journal_lacks(kafka: KafkaBroker) -> None:
    """While nothing becomes durable the lag grows by what is sent; then it falls to 0."""
    topic = kafka.create_topic(new_name("spans"))
    with memory() as intake, open_door(kafka, intake, f"{topic}=otlp_proto") as door:
        intake.pause()
        kafka.produce(topic, [make_traces("x")] * 7)
        wait_until(lambda: door.counters.snapshot().lag_records == {(topic, 0): 7})
        intake.resume()
        wait_until(lambda: door.counters.snapshot().lag_records == {(topic, 0): 0})
    assert door.counters.snapshot().lag_records == {}


def test_a_broker_that_is_killed_and_comes_back_costs_nothing(kafka: KafkaBroker) -> None:
    """What was sent before and after the broker's death is stored once each."""
    topic = kafka.create_topic(new_name("spans"))
    with memory() as intake, open_door(kafka, intake, f"{topic}=otlp_proto", options={"reconnect.backoff.max.ms": 500}):
        kafka.produce(topic, [make_traces("before")] * 5)
        wait_until(lambda: _count(intake) == 5)
        kafka.kill()
        kafka.start()
        kafka.wait_up()
        kafka.produce(topic, [make_traces("after")] * 5)
        wait_until(lambda: _count(intake) == 10)
        assert span_names(intake.payloads(STREAM)) == ["before"] * 5 + ["after"] * 5
