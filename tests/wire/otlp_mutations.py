"""Changes to encoded OTLP that keep its lengths right, so that they reach every depth: what a careless or a hostile
client might send instead of the usual form.
"""

import random
from collections.abc import Callable

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from clew.wire.otlp_pieces import Field, read_fields, write_varint

_DELIMITED = 2
WRONG_TEXT = (
    b"\xff",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xe2\x82",
    b"\x80",
    b"\xf0\x82\x82\xac",
    b"\xf0\x90\x80",
)
_RIGHT_TEXT = ("\u00fc", "\u20ac", "\U0001f980", "\u07ff", "\uffff", "\U0010ffff", "\ue000", "a\0b", "x" * 40)
_NUMBERS = (0, 1, 2, 127, 128, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63, 2**64 - 2**31, 2**64 - 2**31 - 1, 2**64 - 1)
_UNKNOWN = (b"\xf8\x3f\x01", b"\xfa\x01\x00", b"\x78\x00", b"\x85\x01\x01\x00\x00\x00", b"\x00\x01", b"\x0b\x0c")

Choose = random.Random
Parts = list[bytes]


def mutated(body: bytes, kind: Descriptor, choose: Choose) -> bytes:
    """The message with one change, at the level that chance finds."""
    fields = list(read_fields(body, 0, len(body)))
    parts = [body[each.start : each.end] for each in fields]
    inner = [index for index, each in enumerate(fields) if _inner_kind(kind, each)]
    if inner and choose.random() < 0.85:
        index = choose.choice(inner)
        found, below = fields[index], _inner_kind(kind, fields[index])
        assert below is not None
        parts[index] = delimited(found.number, mutated(body[found.content : found.end], below, choose))
    else:
        choose.choice(_CHANGES)(parts, fields, body, kind, choose)
    return b"".join(parts)


def noisy(body: bytes, choose: Choose) -> bytes:
    """The bytes with some bits turned, some cut out or some put in; lengths are no longer right."""
    changed = bytearray(body)
    for _ in range(choose.choice((1, 1, 2, 5))):
        at = choose.randrange(len(changed) + 1)
        match choose.randrange(4):
            case 0:
                del changed[at:]
            case 1:
                del changed[at : at + choose.randrange(4)]
            case 2:
                changed[at:at] = choose.randbytes(choose.randrange(4))
            case _:
                changed[at : at + 1] = bytes(byte ^ 1 << choose.randrange(8) for byte in changed[at : at + 1])
    return bytes(changed)


def delimited(number: int, content: bytes) -> bytes:
    """A length-delimited field."""
    return write_varint(number << 3 | _DELIMITED) + write_varint(len(content)) + content


def long_varint(value: int, extra_bytes: int = 1) -> bytes:
    """The number with needless zeros in front."""
    short = write_varint(value)
    return short[:-1] + bytes([short[-1] | 0x80]) + b"\x80" * (extra_bytes - 1) + b"\x00"


def _inner_kind(kind: Descriptor, found: Field) -> Descriptor | None:
    described = kind.fields_by_number.get(found.number)
    return described.message_type if described and found.wire_type == _DELIMITED else None


def _repeat(parts: Parts, fields: list[Field], body: bytes, kind: Descriptor, choose: Choose) -> None:
    if parts:
        parts.insert(choose.randrange(len(parts) + 1), choose.choice(parts))


def _swap(parts: Parts, fields: list[Field], body: bytes, kind: Descriptor, choose: Choose) -> None:
    choose.shuffle(parts)


def _leave_out(parts: Parts, fields: list[Field], body: bytes, kind: Descriptor, choose: Choose) -> None:
    if parts:
        del parts[choose.randrange(len(parts))]


def _cut_off(parts: Parts, fields: list[Field], body: bytes, kind: Descriptor, choose: Choose) -> None:
    """The last field is too short; what follows the message in the body could be taken for its rest."""
    if parts:
        parts[-1] = parts[-1][: -choose.randrange(1, 5)]


def _add_unknown(parts: Parts, fields: list[Field], body: bytes, kind: Descriptor, choose: Choose) -> None:
    parts.insert(choose.choice((len(parts), choose.randrange(len(parts) + 1))), choose.choice(_UNKNOWN))


def _lengthen_number(parts: Parts, fields: list[Field], body: bytes, kind: Descriptor, choose: Choose) -> None:
    """A needlessly long tag, length or value."""
    if not parts:
        return
    index = choose.randrange(len(parts))
    found = fields[index]
    tag, content = found.number << 3 | found.wire_type, body[found.content : found.end]
    if choose.random() < 0.3:
        parts[index] = long_varint(tag) + parts[index][len(write_varint(tag)) :]
    elif found.wire_type == _DELIMITED:
        parts[index] = write_varint(tag) + long_varint(len(content), choose.randrange(1, 4)) + content
    elif found.wire_type == 0:
        parts[index] = parts[index][:-1] + bytes([parts[index][-1] | 0x80, 0])


def _add_field(parts: Parts, fields: list[Field], body: bytes, kind: Descriptor, choose: Choose) -> None:
    """Any field of the message with any value, at its place or elsewhere; often a default, or a sibling in a oneof."""
    described = choose.choice(kind.fields)
    place = sum(each.number < described.number for each in fields)
    added = _any_value(described, choose)
    if choose.random() < 0.6:
        parts[:] = [part for part, each in zip(parts, fields, strict=True) if each.number != described.number]
    parts.insert(choose.choice((place, place, len(parts))), added)


def _any_value(described: FieldDescriptor, choose: Choose) -> bytes:
    number = described.number
    if described.message_type or described.type == described.TYPE_BYTES:
        return delimited(number, choose.choice((b"", b"", bytes(8), bytes(16), b"12345678", b"1234567890123456", b"1")))
    if described.type == described.TYPE_STRING:
        return delimited(number, choose.choice((b"", *WRONG_TEXT, *(text.encode() for text in _RIGHT_TEXT))))
    if described.type in {described.TYPE_FIXED64, described.TYPE_DOUBLE}:
        return write_varint(number << 3 | 1) + choose.choice((bytes(8), b"\x00" * 7 + b"\x80", choose.randbytes(8)))
    if described.type == described.TYPE_FIXED32:
        return write_varint(number << 3 | 5) + choose.choice((bytes(4), choose.randbytes(4)))
    return write_varint(number << 3) + choose.choice((write_varint(choose.choice(_NUMBERS)), b"\xff" * 9 + b"\x03"))


def _spoil_content(parts: Parts, fields: list[Field], body: bytes, kind: Descriptor, choose: Choose) -> None:
    """Other bytes in a text, an id or a nested message, somewhere in the middle."""
    places = [index for index, each in enumerate(fields) if each.wire_type == _DELIMITED]
    if not places:
        return
    index = choose.choice(places)
    content = bytearray(body[fields[index].content : fields[index].end])
    at = choose.randrange(len(content) + 1)
    text = choose.choice((*WRONG_TEXT, *(text.encode() for text in _RIGHT_TEXT)))
    content[at : at + choose.randrange(3)] = text
    parts[index] = delimited(fields[index].number, bytes(content))


_CHANGES: tuple[Callable[[Parts, list[Field], bytes, Descriptor, Choose], None], ...] = (
    _repeat,
    _swap,
    _leave_out,
    _cut_off,
    _add_unknown,
    _lengthen_number,
    _add_field,
    _add_field,
    _add_field,
    _spoil_content,
)
