"""OTLP bytes straight from spans, without a message object in between.

Source: opentelemetry-proto, trace/v1/trace.proto and common/v1/common.proto; each tag below is field << 3 | wire type.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from struct import Struct
from typing import Any

from opentelemetry.trace import Link
from opentelemetry.trace.span import DEFAULT_TRACE_STATE

from clew.sdk.compiled_encoding import load_compiled
from clew.sdk.events import Event
from clew.sdk.source import Scope
from clew.sdk.span import UNSET_STATUS, Span

_FIXED64 = Struct("<Q").pack
_FIXED32 = Struct("<I").pack
_DOUBLE = Struct("<d").pack
_SMALL = tuple(bytes((number,)) for number in range(0x80))
_HAS_REMOTE, _IS_REMOTE = 0x100, 0x200
_INT64 = range(-(1 << 63), 1 << 63)


def encode_request(spans: Iterable[Span]) -> bytes:
    """An `ExportTraceServiceRequest` of spans, grouped by resource and scope in the order of their first."""
    groups: dict[int, tuple[Any, dict[int, list[Span]]]] = {}
    for span in spans:
        source = span._source
        resource = source.resource
        _, sources = groups.setdefault(id(resource), (resource, {}))
        sources.setdefault(id(source), []).append(span)
    return b"".join(
        _field(b"\x0a", _resource_spans(resource, sources.values())) for resource, sources in groups.values()
    )


def _resource_spans(resource: Any, sources: Iterable[list[Span]]) -> bytes:
    parts = [_field(b"\x0a", _attributes(b"\x0a", resource.attributes))]
    for spans in sources:
        scope = spans[0]._source.scope
        body = _scope(scope) + encode_spans(spans)
        if scope.schema_url:
            body += _text(b"\x1a", scope.schema_url)
        parts.append(_field(b"\x12", body))
    if resource.schema_url:
        parts.append(_text(b"\x1a", resource.schema_url))
    return b"".join(parts)


def _scope(scope: Scope) -> bytes:
    body = b""
    if scope.name:
        body += _text(b"\x0a", scope.name)
    if scope.version:
        body += _text(b"\x12", scope.version)
    return _field(b"\x0a", body + _attributes(b"\x1a", scope.attributes))


def encode_spans_in_python(spans: list[Span]) -> bytes:
    """The `spans` fields of a `ScopeSpans` message."""
    return b"".join([_field(b"\x12", _span(span)) for span in spans])


def _span(span: Span) -> bytes:
    parts = [b"\x0a\x10", span._trace_id.to_bytes(16, "big"), b"\x12\x08", span._span_id.to_bytes(8, "big")]
    flags = span._flags | _HAS_REMOTE
    if span._parent_id:
        parts += (b"\x22\x08", span._parent_id.to_bytes(8, "big"))
        if span._parent is not None and span._parent.is_remote:
            flags |= _IS_REMOTE
    parts += (
        b"\x85\x01",
        _FIXED32(flags),
        _text(b"\x2a", span._name),
        b"\x30",
        _SMALL[span._kind.value + 1],
        b"\x39",
        _FIXED64(span._start_ns & 0xFFFF_FFFF_FFFF_FFFF),
        b"\x41",
        _FIXED64((span._end_ns or 0) & 0xFFFF_FFFF_FFFF_FFFF),
        _attributes(b"\x4a", span._attributes),
    )
    if span._events:
        parts += [_field(b"\x5a", _event(event)) for event in span._events]
    for tag, dropped in (
        (b"\x50", span._dropped_attributes),
        (b"\x60", span._dropped_events),
        (b"\x70", span._dropped_links),
    ):
        if dropped:
            parts += (tag, _varint(dropped))
    parts.append(_rest(span))
    return b"".join(parts)


def _rest(span: Span) -> bytes:
    """What few spans have: a trace state, links, a status."""
    state = span._trace_state
    written = _text(b"\x1a", state.to_header()) if state else b""
    if span._links:
        written += b"".join([_field(b"\x6a", _link(link)) for link in span._links])
    return written + _status(span)


def _status(span: Span) -> bytes:
    status = span._status
    code = status.status_code.value
    if not code:
        return b""
    body = b"\x18" + _SMALL[code]
    if status.description:
        body = _text(b"\x12", status.description) + body
    return _field(b"\x7a", body)


def _event(event: Event) -> bytes:
    body = b"\x09" + _FIXED64(event.timestamp & 0xFFFF_FFFF_FFFF_FFFF) + _text(b"\x12", event.name)
    body += _attributes(b"\x1a", event.attributes)
    return body + b"\x20" + _varint(event.dropped_attributes) if event.dropped_attributes else body


def _link(link: Link) -> bytes:
    context = link.context
    body = b"\x0a\x10" + context.trace_id.to_bytes(16, "big") + b"\x12\x08" + context.span_id.to_bytes(8, "big")
    if context.trace_state:
        body += _text(b"\x1a", context.trace_state.to_header())
    body += _attributes(b"\x22", link.attributes or {})
    if link.dropped_attributes:
        body += b"\x28" + _varint(link.dropped_attributes)
    flags = context.trace_flags | _HAS_REMOTE | (_IS_REMOTE if context.is_remote else 0)
    return body + b"\x35" + _FIXED32(flags)


def _attributes(tag: bytes, attributes: Mapping[str, Any]) -> bytes:
    """`KeyValue` messages, each behind `tag`."""
    parts: list[bytes] = []
    for key, value in attributes.items():
        pair = _key(key) + _field(b"\x12", _value(value))
        parts += (tag, _varint(len(pair)), pair)
    return b"".join(parts)


@lru_cache(1024)
def _key(key: str) -> bytes:
    """Keys come again and again."""
    return _text(b"\x0a", key)


def _value(value: Any) -> bytes:
    """An `AnyValue`; None is one without a value."""
    encode = _ENCODERS.get(type(value))
    if encode is not None:
        return encode(value)
    if isinstance(value, Mapping):
        return _field(b"\x32", _attributes(b"\x0a", value))
    return _list(value)


def _integer(value: int) -> bytes:
    if value in _INT64:
        return b"\x18" + _varint(value & 0xFFFF_FFFF_FFFF_FFFF)
    return _text(b"\x0a", str(value))  # more than the format can hold


def _list(values: Sequence[Any]) -> bytes:
    return _field(b"\x2a", b"".join(_field(b"\x0a", _value(each)) for each in values))


def _text(tag: bytes, text: str) -> bytes:
    """What is no valid Unicode, half of a surrogate pair, is replaced: the format takes UTF-8 only."""
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        encoded = text.encode(errors="replace")
    return _field(tag, encoded)


def _field(tag: bytes, content: bytes) -> bytes:
    return b"".join((tag, _varint(len(content)), content))


def _varint(number: int) -> bytes:
    if number < 0x80:
        return _SMALL[number]
    encoded = bytearray()
    while number >= 0x80:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


_ENCODERS: Mapping[type, Callable[[Any], bytes]] = {
    str: lambda value: _text(b"\x0a", value),
    bool: lambda value: b"\x10\x01" if value else b"\x10\x00",
    int: _integer,
    float: lambda value: b"\x21" + _DOUBLE(value),
    bytes: lambda value: _field(b"\x3a", value),
    type(None): lambda _: b"",
}


def _fastest() -> Callable[[list[Span]], bytes]:
    compiled = load_compiled()
    if compiled is None:
        return encode_spans_in_python
    return lambda spans: compiled(spans, _rest, DEFAULT_TRACE_STATE, UNSET_STATUS)


encode_spans = _fastest()
"""The same by compiled code, where there is any."""
