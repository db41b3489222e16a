"""The tags that say what OTLP has a field for: which of them count, and which stay attributes.

A tag is `first` of its meaning when its key, its type and its value are right; another one with the same key stays an
attribute, and so does everything that a field of OTLP can't give back.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from clew.wire.jaeger_batch import Tag, TagValue

_KINDS = {
    "internal": Span.SPAN_KIND_INTERNAL,
    "server": Span.SPAN_KIND_SERVER,
    "client": Span.SPAN_KIND_CLIENT,
    "producer": Span.SPAN_KIND_PRODUCER,
    "consumer": Span.SPAN_KIND_CONSUMER,
}
_CODES = {"OK": Status.STATUS_CODE_OK, "ERROR": Status.STATUS_CODE_ERROR}
_MAX_COUNT = 2**32 - 1
_MAX_DIGITS = 9


def _is_text(value: TagValue) -> bool:
    return isinstance(value, str) and value != ""


def _is_kind(value: TagValue) -> bool:
    return isinstance(value, str) and value in _KINDS


def _is_code(value: TagValue) -> bool:
    return isinstance(value, str) and value.isascii() and value.upper() in _CODES


def _is_error(value: TagValue) -> bool:
    return value is True or value == "true"


def _is_count(value: TagValue) -> bool:
    return type(value) is int and 1 <= value <= _MAX_COUNT


def _is_number(value: TagValue) -> bool:
    if isinstance(value, str):
        return value.isascii() and value.isdigit() and len(value) <= _MAX_DIGITS
    return type(value) is int


_MEANINGS: dict[str, Callable[[TagValue], bool]] = {
    "span.kind": _is_kind,
    "error": _is_error,
    "w3c.tracestate": _is_text,
    "otel.status_code": _is_code,
    "otel.status_description": _is_text,
    "http.status_code": _is_number,
    "http.status_message": _is_text,
    "otel.scope.name": _is_text,
    "otel.scope.version": _is_text,
    "otel.library.name": _is_text,
    "otel.library.version": _is_text,
    "otel.dropped_attributes_count": _is_count,
    "otel.dropped_events_count": _is_count,
    "otel.dropped_links_count": _is_count,
}


@dataclass(slots=True)
class SpanTags:
    """The tags of one span: ask for what has a field, then see what is left. Each may be asked once."""

    tags: list[Tag]
    _first: dict[str, int] = field(default_factory=dict)
    _used: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        for place, (key, value) in enumerate(self.tags):
            has_meaning = _MEANINGS.get(key)
            if has_meaning and key not in self._first and has_meaning(value):
                self._first[key] = place

    def rest(self) -> list[Tag]:
        """Those that stay attributes."""
        return [tag for place, tag in enumerate(self.tags) if place not in self._used]

    def kind(self) -> int:
        return _KINDS.get(self._take_text("span.kind"), Span.SPAN_KIND_UNSPECIFIED)

    def trace_state(self) -> str:
        return self._take_text("w3c.tracestate")

    def dropped(self, what: str) -> int:
        """Of `attributes`, `events` or `links`."""
        count = self._take(f"otel.dropped_{what}_count")
        return count if isinstance(count, int) else 0

    def scope(self) -> tuple[str, str]:
        """Name and version of the instrumentation scope; exporters write each under two keys."""
        return self._scope_part("name"), self._scope_part("version")

    def status(self, kind: int) -> tuple[int, str]:
        """Code and message for a span of that kind."""
        if "error" in self._first:
            if self._value("error") is True:
                self._take("error")
            if self._text("otel.status_code").upper() == "ERROR":
                self._take("otel.status_code")
            return Status.STATUS_CODE_ERROR, self._message()
        if "otel.status_code" in self._first:
            return _CODES[self._take_text("otel.status_code").upper()], self._take_text("otel.status_description")
        if self._is_failed_http(kind):
            return Status.STATUS_CODE_ERROR, self._text("http.status_message")
        return Status.STATUS_CODE_UNSET, ""

    def _message(self) -> str:
        return self._take_text("otel.status_description") or self._text("http.status_message")

    def _is_failed_http(self, kind: int) -> bool:
        found = self._value("http.status_code")
        if found is None:
            return False
        code = int(found)
        if 400 <= code < 500 and kind == Span.SPAN_KIND_SERVER:
            return False
        return not 100 <= code < 400

    def _scope_part(self, part: str) -> str:
        preferred, older = f"otel.scope.{part}", f"otel.library.{part}"
        value = self._take_text(preferred) or self._text(older)
        if value and self._value(older) == value:
            self._take(older)
        return value

    def _value(self, key: str) -> TagValue:
        place = self._first.get(key)
        return None if place is None else self.tags[place].value

    def _text(self, key: str) -> str:
        value = self._value(key)
        return value if isinstance(value, str) else ""

    def _take(self, key: str) -> TagValue:
        if key in self._first:
            self._used.add(self._first[key])
        return self._value(key)

    def _take_text(self, key: str) -> str:
        self._take(key)
        return self._text(key)
