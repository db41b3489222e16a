from clew.receive.kafka_identity import PartitionIdentity
from tests.kafka.broker import TIMEOUT_S, KafkaBroker
from tests.receive.kafka_traces import new_name, wait_until


def test_a_partition_keeps_its_name_and_shares_it_with_none(kafka: KafkaBroker) -> None:
    """The same partition has the same 16 bytes for any client; other partitions, topics and streams have others."""
    one, two = kafka.create_topic(new_name("spans"), partitions=2), kafka.create_topic(new_name("spans"))
    places, stream = [(one, 0), (one, 1), (two, 0)], {one: "traces/default", two: "traces/default"}
    options = {"bootstrap.servers": kafka.address}
    found = PartitionIdentity(options).sources(places, stream)
    assert found == PartitionIdentity(options).sources(places, stream)
    assert {len(source) for source in found.values()} == {16}
    other = PartitionIdentity(options).sources([(one, 0)], {one: "traces/other"})
    assert len({*found.values(), *other.values()}) == 4


def test_a_topic_made_again_has_another_name(kafka: KafkaBroker) -> None:
    """Deleted and created anew, a topic is not the one that it was."""
    topic = kafka.create_topic(new_name("spans"))
    identity = PartitionIdentity({"bootstrap.servers": kafka.address})
    before = identity.sources([(topic, 0)], {topic: "traces/default"})
    kafka.delete_topic(topic)
    wait_until(lambda: topic not in kafka.admin.list_topics(timeout=TIMEOUT_S).topics)
    kafka.create_topic(topic)
    assert identity.sources([(topic, 0)], {topic: "traces/default"}) != before
