"""Messages through the shop's broker: JSON lines over TCP, trace context in the message's headers."""

import json
import logging
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from opentelemetry import propagate, trace
from opentelemetry.trace import Link, Span, SpanKind, StatusCode

from clew.demo.baggage import attached
from clew.demo.settings import Peers

SYSTEM = "shopqueue"
POLL_WAIT_S = 5.0
ANSWER_TIMEOUT_S = 4.0
_RETRY_PAUSE_S = 0.5
_log = logging.getLogger(__name__)
_tracer = trace.get_tracer(__name__)


@dataclass(frozen=True, slots=True)
class Message:
    """A leased message; `deliveries` counts from 1. `headers` carry `traceparent` and `baggage`."""

    id: int
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    deliveries: int

    def link(self) -> Link:
        """A link to the span that sent this message."""
        producer = trace.get_current_span(propagate.extract(self.headers)).get_span_context()
        return Link(producer, {"messaging.message.id": str(self.id)})


class QueueClient:
    """One connection to the broker, made when first needed and again after it broke; safe to share among threads."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._address = (host, int(port))
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    def publish(self, queue: str, body: Mapping[str, Any]) -> int:
        """The id of the message, which is on disk by then. Raises ConnectionError when the broker is away."""
        with _tracer.start_as_current_span(f"publish {queue}", kind=SpanKind.PRODUCER) as span:
            headers: dict[str, str] = {}
            propagate.inject(headers)
            answer = self._ask({"op": "publish", "queue": queue, "body": body, "headers": headers}, ANSWER_TIMEOUT_S)
            span.set_attributes(self._attributes(queue, "publish", "send"))
            span.set_attribute("messaging.message.id", str(answer["id"]))
            span.set_attribute("messaging.message.body.size", len(json.dumps(body)))
            return int(answer["id"])

    def receive(self, queue: str, max_messages: int, wait_s: float = POLL_WAIT_S) -> list[Message]:
        """Up to `max_messages`, leased to the caller; empty when none came in `wait_s`."""
        request = {"op": "receive", "queue": queue, "max_messages": max_messages, "wait_s": wait_s}
        return [Message(**fields) for fields in self._ask(request, wait_s + ANSWER_TIMEOUT_S)["messages"]]

    def settle(self, message: Message, done: bool) -> None:
        """Delete the message, or give it back for another delivery (the broker sets aside what fails too often)."""
        self._ask({"op": "ack" if done else "nack", "id": message.id}, ANSWER_TIMEOUT_S)

    def _attributes(self, queue: str, name: str, kind: str) -> dict[str, str | int]:
        return {**operation(queue, name, kind), "server.address": self._address[0], "server.port": self._address[1]}

    def _ask(self, request: Mapping[str, Any], timeout_s: float) -> dict[str, Any]:
        with self._lock:
            try:
                return self._exchange(json.dumps(request).encode() + b"\n", timeout_s)
            except (OSError, ValueError) as error:
                self.close()
                raise ConnectionError(
                    f"the broker at {self._address[0]}:{self._address[1]} is away: {error}"
                ) from error

    def _exchange(self, line: bytes, timeout_s: float) -> dict[str, Any]:
        if self._socket is None:
            self._socket = socket.create_connection(self._address, timeout=ANSWER_TIMEOUT_S)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.settimeout(timeout_s)
        self._socket.sendall(line)
        answer: dict[str, Any] = json.loads(_read_line(self._socket))
        return answer

    def close(self) -> None:
        """Let go of the connection; the next request makes a new one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _read_line(connection: socket.socket) -> bytes:
    received = bytearray()
    while not received.endswith(b"\n"):
        chunk = connection.recv(65536)
        if not chunk:
            raise ConnectionResetError("it closed the connection")
        received += chunk
    return bytes(received)


def operation(queue: str, name: str, kind: str) -> dict[str, str | int]:
    """The attributes that every messaging span has."""
    return {
        "messaging.system": SYSTEM,
        "messaging.destination.name": queue,
        "messaging.operation.name": name,
        "messaging.operation.type": kind,
    }


class QueueWorker:
    """A service that listens on no port: it takes up to `batch` messages from one queue, then pauses."""

    def __init__(
        self, queue: str, make_handler: Callable[[QueueClient], "BatchHandler"], batch: int = 1, pause_s: float = 0.0
    ) -> None:
        self._queue = queue
        self._make_handler = make_handler
        self._batch = batch
        self._pause_s = pause_s

    def bind(self) -> int:
        return 0

    def serve(self, peers: Peers, stop: threading.Event) -> None:
        consumer = threading.Thread(target=self._consume, args=(peers["broker"], stop), daemon=True)
        consumer.start()
        stop.wait()
        # Waiting for messages has nothing in hand, so only work that was begun is worth a moment.
        consumer.join(0.3)

    def _consume(self, address: str, stop: threading.Event) -> None:
        with closing(QueueClient(address)) as client:
            self._consume_from(client, stop)

    def _consume_from(self, client: QueueClient, stop: threading.Event) -> None:
        handle = self._make_handler(client)
        while not stop.is_set():
            try:
                if messages := client.receive(self._queue, self._batch):
                    handle(messages)
                    stop.wait(self._pause_s)
            except ConnectionError as error:
                _log.warning("consuming %s: %s", self._queue, error)
                stop.wait(_RETRY_PAUSE_S)


BatchHandler = Callable[[Sequence[Message]], None]


def process_each(queue: str, client: QueueClient, work: Callable[[Message], None], consumer_group: str) -> BatchHandler:
    """A handler that goes on with the trace of each message's sender, and links to it as well."""

    def handle(messages: Sequence[Message]) -> None:
        for message in messages:
            attributes = {
                **operation(queue, "process", "process"),
                "messaging.consumer.group.name": consumer_group,
                "messaging.message.id": str(message.id),
                "messaging.message.delivery_count": message.deliveries,
            }
            with (
                attached(propagate.extract(message.headers)),
                _tracer.start_as_current_span(
                    f"process {queue}", kind=SpanKind.CONSUMER, links=[message.link()], attributes=attributes
                ) as span,
            ):
                client.settle(message, attempt(span, work, message))

    return handle


def attempt(span: Span, work: Callable[[Message], None], message: Message) -> bool:
    """Whether the work on the message succeeded; a failure is recorded on the span and logged, not raised."""
    try:
        work(message)
    except Exception as error:  # noqa: BLE001  # whatever went wrong, the message goes back
        span.record_exception(error)
        span.set_status(StatusCode.ERROR, f"{type(error).__name__}: {error}")
        _log.exception("message %s failed on delivery %d", message.id, message.deliveries)
        return False
    return True
