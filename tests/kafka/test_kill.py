"""What Kafka holds is stored exactly once, though Clew is killed again and again while it reads."""

import random
import threading
from collections import Counter
from pathlib import Path

from tests.kafka.broker import KafkaBroker
from tests.receive.kafka_traces import make_traces, new_name, wait_until
from tests.server_process import ServerProcess, running_server

KILLS = 3
PARTITIONS = 3
SPANS_PER_RECORD = 5
LONGEST_READ_S = 0.8
PAUSE_S = 0.05

CONFIG = """
[kafka]
brokers = ["{address}"]
topics = ["{topic}=otlp_proto"]
group = "{topic}"
commit_interval_s = 0.2

[kafka.options]
# A member that comes back under its name needn't wait until the group takes its former self for dead.
"group.instance.id" = "{topic}"
"session.timeout.ms" = 6000
"""


class _Producer(threading.Thread):
    """Writes records until it is told to stop; `sent` are the spans of each partition, by name."""

    def __init__(self, broker: KafkaBroker, topic: str) -> None:
        super().__init__()
        self.sent: list[str] = []
        self.records = [0] * PARTITIONS
        self.stopping = threading.Event()
        self._broker, self._topic = broker, topic

    def run(self) -> None:
        while not self.stopping.is_set():
            for partition in range(PARTITIONS):
                self._write(partition)
            self.stopping.wait(PAUSE_S)  # without, there were a million spans, and the test took minutes

    def _write(self, partition: int) -> None:
        names = [f"{partition}-{self.records[partition]}-{number}" for number in range(100)]
        groups = [names[at : at + SPANS_PER_RECORD] for at in range(0, len(names), SPANS_PER_RECORD)]
        self._broker.produce(self._topic, [make_traces(*group, service="kill") for group in groups], partition)
        self.records[partition] += len(groups)
        self.sent += names


def test_every_record_is_stored_once_though_clew_is_killed(kafka: KafkaBroker, tmp_path: Path) -> None:
    """After several kills at random moments under load, each span of the topic is in the store, exactly once."""
    topic = kafka.create_topic(new_name("kill"), PARTITIONS)
    config = tmp_path / "clew.toml"
    config.write_text(CONFIG.format(address=kafka.address, topic=topic))
    flags = ["--config", str(config)]
    producer = _Producer(kafka, topic)
    producer.start()
    moments = random.Random(11)
    try:
        for _ in range(KILLS):
            server = ServerProcess(tmp_path / "data", flags)
            timer = threading.Timer(moments.uniform(0.1, LONGEST_READ_S), server.process.kill)
            timer.start()
            timer.join()
            server.kill()
    finally:
        producer.stopping.set()
        producer.join()
    with running_server(tmp_path / "data", flags) as server:
        wait_until(lambda: _committed(kafka, topic) == producer.records)
        server.wait_loaded()
        stored = _stored_names(server)
        metrics = server.client.get("/metrics").text
    assert len(producer.sent) > 1000
    assert stored == Counter(producer.sent)
    assert f'clew_kafka_lag_records{{partition="0",topic="{topic}"}} 0' in metrics.replace(
        f'topic="{topic}",partition="0"', f'partition="0",topic="{topic}"'
    )


def _committed(kafka: KafkaBroker, topic: str) -> list[int]:
    return [kafka.committed(topic, topic, partition) for partition in range(PARTITIONS)]


def _stored_names(server: ServerProcess) -> Counter[str]:
    found: Counter[str] = Counter()
    for data in server.export(service="kill"):
        found.update(span.name for outer in data.resource_spans for inner in outer.scope_spans for span in inner.spans)
    return found
