"""A span as Zipkin's version 2 means it: what every Zipkin format is read into, and the ids and numbers in them."""

import re
from dataclasses import dataclass, field
from socket import AF_INET6, inet_ntop
from typing import TypeAlias

from clew.errors import InputTooLarge, MalformedInput
from clew.model.ids import SPAN_ID_BYTES, TRACE_ID_BYTES, ZERO_SPAN_ID, ZERO_TRACE_ID
from clew.wire.otlp_json_scalars import read_int

UNSPECIFIED, INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER = range(6)
"""Kinds, numbered as in OTLP."""

KIND_NAMES = {"CLIENT": CLIENT, "SERVER": SERVER, "PRODUCER": PRODUCER, "CONSUMER": CONSUMER}
MAX_ITEMS = 500_000
"""Spans, annotations and tags (in JSON: objects) of one list; each takes up to 700 bytes while it is translated."""

MAX_MICROSECONDS = (2**64 - 1) // 1000
_MICROSECONDS = range(-(2**63), MAX_MICROSECONDS + 1)
_PORTS = range(-(2**31), 2**16)
_HEX = re.compile(r"[0-9a-fA-F]+")

TagValue: TypeAlias = str | bool | int | float | bytes


@dataclass(slots=True)
class Endpoint:
    """One side of a call; empty or 0 is what isn't known. The addresses are text, as they came."""

    service: str = ""
    ipv4: str = ""
    ipv6: str = ""
    port: int = 0


@dataclass(slots=True)
class Annotation:
    """What happened at a time (microseconds since 1970)."""

    timestamp_us: int
    value: str


@dataclass(slots=True)
class ZipkinSpan:
    """What one host says of one operation.

    `trace_id` has 16 bytes, `span_id` 8, `parent_id` 8 or none. `timestamp_us` and `duration_us`: not known when 0, and
    kept for what they are when negative. `joined_parent_id`: the parent that a server half named (zipkin_shared.py).
    """

    trace_id: bytes
    span_id: bytes
    parent_id: bytes = b""
    kind: int = UNSPECIFIED
    name: str = ""
    timestamp_us: int = 0
    duration_us: int = 0
    local: Endpoint = field(default_factory=Endpoint)
    remote: Endpoint = field(default_factory=Endpoint)
    annotations: list[Annotation] = field(default_factory=list)
    tags: dict[str, TagValue] = field(default_factory=dict)
    is_debug: bool = False
    is_shared: bool = False
    joined_parent_id: bytes = b""

    def __post_init__(self) -> None:
        if self.parent_id in (ZERO_SPAN_ID, self.span_id):
            self.parent_id = b""  # as Zipkin does: it says nothing, or would be its own parent


def refuse_many(items: int) -> None:
    """Raises InputTooLarge when a list has more than MAX_ITEMS."""
    if items > MAX_ITEMS:
        raise InputTooLarge(f"the list has more than {MAX_ITEMS} spans, annotations and tags; send smaller lists")


def trace_id_of_hex(text: str) -> bytes:
    """16 bytes of 1 to 32 hex digits; a 64-bit id is padded on the left. Raises MalformedInput."""
    return _checked_id(_bytes_of_hex(text, TRACE_ID_BYTES), ZERO_TRACE_ID)


def span_id_of_hex(text: str) -> bytes:
    """8 bytes of 1 to 16 hex digits; raises MalformedInput, also for zero."""
    return _checked_id(_bytes_of_hex(text, SPAN_ID_BYTES), ZERO_SPAN_ID)


def parent_id_of_hex(text: str | None) -> bytes:
    """The same for a parent: none for None, zero or no text."""
    return _bytes_of_hex(text, SPAN_ID_BYTES) if text else b""


def trace_id_of_bytes(data: bytes) -> bytes:
    """16 bytes of 8 or 16; raises MalformedInput."""
    if len(data) not in (SPAN_ID_BYTES, TRACE_ID_BYTES):
        raise MalformedInput(f"a trace id has 8 or 16 bytes, not {len(data)}")
    return _checked_id(data.rjust(TRACE_ID_BYTES, b"\0"), ZERO_TRACE_ID)


def span_id_of_bytes(data: bytes) -> bytes:
    """8 bytes that aren't all zero; raises MalformedInput."""
    if len(data) != SPAN_ID_BYTES:
        raise MalformedInput(f"a span id has 8 bytes, not {len(data)}")
    return _checked_id(data, ZERO_SPAN_ID)


def _bytes_of_hex(text: str, count: int) -> bytes:
    if len(text) > 2 * count or _HEX.fullmatch(text) is None:
        raise MalformedInput(f"an id has 1 to {2 * count} hex digits, not {text[:40]!r}")
    return bytes.fromhex(text.rjust(2 * count, "0"))


def _checked_id(data: bytes, zero: bytes) -> bytes:
    if data == zero:
        raise MalformedInput("an id is not all zero")
    return data


def microseconds(value: int | float | str | None) -> int:
    """A time or duration, 0 when there is none; raises MalformedInput when OTLP's nanoseconds can't hold it."""
    return 0 if value is None else read_int(value, _MICROSECONDS)


def port(value: int | float | str | None) -> int:
    """A port, 0 when there is none or, as Zipkin has it, a negative one; raises MalformedInput above 65535."""
    return 0 if value is None else max(0, read_int(value, _PORTS))


def ipv4_text(address: bytes) -> str:
    """The dotted form of 4 bytes; none for no bytes."""
    return ".".join(map(str, _address(address, 4)))


def ipv6_text(address: bytes) -> str:
    """The colon form of 16 bytes; none for no bytes."""
    return inet_ntop(AF_INET6, address) if _address(address, 16) else ""


def _address(address: bytes, count: int) -> bytes:
    if len(address) not in (0, count):
        raise MalformedInput(f"an address has {count} bytes, not {len(address)}")
    return address
