"""Opens the Kafka door, whose client is an extra that need not be installed."""

from typing import TYPE_CHECKING

from clew.errors import ConfigurationError
from clew.receive.entrance import Entrance
from clew.receive.kafka_counters import KafkaCounters
from clew.receive.kafka_settings import KafkaSettings

if TYPE_CHECKING:
    from clew.receive.kafka_door import KafkaDoor
    from clew.receive.kafka_session import PositionedIntake


def check_kafka_client(settings: KafkaSettings) -> None:
    """Raises ConfigurationError when there are topics to read and no client to read them."""
    if not settings.topics:
        return
    try:
        import confluent_kafka  # noqa: F401, PLC0415 - an extra that need not be installed
    except ImportError as error:
        raise ConfigurationError(
            f"kafka.topics are set, and Kafka's client isn't installed ({error.name}): pip install 'clew[kafka]'"
        ) from error


def open_kafka(
    settings: KafkaSettings, entrance: Entrance, journal: "PositionedIntake", counters: KafkaCounters
) -> "KafkaDoor | None":
    """The running door, or None when there are no topics to read. Raises ConfigurationError."""
    if not settings.topics:
        return None
    check_kafka_client(settings)
    from clew.receive.kafka_door import KafkaDoor  # noqa: PLC0415 - as above

    return KafkaDoor(settings, entrance, journal, counters)
