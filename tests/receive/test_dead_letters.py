import threading

from clew.receive.dead_letters import DeadLetters
from clew.receive.kafka_counters import KafkaCounters
from clew.receive.kafka_settings import KafkaSettings
from tests.kafka.broker import KafkaBroker
from tests.receive.kafka_traces import new_name, wait_until


def test_a_copy_says_where_it_came_from_and_why(kafka: KafkaBroker) -> None:
    """Key, value and headers are those of the record; place and reason are added; `on_done` comes at the end."""
    source, target = kafka.create_topic(new_name("source")), kafka.create_topic(new_name("dead"))
    kafka.produce(source, [b"bad"], key=b"k", headers={"mine": b"1"})
    counters, done = KafkaCounters(), threading.Event()
    letters = DeadLetters(target, KafkaSettings(brokers=(kafka.address,)), counters)
    letters.copy(kafka.read(source, 1)[0], "why", done.set)
    wait_until(lambda: _polled(letters, done))
    copy = kafka.read(target, 1)[0]
    assert (copy.key(), copy.value()) == (b"k", b"bad")
    assert dict(copy.headers() or []) == {
        "mine": b"1",
        "clew.reason": b"why",
        "clew.topic": source.encode(),
        "clew.partition": b"0",
        "clew.offset": b"0",
    }
    assert counters.snapshot().dead_letters == {"written": 1}


def test_a_copy_that_cannot_be_written_is_given_up(kafka: KafkaBroker) -> None:
    """After the timeout `on_done` comes all the same, and the copy counts as failed."""
    source = kafka.create_topic(new_name("source"))
    kafka.produce(source, [b"bad"])
    counters, done = KafkaCounters(), threading.Event()
    settings = KafkaSettings(brokers=("127.0.0.1:1",), dead_letter_timeout_s=0.2)
    letters = DeadLetters(new_name("dead"), settings, counters)
    letters.copy(kafka.read(source, 1)[0], "why", done.set)
    wait_until(lambda: _polled(letters, done))
    assert counters.snapshot().dead_letters == {"failed": 1}


def _polled(letters: DeadLetters, done: threading.Event) -> bool:
    letters.poll()
    return done.is_set()
