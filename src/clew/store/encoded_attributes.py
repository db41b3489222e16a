"""Reads encoded KeyValues that stand one behind the other; pure."""

from collections.abc import Iterator

from opentelemetry.proto.common.v1.common_pb2 import KeyValue

_KEY, _VALUE = 0x0A, 0x12


def read_attributes(encoded: bytes) -> list[tuple[str, str]]:
    """The key and the text of each KeyValue, which MUST be in canonical form: the key, then a value or none.

    Only texts, numbers and booleans have a text here; that of another value is empty.
    """
    return [(pair.key, _text(pair)) for pair in map(KeyValue.FromString, _split(encoded))]


def _split(encoded: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(encoded):
        end = _field_end(encoded, at)
        if end < len(encoded) and encoded[at] == _KEY and encoded[end] == _VALUE:
            end = _field_end(encoded, end)
        yield encoded[at:end]
        at = end


def _field_end(encoded: bytes, at: int) -> int:
    length = shift = 0
    while True:
        at += 1
        length |= (encoded[at] & 0x7F) << shift
        shift += 7
        if encoded[at] < 0x80:
            return at + 1 + length


def _text(pair: KeyValue) -> str:
    kind = pair.value.WhichOneof("value")
    if kind == "bool_value":
        return str(pair.value.bool_value).lower()
    return str(getattr(pair.value, kind)) if kind in ("string_value", "int_value", "double_value") else ""
