from collections.abc import Iterator
from pathlib import Path

import pytest

from clew.demo.services.broker import LEASE_S, MessageStore


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    """The clock of the store."""
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[MessageStore]:
    """An empty store."""
    store = MessageStore(tmp_path / "queues.sqlite", clock)
    yield store
    store.close()


def test_a_leased_message_is_nobody_elses(store: MessageStore) -> None:
    """What one consumer holds the next doesn't get, and queues don't mix."""
    store.publish("orders", {"n": 1}, {"traceparent": "x"})
    assert [message["body"] for message in store.lease("orders", 5)] == [{"n": 1}]
    assert store.lease("orders", 5) == []
    assert store.lease("mails", 5) == []


def test_a_lost_lease_goes_to_the_next(store: MessageStore, clock: Clock) -> None:
    """A consumer that dies with a message in hand delays it by the lease, no more."""
    store.publish("orders", {"n": 1}, {})
    store.lease("orders", 1)
    clock.now_s += LEASE_S
    assert [message["deliveries"] for message in store.lease("orders", 1)] == [2]


def test_headers_travel_with_the_message(store: MessageStore) -> None:
    """The trace context that a producer put in the headers is what the consumer finds there."""
    headers = {"traceparent": "00-1234-56-01", "baggage": "user.id=u-1"}
    store.publish("orders", {}, headers)
    assert store.lease("orders", 1)[0]["headers"] == headers


def test_a_batch_is_the_oldest_first(store: MessageStore) -> None:
    """No more than asked for, in the order of publication."""
    ids = [store.publish("orders", {"n": n}, {}) for n in range(5)]
    assert [message["id"] for message in store.lease("orders", 3)] == ids[:3]


def test_settling_what_is_gone_is_harmless(store: MessageStore) -> None:
    """A message that is settled twice, or never was, changes nothing."""
    message_id = store.publish("orders", {}, {})
    store.lease("orders", 1)
    store.ack(message_id)
    store.ack(message_id)
    assert not store.nack(message_id)
    assert store.lease("orders", 1) == []


def test_messages_outlive_the_broker(tmp_path: Path, clock: Clock) -> None:
    """What was published is in the file when another broker opens it."""
    path = tmp_path / "again.sqlite"
    before = MessageStore(path, clock)
    before.publish("orders", {"n": 1}, {})
    before.close()
    after = MessageStore(path, clock)
    assert [message["body"] for message in after.lease("orders", 5)] == [{"n": 1}]
    after.close()
