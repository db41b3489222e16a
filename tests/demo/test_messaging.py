import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from clew.demo.messaging import BatchHandler, Message, QueueClient, QueueWorker
from clew.demo.services.broker import MAX_DELIVERIES, Broker


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[str]:
    """The address of a real broker."""
    broker, stop = Broker(tmp_path), threading.Event()
    port = broker.bind()
    thread = threading.Thread(target=broker.serve, args=({}, stop))
    thread.start()
    yield f"127.0.0.1:{port}"
    stop.set()
    thread.join()


@pytest.fixture
def client(broker: str) -> Iterator[QueueClient]:
    """A connection to it."""
    with closing(QueueClient(broker)) as client:
        yield client


def test_a_message_is_delivered_until_it_is_settled(client: QueueClient) -> None:
    """What was published is received in order with its body; given back it comes again, done it doesn't."""
    client.publish("orders", {"order_id": "a"})
    client.publish("orders", {"order_id": "b"})
    first, second = client.receive("orders", 10, 0.1)
    assert [message.body["order_id"] for message in (first, second)] == ["a", "b"]
    client.settle(first, done=False)
    client.settle(second, done=True)
    (again,) = client.receive("orders", 10, 0.1)
    assert (again.body, again.deliveries) == ({"order_id": "a"}, 2)


def test_a_message_that_keeps_failing_is_set_aside(client: QueueClient) -> None:
    """After the last delivery a message lies in the queue of the dead and blocks nobody."""
    client.publish("orders", {"order_id": "cursed"})
    for _ in range(MAX_DELIVERIES):
        (message,) = client.receive("orders", 1, 0.1)
        client.settle(message, done=False)
    assert client.receive("orders", 1, 0.05) == []
    assert [message.body for message in client.receive("orders.dead", 1, 0.1)] == [{"order_id": "cursed"}]


def test_a_waiting_consumer_is_woken(broker: str, client: QueueClient) -> None:
    """A consumer that waits gets a message as soon as it is published."""
    received: list[Message] = []

    def consume() -> None:
        with closing(QueueClient(broker)) as consumer:
            received.extend(consumer.receive("mails", 1, 30.0))

    consumer = threading.Thread(target=consume)
    consumer.start()
    client.publish("mails", {"to": "u-1"})
    consumer.join(10.0)
    assert [message.body for message in received] == [{"to": "u-1"}]


def test_an_absent_broker_is_a_connection_error() -> None:
    """Without a broker publishing fails with its address."""
    with pytest.raises(ConnectionError, match=r"broker at 127\.0\.0\.1:9 is away"):
        QueueClient("127.0.0.1:9").publish("orders", {})


def test_nonsense_costs_only_its_own_connection(client: QueueClient) -> None:
    """A client whose request can't be understood is cut off, and the next request works again."""
    with pytest.raises(ConnectionError):
        client._ask({"op": "juggle"}, 5.0)
    assert client.publish("orders", {"order_id": "a"}) > 0


def test_a_worker_stops_when_it_is_told(broker: str, client: QueueClient) -> None:
    """A worker handles what comes and returns soon after the stop, although it waits for more."""
    handled, stop = threading.Event(), threading.Event()

    def handler(client: QueueClient) -> BatchHandler:
        def handle(messages: Sequence[Message]) -> None:
            for message in messages:
                client.settle(message, done=True)
            handled.set()

        return handle

    worker = QueueWorker("orders", handler)
    assert worker.bind() == 0
    thread = threading.Thread(target=worker.serve, args=({"broker": broker}, stop))
    thread.start()
    client.publish("orders", {})
    assert handled.wait(10.0)
    stop.set()
    thread.join(5.0)
    assert not thread.is_alive()
