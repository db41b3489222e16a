"""Which partition this is, for ever: a name that no other partition of any cluster will have."""

import hashlib

from confluent_kafka import TopicCollection
from confluent_kafka.admin import AdminClient

from clew.journal.position import SOURCE_BYTES
from clew.receive.kafka_partition import Place
from clew.receive.librdkafka_log import QuietLog

LOOKUP_TIMEOUT_S = 15.0


class PartitionIdentity:
    """The cluster's id and the topics' ids, asked of the brokers.

    A topic that is made again under its old name counts its offsets from 0 again; by its id it is another one.
    """

    def __init__(self, options: dict[str, str]) -> None:
        self._admin = AdminClient({**options}, logger=QuietLog())
        self._cluster_id = ""

    def sources(self, places: list[Place], stream: dict[str, str]) -> dict[Place, bytes]:
        """The 16 bytes that name each partition in the journal; `stream` is the journal's stream by topic.

        Raises KafkaException when the brokers don't say.
        """
        if not self._cluster_id:
            description = self._admin.describe_cluster(request_timeout=LOOKUP_TIMEOUT_S).result(LOOKUP_TIMEOUT_S)
            self._cluster_id = str(description.cluster_id)
        topics = sorted({topic for topic, _ in places})
        asked = self._admin.describe_topics(TopicCollection(topics), request_timeout=LOOKUP_TIMEOUT_S)
        ids = {topic: str(future.result(LOOKUP_TIMEOUT_S).topic_id) for topic, future in asked.items()}
        return {
            (topic, partition): _hash(self._cluster_id, topic, ids[topic], str(partition), stream[topic])
            for topic, partition in places
        }


def _hash(*parts: str) -> bytes:
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=SOURCE_BYTES).digest()
