"""Attributes of OTLP from SkyWalking's tags and fields: every tag stays as it is, under its own key.

Clew's service graph and most searches know the names of OpenTelemetry's conventions only, so that what a tag or field
of SkyWalking means is said once more under its conventional name, unless the program has set that one itself.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Value = str | int | bool
CONVENTIONS: Mapping[str, str] = {
    "db.type": "db.system.name",
    "cache.type": "db.system.name",
    "db.instance": "db.namespace",
    "mq.topic": "messaging.destination.name",
    "mq.queue": "messaging.destination.name",
    "http.status_code": "http.response.status_code",
    "status_code": "http.response.status_code",
}
"""Tag of SkyWalking: attribute of OpenTelemetry."""

_ADDRESS = re.compile(r"\[(?P<bracketed>[0-9a-fA-F:.%]+)\]:(?P<port6>\d{1,5})|(?P<host>[^:,;/\s]+):(?P<port>\d{1,5})")
_STATUS = re.compile(r"[1-5][0-9][0-9]")


class Attributes:
    """What belongs to one span, event or link, in the order in which it came; a key that comes again becomes a list."""

    def __init__(self) -> None:
        self._values: dict[str, Value] = {}
        self._repeated: dict[str, list[Value]] = {}

    def add(self, key: str, value: Value) -> None:
        if key in self._values:
            self._repeated.setdefault(key, [self._values[key]]).append(value)
        else:
            self._values[key] = value

    def add_known(self, key: str, value: Value) -> None:
        """The same, unless it is empty, 0 or False, which is how proto3 writes that there is none."""
        if value:
            self.add(key, value)

    def add_pairs(self, pairs: Iterable[Any]) -> None:
        """All (key, value) messages of a list."""
        for pair in pairs:
            self.add(pair.key, pair.value)

    def add_derived(self, derived: Iterable[tuple[str, Value]]) -> None:
        """What follows from the rest: only keys that aren't there yet."""
        for key, value in derived:
            self._values.setdefault(key, value)

    def first_text(self, key: str) -> str:
        """The first value of a key, empty when there is none or it is no text."""
        value = self._values.get(key, "")
        return value if isinstance(value, str) else ""

    def fields(self) -> list[Any]:
        """The attributes for the constructor of an OTLP message: KeyValue messages would take three times as long."""
        repeated = self._repeated
        return [
            {"key": key, "value": _any_list(repeated[key]) if key in repeated else _any_value(value)}
            for key, value in self._values.items()
        ]


def _any_value(value: Value) -> dict[str, Any]:
    if isinstance(value, str):  # first, because most are
        return {"string_value": value}
    return {"bool_value": value} if isinstance(value, bool) else {"int_value": value}


def _any_list(values: list[Value]) -> dict[str, Any]:
    return {"array_value": {"values": [_any_value(value) for value in values]}}


def meant_by_tags(tags: Iterable[Any]) -> Iterator[tuple[str, Value]]:
    """(key, value) of OpenTelemetry's conventions for what tags of SkyWalking say."""
    for tag in tags:
        key = CONVENTIONS.get(tag.key)
        if key is None or not tag.value:
            continue
        if key == "http.response.status_code":
            if _STATUS.fullmatch(tag.value) is not None:
                yield key, int(tag.value)
        else:
            yield key, tag.value.lower() if key == "db.system.name" else tag.value


def meant_by_peer(peer: str) -> Iterator[tuple[str, Value]]:
    """`server.address` and `server.port` for a peer that a span asks; of several peers (`a:1;b:2`) the whole text."""
    found = _ADDRESS.fullmatch(peer)
    if found is None:
        if peer:
            yield "server.address", peer
        return
    yield "server.address", found["bracketed"] or found["host"]
    yield "server.port", int(found["port6"] or found["port"])
