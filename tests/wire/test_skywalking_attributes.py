from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from clew.wire.skywalking_attributes import Attributes, meant_by_peer, meant_by_tags
from tests.wire.skywalking_samples import plain


def _written(attributes: Attributes) -> dict[str, Any]:
    return plain(Span(attributes=attributes.fields()).attributes)


def _tags(*given: tuple[str, str]) -> list[Any]:
    return [SimpleNamespace(key=key, value=value) for key, value in given]


def test_attributes_keep_their_order_and_types() -> None:
    """Texts, whole numbers and truth values stay what they are."""
    attributes = Attributes()
    for key, value in (("b", "text"), ("a", 7), ("c", True), ("d", ""), ("e", -(2**31))):
        attributes.add(key, value)
    assert list(_written(attributes).items()) == [("b", "text"), ("a", 7), ("c", True), ("d", ""), ("e", -(2**31))]


def test_a_repeated_key_becomes_a_list() -> None:
    """A tag that is there twice loses none of its values, and OTLP's keys stay unique."""
    attributes = Attributes()
    attributes.add_pairs(_tags(("mq.topic", "a"), ("x", "y"), ("mq.topic", "b")))
    assert _written(attributes) == {"mq.topic": ["a", "b"], "x": "y"}
    assert attributes.first_text("mq.topic") == "a"
    assert attributes.first_text("nowhere") == ""


def test_what_was_not_set_stays_out() -> None:
    """Fields at the default of proto3 make no attribute."""
    attributes = Attributes()
    for value in ("", 0, False):
        attributes.add_known("nothing", value)
    attributes.add_known("something", -1)
    assert _written(attributes) == {"something": -1}


def test_a_program_that_sets_a_convention_itself_is_right() -> None:
    """Derived attributes never change or repeat one that came."""
    attributes = Attributes()
    attributes.add("db.namespace", "mine")
    attributes.add_derived([("db.namespace", "derived"), ("server.port", 1), ("server.port", 2)])
    assert _written(attributes) == {"db.namespace": "mine", "server.port": 1}


@pytest.mark.parametrize(
    ("tag", "meant"),
    [
        (("db.type", "PostgreSQL"), ("db.system.name", "postgresql")),
        (("cache.type", "Redis"), ("db.system.name", "redis")),
        (("db.instance", "Orders"), ("db.namespace", "Orders")),
        (("mq.topic", "Paid"), ("messaging.destination.name", "Paid")),
        (("mq.queue", "Paid"), ("messaging.destination.name", "Paid")),
        (("http.status_code", "503"), ("http.response.status_code", 503)),
        (("status_code", "200"), ("http.response.status_code", 200)),
    ],
)
def test_a_tag_is_said_once_more_by_its_conventional_name(tag: tuple[str, str], meant: tuple[str, Any]) -> None:
    """The service graph and searches know databases, queues and statuses by OpenTelemetry's names."""
    assert list(meant_by_tags(_tags(tag))) == [meant]


@pytest.mark.parametrize("tag", [("status_code", "OK"), ("status_code", "99999"), ("db.type", ""), ("url", "/")])
def test_nothing_is_made_of_other_tags(tag: tuple[str, str]) -> None:
    """A status that is no number of HTTP, an empty tag and an unknown one mean nothing more than they say."""
    assert list(meant_by_tags(_tags(tag))) == []


@pytest.mark.parametrize(
    ("peer", "meant"),
    [
        ("db.shop:3306", [("server.address", "db.shop"), ("server.port", 3306)]),
        ("[::1]:6379", [("server.address", "::1"), ("server.port", 6379)]),
        ("db", [("server.address", "db")]),
        ("a:9092;b:9092", [("server.address", "a:9092;b:9092")]),
        ("::1", [("server.address", "::1")]),
        ("", []),
    ],
)
def test_a_peer_is_an_address_and_a_port(peer: str, meant: list[tuple[str, Any]]) -> None:
    """One host and port are told apart; several, or something else, stay one text."""
    assert list(meant_by_peer(peer)) == meant
