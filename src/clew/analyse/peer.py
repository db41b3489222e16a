"""Which database, queue or host a span says that it talks to, by the attributes of OpenTelemetry's conventions; pure.

Both the stable names and those before them are read, for example `db.system.name` and `db.system`.
"""

from collections.abc import Iterable

from clew.model.service_graph import DATABASE, EXTERNAL, QUEUE, GraphNode

URL_HOST = "url.host"
"""Not of the conventions: the host in `url.full` or `http.url`, which the store cuts out."""

_DATABASE_SYSTEM = ("db.system.name", "db.system")
_DATABASE_NAME = ("db.namespace", "db.name")
_QUEUE_SYSTEM = ("messaging.system",)
_QUEUE_NAME = ("messaging.destination.name", "messaging.destination")
_HOST = ("peer.service", "server.address", "net.peer.name", URL_HOST)
PEER_KEYS = (*_DATABASE_SYSTEM, *_DATABASE_NAME, *_QUEUE_SYSTEM, *_QUEUE_NAME, *_HOST[:-1])


def peer_of(attributes: Iterable[tuple[str, str]], is_messaging: bool) -> GraphNode | None:
    """The node that a span's attributes (key, text) name; of a key that is there twice, the first counts.

    `is_messaging`: the span is a producer or consumer, so that a queue goes before a database.
    """
    first: dict[str, str] = {}
    for key, text in attributes:
        first.setdefault(key, text)
    database, queue = _database(first), _queue(first)
    return (queue or database if is_messaging else database or queue) or _external(first)


def _database(attributes: dict[str, str]) -> GraphNode | None:
    system, name = _first(attributes, _DATABASE_SYSTEM), _first(attributes, _DATABASE_NAME)
    return GraphNode(DATABASE, _joined(system, name)) if system else None


def _queue(attributes: dict[str, str]) -> GraphNode | None:
    system, name = _first(attributes, _QUEUE_SYSTEM), _first(attributes, _QUEUE_NAME)
    return GraphNode(QUEUE, _joined(system, name)) if system or name else None


def _external(attributes: dict[str, str]) -> GraphNode | None:
    host = _first(attributes, _HOST)
    return GraphNode(EXTERNAL, host) if host else None


def _first(attributes: dict[str, str], keys: tuple[str, ...]) -> str:
    return next((attributes[key] for key in keys if attributes.get(key)), "")


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)
