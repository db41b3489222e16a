"""Adds attributes to the resources of encoded requests, without a look at any span.

A resource is the first field of its group, and its attributes are its first fields. So what is added is spliced in
behind the last attribute, and two lengths are written anew: the result is as canonical as what came in. (To append a
second resource to the group would be shorter, and protobuf would merge the two; but that is not what a canonical writer
writes, so that the gateway would parse every span: measured in docs/decisions/0010-the-host-agent.md.)
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from clew.errors import MalformedInput
from clew.wire.otlp_check import DEFAULT_LIMITS
from clew.wire.otlp_pieces import Field, read_fields, write_varint

_TAG = b"\x0a"
"""Field 1, length-delimited: a group in a request, the resource in a group, an attribute in a resource, its key."""
_DELIMITED = 2
_REMEMBERED = 256
_REMEMBERED_BYTES = 4096
"""A client sends the same resource with each request; 256 of them take 2 MB at most."""
_LARGEST_BYTES = DEFAULT_LIMITS.record_bytes // 2
_MOST_ATTRIBUTES = DEFAULT_LIMITS.attributes // 2
"""Resources beyond these stay as they are: what is added must not make them too large for the gateway."""


class ResourceAttributes:
    """Attributes for every resource, in groups that are true together; used by one thread at a time.

    What the client said stays. A group is left out as a whole where the resource has another value for one of its keys:
    a client that names another host is not on this one, so this one's id isn't true of it.
    """

    def __init__(self, groups: Iterable[Mapping[str, str]]) -> None:
        self._groups = [{key.encode(): _encoded(key, value) for key, value in group.items()} for group in groups]
        self._remembered: OrderedDict[bytes, bytes] = OrderedDict()

    def add_to(self, payload: bytes) -> bytes:
        """An encoded request of traces or logs with the attributes on each of its resources.

        Raises MalformedInput when the outer fields are no protobuf.
        """
        if not any(self._groups):
            return payload
        pieces: list[bytes | memoryview] = []
        for field in read_fields(payload, 0, len(payload)):
            if field.number == 1 and field.wire_type == _DELIMITED:
                pieces += self._rewritten(payload, field)
            else:
                pieces.append(memoryview(payload)[field.start : field.end])
        return b"".join(pieces)

    def _rewritten(self, payload: bytes, group: Field) -> Sequence[bytes | memoryview]:
        own = next(read_fields(payload, group.content, group.end), None)
        has_resource = own is not None and own.number == 1 and own.wire_type == _DELIMITED
        resource, rest_at = (payload[own.content : own.end], own.end) if own and has_resource else (b"", group.content)
        completed = self._completed(resource)
        header = _TAG + write_varint(len(completed) + group.end - rest_at)
        return header, completed, memoryview(payload)[rest_at : group.end]

    def _completed(self, resource: bytes) -> bytes:
        """The field of the group that holds the resource, with the attributes that it lacks."""
        remembered = self._remembered.get(resource)
        if remembered is not None:
            self._remembered.move_to_end(resource)
            return remembered
        completed = _delimited(self._with_missing(resource))
        if len(resource) <= _REMEMBERED_BYTES:
            self._remembered[resource] = completed
            if len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        return completed

    def _with_missing(self, resource: bytes) -> bytes:
        if len(resource) > _LARGEST_BYTES:
            return resource
        present: dict[bytes, bytes] = {}
        end = 0
        for field in read_fields(resource, 0, len(resource)):
            if field.number == 1 and field.wire_type == _DELIMITED:
                present[_key(resource, field)] = resource[field.start : field.end]
                end = field.end
        if len(present) > _MOST_ATTRIBUTES:
            return resource
        return resource[:end] + b"".join(self._missing(present)) + resource[end:]

    def _missing(self, present: dict[bytes, bytes]) -> Iterable[bytes]:
        for group in self._groups:
            if all(present.get(key, encoded) == encoded for key, encoded in group.items()):
                missing = {key: encoded for key, encoded in group.items() if key not in present}
                present |= missing
                yield from missing.values()


def _encoded(key: str, value: str) -> bytes:
    return _delimited(KeyValue(key=key, value=AnyValue(string_value=value)).SerializeToString())


def _delimited(content: bytes) -> bytes:
    return _TAG + write_varint(len(content)) + content


def _key(resource: bytes, attribute: Field) -> bytes:
    """The key of an encoded attribute; an empty one isn't written."""
    first = next(read_fields(resource, attribute.content, attribute.end), None)
    if first is None or first.number != 1:
        return b""
    if first.wire_type != _DELIMITED:
        raise MalformedInput("an attribute's key is no text")
    return resource[first.content : first.end]
