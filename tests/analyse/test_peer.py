import pytest

from clew.analyse.peer import PEER_KEYS, URL_HOST, peer_of
from clew.model.service_graph import GraphNode


@pytest.mark.parametrize(
    ("attributes", "is_messaging", "node"),
    [
        (
            {"db.system.name": "postgresql", "db.namespace": "orders", "server.address": "a"},
            False,
            "database:postgresql orders",
        ),
        ({"db.system": "redis", "net.peer.name": "cache"}, False, "database:redis"),
        ({"db.namespace": "orders", "server.address": "a"}, False, "external:a"),
        ({"messaging.system": "kafka", "messaging.destination.name": "orders"}, False, "queue:kafka orders"),
        ({"messaging.system": "redis", "db.system": "redis"}, True, "queue:redis"),
        ({"messaging.system": "redis", "db.system": "redis"}, False, "database:redis"),
        ({"peer.service": "payments", "server.address": "10.0.0.1"}, False, "external:payments"),
        ({"server.address": "", URL_HOST: "api.example.com"}, False, "external:api.example.com"),
    ],
)
def test_attributes_name_a_node(attributes: dict[str, str], is_messaging: bool, node: str) -> None:
    """A database or queue goes before a host, stable names before former ones, and empty ones name nothing."""
    found = peer_of(attributes.items(), is_messaging)
    assert found == GraphNode(*node.split(":"))
    assert set(attributes) <= {*PEER_KEYS, URL_HOST}


def test_of_a_key_that_is_there_twice_the_first_counts() -> None:
    """The later value changes nothing."""
    assert peer_of([("peer.service", "a"), ("peer.service", "b")], False) == GraphNode("external", "a")


def test_other_attributes_name_nobody() -> None:
    """A span that doesn't say whom it asks has no peer."""
    assert peer_of([("http.route", "/"), ("db.name", "orders")], False) is None
