"""What the Kafka door is told: where the brokers are, which topics hold what, and what librdkafka is to know."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from clew.errors import ConfigurationError
from clew.receive.kafka_encodings import ENCODINGS

_MIB = 2**20

Option = str | int | float | bool

_OWN_OPTIONS = {
    "bootstrap.servers": "kafka.brokers",
    "metadata.broker.list": "kafka.brokers",
    "group.id": "kafka.group",
    "enable.auto.commit": "nothing: Clew commits what is on disk",
    "enable.auto.offset.store": "nothing: Clew commits what is on disk",
}
_SHARED_OPTIONS = ("security.", "sasl.", "ssl.", "enable.ssl.", "socket.", "broker.", "client.", "metadata.", "debug")
"""What the writer of dead letters takes over; all else is for readers."""


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """The door is open when there are `topics`. Sizes are bytes, times seconds.

    Memory: `max_queued_bytes` of records that wait here, a batch and what it is translated to for each partition, and
    what librdkafka has fetched ahead (16 MiB).
    """

    brokers: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    """Each as `topic=encoding`."""
    group: str = "clew"
    tenant: str | None = None
    """Whose spans these are; without it those of the tenant of all other doors."""
    dead_letter_topic: str | None = None
    """Where records go that can't be read."""
    dead_letter_timeout_s: float = 10.0
    """When a copy is given up that can't be written: the partition waits that long."""
    options: dict[str, Option] = field(default_factory=dict)
    """For librdkafka, as they are."""

    max_batch_records: int = 10_000
    max_batch_bytes: int = 8 * _MIB
    """How much of one partition becomes one record of the journal."""
    max_queued_bytes: int = 64 * _MIB
    """With so many waiting for the journal, no more is fetched."""
    commit_interval_s: float = 1.0
    """How often offsets are committed; what a crash repeats in between is recognised."""
    stop_timeout_s: float = 10.0
    """How long a stop waits for what is on its way to the disk."""


def read_topics(settings: KafkaSettings) -> dict[str, str]:
    """Topic -> name of its encoding. Raises ConfigurationError when one is misspelt or there twice."""
    routes: dict[str, str] = {}
    for entry in settings.topics:
        topic, separator, encoding = entry.partition("=")
        if not (topic and separator):
            raise ConfigurationError(f"kafka.topics has {entry!r}; write topic=encoding, as otlp_spans=otlp_proto")
        if encoding not in ENCODINGS:
            known = ", ".join(sorted(ENCODINGS))
            raise ConfigurationError(f"kafka.topics: {encoding!r} of {topic} is no encoding; there are: {known}")
        if topic in routes:
            raise ConfigurationError(f"kafka.topics has {topic} twice; a topic holds one encoding")
        routes[topic] = encoding
    return routes


def check_kafka(settings: KafkaSettings) -> None:
    """Raises ConfigurationError that names the key."""
    routes = read_topics(settings)
    if routes and not settings.brokers:
        raise ConfigurationError("kafka.topics are set and kafka.brokers isn't; name a broker, as broker1:9092")
    if routes and not settings.group:
        raise ConfigurationError("kafka.group is empty; offsets are kept under the name of a group")
    if settings.dead_letter_topic in routes:
        raise ConfigurationError("kafka.dead_letter_topic is one of kafka.topics; bad records would go round for ever")
    for name in settings.options:
        if name in _OWN_OPTIONS:
            raise ConfigurationError(f"kafka.options can't have {name}; set {_OWN_OPTIONS[name]}")


def reader_options(settings: KafkaSettings) -> dict[str, str]:
    """For a consumer: commits by hand, everything from the beginning, and modest memory unless told otherwise."""
    return {
        "auto.offset.reset": "earliest",
        "queued.max.messages.kbytes": str(16 * 1024),
        **_as_text(settings.options),
        "bootstrap.servers": ",".join(settings.brokers),
        "group.id": settings.group,
        "enable.auto.commit": "false",
        "enable.auto.offset.store": "false",
    }


def client_options(settings: KafkaSettings) -> dict[str, str]:
    """For a producer or an admin client: the addresses and what concerns the connection."""
    shared = {name: value for name, value in settings.options.items() if name.startswith(_SHARED_OPTIONS)}
    return {**_as_text(shared), "bootstrap.servers": ",".join(settings.brokers)}


def rebalances_bit_by_bit(settings: KafkaSettings) -> bool:
    """Whether partitions are given and taken one by one (cooperative), not all at once (eager)."""
    strategy = str(settings.options.get("partition.assignment.strategy", ""))
    return "cooperative" in strategy or str(settings.options.get("group.protocol", "")).lower() == "consumer"


def _as_text(options: Mapping[str, Option]) -> dict[str, str]:
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in options.items()}
