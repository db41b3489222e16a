import subprocess
import sys

import pytest

from clew.errors import ConfigurationError
from clew.receive.kafka_counters import KafkaCounters
from clew.receive.kafka_settings import KafkaSettings
from clew.server.kafka import check_kafka_client, open_kafka
from tests.receive.kafka_traces import entrance, memory

WANTED = KafkaSettings(brokers=("127.0.0.1:1",), topics=("spans=otlp_proto",))


def test_without_topics_there_is_no_door_and_no_client_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has no Kafka needs no Kafka client."""
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    check_kafka_client(KafkaSettings())
    with memory() as intake, entrance(intake) as opened:
        assert open_kafka(KafkaSettings(), opened, intake, KafkaCounters()) is None


def test_everything_else_is_imported_without_the_client() -> None:
    """The server, its settings and its command line load where Kafka's client isn't installed."""
    code = "import sys; sys.modules['confluent_kafka'] = None; import clew.cli, clew.server.run"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_a_missing_client_is_told_with_its_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    """With topics and without the client, the message says what to install."""
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'clew\[kafka\]'"):
        check_kafka_client(WANTED)


def test_a_door_opens_though_no_broker_answers() -> None:
    """Clew starts without its brokers, and stops at once without them."""
    with memory() as intake, entrance(intake) as opened:
        door = open_kafka(WANTED, opened, intake, KafkaCounters())
        assert door is not None
        door.stop()
        assert intake.appended == []
