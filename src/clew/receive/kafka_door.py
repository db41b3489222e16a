"""The door to Kafka: a thread that reads topics for as long as Clew runs."""

import contextlib
import logging
import threading
from functools import partial

from confluent_kafka import KafkaException

from clew.errors import ConfigurationError
from clew.journal.complaint import Complaint
from clew.receive.entrance import Entrance
from clew.receive.kafka_counters import KafkaCounters
from clew.receive.kafka_session import KafkaSession, PositionedIntake
from clew.receive.kafka_settings import KafkaSettings, check_kafka

log = logging.getLogger(__name__)

_RESTART_S = 1.0


class KafkaDoor:
    """Begins when it is made; brokers that can't be reached are tried until they can.

    Raises ConfigurationError when the settings are wrong, those for librdkafka included.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        entrance: Entrance,
        journal: PositionedIntake,
        counters: KafkaCounters | None = None,
    ) -> None:
        check_kafka(settings)
        self.counters = counters or KafkaCounters()
        self._stopping = threading.Event()
        self._giving_up = threading.Event()
        self._stop_timeout_s = settings.stop_timeout_s
        self._open = partial(
            KafkaSession, settings, entrance, journal, counters=self.counters, giving_up=self._giving_up
        )
        self._complaint = Complaint(log)
        try:
            session = self._open()
        except KafkaException as error:
            raise ConfigurationError(f"kafka.options: {error.args[0].str()}") from error
        self._thread = threading.Thread(target=self._run, args=(session,), name="clew-kafka", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take no more, wait for what is on its way to the disk, commit, and leave the group."""
        self._stopping.set()
        self._thread.join(self._stop_timeout_s)
        self._giving_up.set()
        self._thread.join()

    def _run(self, session: KafkaSession) -> None:
        self._read(session)
        while not self._stopping.wait(_RESTART_S):
            try:
                session = self._open()
            except KafkaException as error:  # a certificate that isn't there any more
                self._complaint.tell(f"Kafka's client can't begin: {error}")
            else:
                self._read(session)

    def _read(self, session: KafkaSession) -> None:
        """Until Clew stops or the session can't go on."""
        try:
            with contextlib.closing(session):
                while not self._stopping.is_set():
                    session.step()
        except KafkaException as error:
            self._complaint.tell(f"reading from Kafka begins anew: {error}")
        except Exception:
            log.exception("reading from Kafka failed, and begins anew")
