"""Records that can't be read are copied to a topic of their own, with the reason, for a person to look at."""

import logging
from collections.abc import Callable

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from clew.journal.complaint import Complaint
from clew.receive.kafka_counters import KafkaCounters
from clew.receive.kafka_settings import KafkaSettings, client_options
from clew.receive.librdkafka_log import QuietLog

log = logging.getLogger(__name__)

_REASON_BYTES = 1000


class DeadLetters:
    """Writes to one topic. A copy that isn't written in time is given up and counted: its partition waits for it."""

    def __init__(self, topic: str, settings: KafkaSettings, counters: KafkaCounters) -> None:
        timeout_ms = str(int(settings.dead_letter_timeout_s * 1000))
        options = {**client_options(settings), "message.timeout.ms": timeout_ms, "acks": "all"}
        self._topic = topic
        self._counters = counters
        self._complaint = Complaint(log)
        self._producer = Producer(options, logger=QuietLog())

    def copy(self, record: Message, reason: str, on_done: Callable[[], None]) -> None:
        """Write a copy with key and headers; `on_done` is called by `poll`, or at once, whatever became of it."""

        def delivered(error: KafkaError | None, _: Message) -> None:
            self._tell(record, error)
            on_done()

        try:
            self._producer.produce(
                self._topic, record.value(), record.key(), on_delivery=delivered, headers=_headers(record, reason)
            )
        except (BufferError, KafkaException) as error:
            self._tell(record, error)
            on_done()

    def poll(self) -> None:
        """Let what was written be told."""
        self._producer.poll(0)

    def _tell(self, record: Message, error: object) -> None:
        self._counters.dead_letter("written" if error is None else "failed")
        if error is not None:
            place = f"{record.topic()}/{record.partition()} offset {record.offset()}"
            self._complaint.tell(f"a bad record ({place}) could not be copied to {self._topic}: {error}")


def _headers(record: Message, reason: str) -> list[tuple[str, str | bytes | None]]:
    return [
        *(record.headers() or []),
        ("clew.reason", reason.encode()[:_REASON_BYTES]),
        ("clew.topic", str(record.topic())),
        ("clew.partition", str(record.partition())),
        ("clew.offset", str(record.offset())),
    ]
