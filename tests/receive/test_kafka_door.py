import pytest

from clew.errors import ConfigurationError, JournalFull
from clew.receive.kafka_door import KafkaDoor
from clew.receive.kafka_settings import KafkaSettings
from tests.kafka.broker import KafkaBroker
from tests.receive.kafka_traces import (
    SMALL_FETCHES,
    STREAM,
    entrance,
    make_traces,
    memory,
    new_name,
    open_door,
    span_names,
    wait_until,
)


def test_what_is_in_a_topic_is_stored_in_order_and_then_committed(kafka: KafkaBroker) -> None:
    """Records from before and after the door opened are stored once, in order; all are committed when it stops."""
    topic, group = kafka.create_topic(new_name("spans")), new_name("group")
    kafka.produce(topic, [make_traces(f"a{number}") for number in range(50)])
    with memory() as intake:
        with open_door(kafka, intake, f"{topic}=otlp_proto", group=group):
            wait_until(lambda: len(span_names(intake.payloads(STREAM))) == 50)
            kafka.produce(topic, [make_traces(f"b{number}") for number in range(50)])
            wait_until(lambda: len(span_names(intake.payloads(STREAM))) == 100)
        expected = [f"{half}{number}" for half in "ab" for number in range(50)]
        assert span_names(intake.payloads(STREAM)) == expected
    assert kafka.committed(group, topic) == 100


def test_nothing_is_committed_before_it_is_durable(kafka: KafkaBroker) -> None:
    """While the journal doesn't say that a batch is synced, the group's offset stays where it was."""
    topic, group = kafka.create_topic(new_name("spans")), new_name("group")
    with memory() as intake:
        with open_door(kafka, intake, f"{topic}=otlp_proto", group=group, commit_interval_s=0.05):
            kafka.produce(topic, [make_traces("first")])
            wait_until(lambda: kafka.committed(group, topic) == 1)
            intake.pause()
            intake.arrived.clear()
            kafka.produce(topic, [make_traces("second")])
            assert intake.arrived.wait(30)
            kafka.produce(topic, [make_traces("third")])
            assert kafka.committed(group, topic) == 1
            intake.resume()
            wait_until(lambda: kafka.committed(group, topic) == 3)
        assert span_names(intake.payloads(STREAM)) == ["first", "second", "third"]


def test_a_full_journal_holds_the_topic_back_and_loses_nothing(kafka: KafkaBroker) -> None:
    """While the journal is full a bounded number of bytes is fetched; when there is room again all is stored, once."""
    topic = kafka.create_topic(new_name("spans"))
    values = [make_traces("x" * 1000 + str(number)) for number in range(600)]
    with memory() as intake:
        intake.refuse_with = JournalFull("full", 0.05)
        kafka.produce(topic, values)
        limits = {"max_queued_bytes": 100_000, "max_batch_bytes": 20_000, "options": SMALL_FETCHES}
        with open_door(kafka, intake, f"{topic}=otlp_proto", **limits) as door:
            wait_until(lambda: door.counters.snapshot().lag_records.get((topic, 0)) == len(values))
            intake.refuse_with = None
            wait_until(lambda: door.counters.snapshot().records.get(topic) == len(values))
        names = span_names(intake.payloads(STREAM))
    assert names == ["x" * 1000 + str(number) for number in range(600)]


def test_a_batch_that_the_disk_refuses_is_tried_again(kafka: KafkaBroker) -> None:
    """When the journal answers with an error, the same records are appended again, and nothing is committed before."""
    topic, group = kafka.create_topic(new_name("spans")), new_name("group")
    with memory() as intake:
        intake.fail_with = JournalFull("the disk is full", 0.05)
        kafka.produce(topic, [make_traces("again")])
        with open_door(kafka, intake, f"{topic}=otlp_proto", group=group):
            assert intake.arrived.wait(30)
            intake.arrived.clear()
            assert intake.arrived.wait(30)
            intake.fail_with = None
            wait_until(lambda: span_names(intake.payloads(STREAM)) == ["again"])
    assert kafka.committed(group, topic) == 1


def test_brokers_that_come_later_are_found(kafka: KafkaBroker) -> None:
    """A door whose topic doesn't exist yet opens, and reads it once it does."""
    topic = new_name("later")
    with (
        memory() as intake,
        open_door(kafka, intake, f"{topic}=otlp_proto", options={"topic.metadata.refresh.interval.ms": 200}),
    ):
        kafka.create_topic(topic)
        kafka.produce(topic, [make_traces("late")])
        wait_until(lambda: span_names(intake.payloads(STREAM)) == ["late"])


@pytest.mark.parametrize(
    ("options", "named"), [({"no.such.option": 1}, "no.such.option"), ({"fetch.min.bytes": "many"}, "fetch.min.bytes")]
)
def test_an_option_that_librdkafka_refuses_is_named(options: dict[str, object], named: str) -> None:
    """A wrong option is a ConfigurationError with its name, before anything starts."""
    settings = KafkaSettings(brokers=("127.0.0.1:1",), topics=("a=otlp_proto",), options=options)  # type: ignore[arg-type]  # wrong on purpose
    with memory() as intake, entrance(intake) as opened, pytest.raises(ConfigurationError, match=named):
        KafkaDoor(settings, opened, intake)
