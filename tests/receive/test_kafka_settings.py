from typing import Any

import pytest

from clew.errors import ConfigurationError
from clew.receive.kafka_settings import (
    KafkaSettings,
    check_kafka,
    client_options,
    read_topics,
    reader_options,
    rebalances_bit_by_bit,
)

BROKERS = ("b1:9092", "b2:9092")


def test_topics_name_their_encoding() -> None:
    """Each entry is a topic and its encoding."""
    topics = ("spans=otlp_proto", "more.spans=otlp_json")
    assert read_topics(KafkaSettings(topics=topics)) == {"spans": "otlp_proto", "more.spans": "otlp_json"}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"topics": ("spans",)}, "write topic=encoding"),
        ({"topics": ("=otlp_proto",)}, "write topic=encoding"),
        ({"topics": ("spans=avro",)}, "'avro' of spans is no encoding; there are: .*otlp_json, .*otlp_proto"),
        ({"topics": ("spans=otlp_proto", "spans=otlp_json")}, "spans twice"),
        ({"topics": ("spans=otlp_proto",), "brokers": ()}, "kafka.brokers isn't"),
        ({"topics": ("spans=otlp_proto",), "group": ""}, "kafka.group is empty"),
        ({"topics": ("spans=otlp_proto",), "dead_letter_topic": "spans"}, "round for ever"),
        ({"options": {"group.id": "x"}}, "set kafka.group"),
        ({"options": {"enable.auto.commit": True}}, "can't have enable.auto.commit"),
    ],
)
def test_a_wrong_setting_is_named(wrong: dict[str, Any], message: str) -> None:
    """Each mistake is told with its key and what to write instead."""
    with pytest.raises(ConfigurationError, match=message):
        check_kafka(KafkaSettings(**{"brokers": BROKERS, **wrong}))


def test_without_topics_nothing_is_asked_for() -> None:
    """The defaults are no mistake."""
    settings = KafkaSettings()
    check_kafka(settings)
    assert read_topics(settings) == {}


def test_options_reach_the_reader_and_cannot_change_who_commits() -> None:
    """Options are passed on as text and beat the defaults; brokers, group and commits stay Clew's."""
    options: dict[str, str | int | float | bool] = {"auto.offset.reset": "latest", "ssl.x": True, "fetch.min.bytes": 7}
    found = reader_options(KafkaSettings(brokers=BROKERS, options=options))
    assert found["bootstrap.servers"] == "b1:9092,b2:9092"
    assert (found["auto.offset.reset"], found["ssl.x"], found["fetch.min.bytes"]) == ("latest", "true", "7")
    assert (found["enable.auto.commit"], found["enable.auto.offset.store"]) == ("false", "false")


def test_other_clients_get_what_concerns_the_connection() -> None:
    """Passwords and certificates go to all clients, a reader's options to readers only."""
    options: dict[str, str | int | float | bool] = {
        "sasl.password": "p",
        "security.protocol": "ssl",
        "fetch.min.bytes": 7,
    }
    found = client_options(KafkaSettings(brokers=BROKERS, options=options))
    assert found == {"bootstrap.servers": "b1:9092,b2:9092", "sasl.password": "p", "security.protocol": "ssl"}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, False),
        ({"partition.assignment.strategy": "range,roundrobin"}, False),
        ({"partition.assignment.strategy": "cooperative-sticky"}, True),
        ({"group.protocol": "consumer"}, True),
    ],
)
def test_the_kind_of_rebalance_follows_from_the_options(options: dict[str, Any], expected: bool) -> None:
    """Cooperative assignors and the newer group protocol move partitions one by one."""
    assert rebalances_bit_by_bit(KafkaSettings(options=options)) is expected
