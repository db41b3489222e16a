"""A real Kafka: one broker in KRaft mode, from Kafka's own jars, in a process and a directory of its own."""

import base64
import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaException,
    Message,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

JARS = Path(__file__).with_name("jars")
TIMEOUT_S = 60.0
_QUIET = {"log_level": "0"}

# No JIT beyond the first tier and the simplest collector: it starts in half the time, and in 256 MB.
_JAVA = (
    *("setpriv", "--pdeathsig", "KILL", "java"),
    *("-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:+PerfDisableSharedMem"),
    *("-cp", f"{JARS}/*", "kafka.Kafka"),
)
_PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=CLIENT://127.0.0.1:{client},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=CLIENT://127.0.0.1:{client}
listener.security.protocol.map=CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=CLIENT
log.dirs={directory}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
num.network.threads=1
num.io.threads=2
log.cleaner.enable=false
"""


class KafkaBroker:
    """A broker that is up; it can be killed and started again at the same address, with what it holds."""

    def __init__(self, directory: Path) -> None:
        if not any(JARS.glob("kafka_*.jar")):
            raise AssertionError("Kafka's jars aren't there; `make kafka` gets them")
        client, controller = _free_ports(2)
        self.address = f"127.0.0.1:{client}"
        self._directory = directory
        data = directory / "data"
        data.mkdir()
        cluster = base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")
        # What Kafka's format tool would write, in a second JVM.
        (data / "meta.properties").write_text(f"version=1\ncluster.id={cluster}\nnode.id=1\n")
        (directory / "server.properties").write_text(
            _PROPERTIES.format(client=client, controller=controller, directory=data)
        )
        self.start()
        self.admin = AdminClient({"bootstrap.servers": self.address, **_QUIET})
        self.wait_up()

    def start(self) -> None:
        """Begin, on the same ports and data as before; `wait_up` returns when it answers."""
        with (self._directory / "log").open("ab") as log:
            command = [*_JAVA, str(self._directory / "server.properties")]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._directory)

    def wait_up(self) -> None:
        self.admin.list_topics(timeout=TIMEOUT_S)

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._process.wait(TIMEOUT_S)

    def create_topic(self, name: str, partitions: int = 1) -> str:
        """A new topic, which the broker knows when this returns: its controller does sooner."""
        self.admin.create_topics([NewTopic(name, partitions, 1)])[name].result(TIMEOUT_S)
        deadline_s = time.monotonic() + TIMEOUT_S
        while not self._knows(name):
            assert time.monotonic() < deadline_s, f"the broker doesn't hear of {name}"
        return name

    def _knows(self, topic: str) -> bool:
        try:
            self.admin.describe_topics(TopicCollection([topic]))[topic].result(TIMEOUT_S)
        except KafkaException:
            return False
        return True

    def delete_topic(self, name: str) -> None:
        self.admin.delete_topics([name])[name].result(TIMEOUT_S)

    def produce(self, topic: str, values: Sequence[bytes | None], partition: int = 0, **more: Any) -> None:
        """Write records; they are on the broker when this returns."""
        failed: list[object] = []

        def delivered(error: object, _: Message) -> None:
            if error is not None:
                failed.append(error)

        producer = Producer({"bootstrap.servers": self.address, "linger.ms": "5", **_QUIET})
        for value in values:
            producer.produce(topic, value, partition=partition, on_delivery=delivered, **more)
            producer.poll(0)
        assert producer.flush(TIMEOUT_S) == 0
        assert not failed, failed

    def committed(self, group: str, topic: str, partition: int = 0) -> int:
        """The group's committed offset, or a negative number."""
        asked = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, partition)])
        found = self.admin.list_consumer_group_offsets([asked])[group].result(TIMEOUT_S)
        return int(found.topic_partitions[0].offset)

    def members(self, group: str) -> int:
        """How many members the group has."""
        return len(self.admin.describe_consumer_groups([group])[group].result(TIMEOUT_S).members)

    def read(self, topic: str, count: int) -> list[Message]:
        """The first records of a topic's partition 0."""
        with _reading(self.address, topic) as consumer:
            messages: list[Message] = []
            while len(messages) < count:
                messages += consumer.consume(count - len(messages), TIMEOUT_S)
        return messages


@contextlib.contextmanager
def _reading(address: str, topic: str) -> Iterator[Consumer]:
    consumer = Consumer({"bootstrap.servers": address, "group.id": "test", "enable.auto.commit": "false", **_QUIET})
    consumer.assign([TopicPartition(topic, 0, 0)])
    try:
        yield consumer
    finally:
        consumer.close()


@contextlib.contextmanager
def running_broker(directory: Path) -> Iterator[KafkaBroker]:
    """A broker that is gone on leaving."""
    broker = KafkaBroker(directory)
    try:
        yield broker
    finally:
        broker.kill()


def _free_ports(count: int) -> list[int]:
    """Kafka wants to know its ports before it starts."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in sockets]
