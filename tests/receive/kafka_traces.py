"""Requests for Kafka tests, and doors that store into memory."""

import contextlib
import itertools
import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew.journal.position import read_position
from clew.receive.counters import ReceiveCounters
from clew.receive.entrance import Entrance
from clew.receive.kafka_door import KafkaDoor
from clew.receive.kafka_settings import KafkaSettings
from clew.receive.settings import ReceiveSettings
from tests.kafka.broker import KafkaBroker
from tests.receive.memory_intake import MemoryIntake

TIMEOUT_S = 60.0
STREAM = "traces/default"
SMALL_FETCHES: dict[str, str | int | float | bool] = {
    "message.max.bytes": 20_000,
    "fetch.max.bytes": 20_000,
    "fetch.message.max.bytes": 20_000,
    "queued.max.messages.kbytes": 20,
}
_NUMBERS = itertools.count()


def make_traces(*names: str, service: str = "kafka") -> bytes:
    """A request with one span of each name."""
    request = ExportTraceServiceRequest()
    outer = request.resource_spans.add()
    outer.resource.attributes.add(key="service.name").value.string_value = service
    spans = outer.scope_spans.add().spans
    now_ns = time.time_ns()
    for name in names:
        spans.add(
            trace_id=os.urandom(16),
            span_id=os.urandom(8),
            name=name,
            start_time_unix_nano=now_ns,
            end_time_unix_nano=now_ns,
        )
    return request.SerializeToString()


def span_names(payloads: list[bytes]) -> list[str]:
    """The names of all spans, in order."""
    requests = [ExportTraceServiceRequest.FromString(payload) for payload in payloads]
    return [
        span.name
        for request in requests
        for outer in request.resource_spans
        for inner in outer.scope_spans
        for span in inner.spans
    ]


def new_name(kind: str) -> str:
    """A topic or a group that no other test uses."""
    return f"{kind}-{os.getpid()}-{next(_NUMBERS)}"


class PositionedMemory(MemoryIntake):
    """A MemoryIntake that knows positions, as the journal does."""

    def position(self, source: bytes) -> int | None:
        found = [read_position(record.key) for record in self.appended if record.key is not None]
        return max((each.number for each in found if each is not None and each.source == source), default=None)


@contextlib.contextmanager
def memory() -> Iterator[PositionedMemory]:
    """An intake that is closed on leaving."""
    intake = PositionedMemory()
    try:
        yield intake
    finally:
        intake.close()


@contextlib.contextmanager
def entrance(intake: PositionedMemory, **settings: Any) -> Iterator[Entrance]:
    """What all doors share, in front of an intake."""
    opened = Entrance(ReceiveSettings(**settings), intake, ReceiveCounters())
    try:
        yield opened
    finally:
        opened.close()


@contextlib.contextmanager
def open_door(broker: KafkaBroker, intake: PositionedMemory, *topics: str, **more: Any) -> Iterator[KafkaDoor]:
    """A door onto topics, given as `topic=encoding`; it is stopped on leaving."""
    settings = KafkaSettings(brokers=(broker.address,), topics=topics, **{"group": new_name("group"), **more})
    with entrance(intake) as opened:
        door = KafkaDoor(settings, opened, intake)
        try:
            yield door
        finally:
            intake.resume()
            door.stop()


def wait_until(condition: Callable[[], bool]) -> None:
    """Return when it holds; what is watched here has no event of its own (Kafka's state, counters)."""
    deadline_s = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline_s, "it didn't happen in time"
        threading.Event().wait(0.02)
