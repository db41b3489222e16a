"""The fast yes: is an OTLP request certainly canonical, with good ids, and how much is in it?

A table made from protobuf's descriptors tells the compiled scanner (otlp_scan.c) what OTLP is, so that no schema is
written twice. It takes a tenth of the time of parsing, and says either "certainly" or nothing; then the parser looks.
So it can neither refuse nor change anything.
"""

import ctypes
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from clew.wire.compiled_library import FieldEntry, Found, MessageEntry, load_library

# Above, other threads go on meanwhile. Below (0.1 ms) they had better not: who gives the GIL away waits for it, up to
# 5 ms when another thread computes.
GIL_KEPT_BYTES = 2**18
MAX_DEPTH = 64  # upb reads and writes 100 levels
LAST_NUMBER = 31  # a bit for each field

# The kinds, wire types and flags of otlp_scan.c.
_MESSAGE, _STRING, _BYTES, _FIXED32, _FIXED64, _BOOL, _INT32, _UINT32, _64 = range(9)
_VARINT, _WIRE_64, _DELIMITED, _WIRE_32, _NONE = 0, 1, 2, 5, 255
_NO_DEFAULT, _NOT_ZERO, RECORD, GROUP, OWN, ATTRIBUTE, ITEM, _OUTER = (1 << bit for bit in range(8))

_KINDS = {
    FieldDescriptor.TYPE_MESSAGE: (_MESSAGE, _DELIMITED),
    FieldDescriptor.TYPE_STRING: (_STRING, _DELIMITED),
    FieldDescriptor.TYPE_BYTES: (_BYTES, _DELIMITED),
    FieldDescriptor.TYPE_FIXED32: (_FIXED32, _WIRE_32),
    FieldDescriptor.TYPE_SFIXED32: (_FIXED32, _WIRE_32),
    FieldDescriptor.TYPE_FLOAT: (_FIXED32, _WIRE_32),
    FieldDescriptor.TYPE_FIXED64: (_FIXED64, _WIRE_64),
    FieldDescriptor.TYPE_SFIXED64: (_FIXED64, _WIRE_64),
    FieldDescriptor.TYPE_DOUBLE: (_FIXED64, _WIRE_64),
    FieldDescriptor.TYPE_BOOL: (_BOOL, _VARINT),
    FieldDescriptor.TYPE_INT32: (_INT32, _VARINT),
    FieldDescriptor.TYPE_ENUM: (_INT32, _VARINT),
    FieldDescriptor.TYPE_UINT32: (_UINT32, _VARINT),
    FieldDescriptor.TYPE_INT64: (_64, _VARINT),
    FieldDescriptor.TYPE_UINT64: (_64, _VARINT),
}


@dataclass(frozen=True, slots=True)
class Role:
    """What a field is to the check, besides its type."""

    flags: int = 0
    exact_bytes: int = 0
    is_required: bool = False


_ID = Role(_NOT_ZERO, 16, is_required=True), Role(_NOT_ZERO, 8, is_required=True)
_LOOSE_ID = Role(0, 16), Role(0, 8)
_COUNTED = Role(ATTRIBUTE | ITEM)
_PARENTS_OWN = Role(ATTRIBUTE)
_PART = Role(ITEM)

# By the name of the field; a field of a message with a group or a record is an outer one.
ROLES: dict[str, Role] = {
    "ExportTraceServiceRequest.resource_spans": Role(GROUP),
    "ResourceSpans.resource": Role(OWN),
    "ResourceSpans.scope_spans": Role(GROUP),
    "ScopeSpans.scope": Role(OWN),
    "ScopeSpans.spans": Role(RECORD),
    "Span.trace_id": _ID[0],
    "Span.span_id": _ID[1],
    "Span.parent_span_id": _LOOSE_ID[1],
    "Span.attributes": _COUNTED,
    "Span.events": _PART,
    "Span.Event.attributes": _PART,
    "Span.links": _PART,
    "Span.Link.attributes": _PART,
    "ExportLogsServiceRequest.resource_logs": Role(GROUP),
    "ResourceLogs.resource": Role(OWN),
    "ResourceLogs.scope_logs": Role(GROUP),
    "ScopeLogs.scope": Role(OWN),
    "ScopeLogs.log_records": Role(RECORD),
    "LogRecord.trace_id": _LOOSE_ID[0],
    "LogRecord.span_id": _LOOSE_ID[1],
    "LogRecord.attributes": _COUNTED,
    "Resource.attributes": _PARENTS_OWN,
    "InstrumentationScope.attributes": _PARENTS_OWN,
}


def reachable(root: Descriptor) -> list[Descriptor]:
    """`root` and every message type below it."""
    found = {root.full_name: root}
    waiting = [root]
    while waiting:
        for below in waiting.pop().fields:
            inner = below.message_type
            if inner is not None and inner.full_name not in found:
                found[inner.full_name] = inner
                waiting.append(inner)
    return list(found.values())


@dataclass(slots=True)
class ScanTable:
    """What otlp_scan.c has to know of the message type `root`."""

    root: Descriptor
    messages: Any = field(init=False)
    fields: Any = field(init=False)

    def __post_init__(self) -> None:
        types = reachable(self.root)
        numbers = {kind.full_name: number for number, kind in enumerate(types)}
        messages: list[MessageEntry] = []
        fields: list[FieldEntry] = []
        for kind in types:
            messages.append(_message_entry(kind, len(fields)))
            fields += _field_entries(kind, numbers)
        self.messages = (MessageEntry * len(messages))(*messages)
        self.fields = (FieldEntry * len(fields))(*fields)

    def scan(self, body: bytes) -> Found | None:
        """What is in the body when it is certainly canonical and good, else None."""
        library = load_library()
        if library is None:
            return None
        found = Found()
        call = library.scan_short if len(body) <= GIL_KEPT_BYTES else library.scan_long
        is_certain = call(self.fields, self.messages, MAX_DEPTH, body, len(body), ctypes.byref(found))
        return found if is_certain else None


def _message_entry(kind: Descriptor, first_field: int) -> MessageEntry:
    required = sum(1 << each.number for each in _known(kind) if _role(kind, each).is_required)
    return MessageEntry(required, first_field, _last_number(kind))


def _known(kind: Descriptor) -> list[FieldDescriptor]:
    """The fields that the scanner understands; it doesn't know what to say of a body with any other."""
    return [each for each in kind.fields if each.number <= LAST_NUMBER and each.type in _KINDS and _is_plain(each)]


def _is_plain(each: FieldDescriptor) -> bool:
    """No packed numbers, no closed enum, no map."""
    if each.enum_type is not None and each.enum_type.is_closed:
        return False
    if each.message_type is not None and each.message_type.GetOptions().map_entry:
        return False
    return not each.is_repeated or _KINDS[each.type][1] == _DELIMITED


def _last_number(kind: Descriptor) -> int:
    return max((each.number for each in _known(kind)), default=0)


def _field_entries(kind: Descriptor, numbers: dict[str, int]) -> list[FieldEntry]:
    """One for each number from 0 to the last."""
    entries = [FieldEntry(wire_type=_NONE) for _ in range(_last_number(kind) + 1)]
    is_outer = any(_role(kind, each).flags & (GROUP | RECORD) for each in kind.fields)
    for each in _known(kind):
        code, wire_type = _KINDS[each.type]
        role = _role(kind, each)
        has_default = not each.is_repeated and not each.has_presence
        entries[each.number] = FieldEntry(
            excluded=_excluded(each),
            wire_type=wire_type,
            kind=code,
            message=numbers[each.message_type.full_name] if each.message_type else 0,
            exact_bytes=role.exact_bytes,
            flags=role.flags | _NO_DEFAULT * has_default | _OUTER * is_outer,
        )
    return entries


def _excluded(each: FieldDescriptor) -> int:
    """The fields after which this one must not come: those with a higher number, itself, others of its oneof."""
    higher = (1 << (LAST_NUMBER + 1)) - (2 << each.number)
    itself = 0 if each.is_repeated else 1 << each.number
    group = each.containing_oneof
    siblings = sum(1 << other.number for other in group.fields if other.number <= LAST_NUMBER) if group else 0
    return higher | itself | siblings


def _role(kind: Descriptor, each: FieldDescriptor) -> Role:
    return ROLES.get(field_name(kind, each), Role())


def field_name(kind: Descriptor, each: FieldDescriptor) -> str:
    """The name of a field as in ROLES: without the package."""
    return f"{kind.full_name}.{each.name}".removeprefix(f"{kind.file.package}.")
