"""How propagators read and write the headers of messages: gRPC's metadata, Kafka's and AMQP's headers.

All are without state; the names of headers are read in any case.
"""

from collections.abc import Iterable, Mapping, MutableMapping, MutableSequence
from typing import TypeVar

from opentelemetry.propagators.textmap import Getter, Setter

_PairT = TypeVar("_PairT", bound=tuple[str, object])
HeaderPairs = Iterable[tuple[str, str | bytes | None]]
"""`invocation_metadata()` of gRPC, `message.headers()` of Kafka's clients."""


class PairsGetter(Getter[HeaderPairs | None]):
    """Reads pairs; None, a message without headers to Kafka's clients, has none. What isn't UTF-8 isn't there."""

    def get(self, carrier: HeaderPairs | None, key: str) -> list[str] | None:
        wanted = key.lower()
        values = [_text(value) for name, value in carrier or () if name.lower() == wanted]
        return [value for value in values if value is not None] or None

    def keys(self, carrier: HeaderPairs | None) -> list[str]:
        return [name for name, _ in carrier or ()]


class GrpcMetadataSetter(Setter[MutableSequence[tuple[str, str]]]):
    """Writes to a list of pairs, with names in lower case, as gRPC wants them."""

    def set(self, carrier: MutableSequence[tuple[str, str]], key: str, value: str) -> None:
        name = key.lower()
        _remove(carrier, name)
        carrier.append((name, value))


class KafkaHeadersSetter(Setter[MutableSequence[tuple[str, bytes]]]):
    """Writes to a list of pairs, values as bytes."""

    def set(self, carrier: MutableSequence[tuple[str, bytes]], key: str, value: str) -> None:
        _remove(carrier, key.lower())
        carrier.append((key, value.encode()))


class AmqpHeadersGetter(Getter[Mapping[str, object] | None]):
    """Reads a table of headers, whose values may be of any type: texts and UTF-8 are taken. None has none."""

    def get(self, carrier: Mapping[str, object] | None, key: str) -> list[str] | None:
        wanted = key.lower()
        values = [_text(value) for name, value in (carrier or {}).items() if name.lower() == wanted]
        return [value for value in values if value is not None] or None

    def keys(self, carrier: Mapping[str, object] | None) -> list[str]:
        return list(carrier or ())


class AmqpHeadersSetter(Setter[MutableMapping[str, object]]):
    """Writes to a table of headers, values as texts: AMQP's long strings."""

    def set(self, carrier: MutableMapping[str, object], key: str, value: str) -> None:
        carrier[key] = value


PAIRS_GETTER = PairsGetter()
GRPC_METADATA_SETTER = GrpcMetadataSetter()
KAFKA_HEADERS_SETTER = KafkaHeadersSetter()
AMQP_HEADERS_GETTER = AmqpHeadersGetter()
AMQP_HEADERS_SETTER = AmqpHeadersSetter()


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return value
    if not isinstance(value, bytes | bytearray | memoryview):
        return None
    try:
        return bytes(value).decode()
    except UnicodeDecodeError:
        return None


def _remove(carrier: MutableSequence[_PairT], lower_name: str) -> None:
    for place in reversed(range(len(carrier))):
        if carrier[place][0].lower() == lower_name:
            del carrier[place]
