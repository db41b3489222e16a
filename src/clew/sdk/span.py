"""A span that records, and one that only carries its context."""

import logging
import traceback
from collections.abc import Mapping, Sequence
from types import MappingProxyType, TracebackType
from typing import Any

from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    TraceState,
)
from opentelemetry.trace import Span as ApiSpan
from opentelemetry.util.types import AnyValue, Attributes

from clew.sdk.attribute_values import PLAIN, put, put_all
from clew.sdk.events import BoundedLink, Event, is_worth_keeping
from clew.sdk.resource import Resource
from clew.sdk.source import Scope, SpanSource
from clew.sdk.span_json import span_as_json

_LOG = logging.getLogger(__name__)

SAMPLED = TraceFlags.SAMPLED
FLAGS = tuple(TraceFlags(bits) for bits in range(4))
UNSET_STATUS = Status(StatusCode.UNSET)


class Span(ApiSpan):
    """Made by a tracer. May be used from several threads; after its end it changes no more.

    Nothing is formatted, copied or locked on the way: ids stay numbers, attributes a dictionary, and the context is
    made when somebody asks for it. Processors and exporters see what the OpenTelemetry SDK calls a readable span.
    """

    __slots__ = (
        "_attributes",
        "_context",
        "_dropped_attributes",
        "_dropped_events",
        "_dropped_links",
        "_end_ns",
        "_events",
        "_flags",
        "_is_open",
        "_kind",
        "_links",
        "_local_tree",
        "_name",
        "_parent",
        "_parent_id",
        "_record_exception",
        "_set_status_on_exception",
        "_source",
        "_span_id",
        "_start_ns",
        "_status",
        "_trace_id",
        "_trace_state",
    )

    _local_tree: Any
    """Set by the processor of deferred spans only: each span would pay for None."""

    def __init__(
        self, source: SpanSource, name: str, trace_id: int, span_id: int, flags: int, trace_state: TraceState
    ) -> None:
        self._source = source
        self._name = name
        self._trace_id = trace_id
        self._span_id = span_id
        self._flags = flags
        self._trace_state = trace_state
        self._kind = SpanKind.INTERNAL
        self._parent: SpanContext | None = None
        self._parent_id = 0
        self._context: SpanContext | None = None
        self._attributes: dict[str, AnyValue] = {}
        self._events: list[Event] | None = None
        self._links: list[Link] | None = None
        self._dropped_attributes = 0
        self._dropped_events = 0
        self._dropped_links = 0
        self._status = UNSET_STATUS
        self._record_exception = True
        self._set_status_on_exception = True
        self._is_open = True
        self._end_ns: int | None = None
        self._start_ns = 0

    def get_span_context(self) -> SpanContext:
        context = self._context
        if context is None:
            context = self._context = SpanContext(
                self._trace_id, self._span_id, False, FLAGS[self._flags], self._trace_state
            )
        return context

    def is_recording(self) -> bool:
        return self._end_ns is None

    def set_attribute(self, key: str, value: AnyValue) -> None:
        """Keep a value under a key; None is kept, too, as a value that is empty."""
        if self._end_ns is not None:
            _warn_of_end("set_attribute", self._name)
            return
        limits = self._source.limits
        attributes = self._attributes
        if (
            type(key) is str
            and key
            and (type(value) in PLAIN or (type(value) is str and limits.attribute_chars is None))
            and (limits.attributes is None or len(attributes) < limits.attributes)
            and key not in attributes
        ):
            attributes[key] = value
        else:
            self._dropped_attributes += put(attributes, key, value, limits.attributes, limits.attribute_chars)

    def set_attributes(self, attributes: Mapping[str, AnyValue]) -> None:
        for key, value in attributes.items():
            self.set_attribute(key, value)

    def add_event(self, name: str, attributes: Attributes = None, timestamp: int | None = None) -> None:
        """Something that happened at `timestamp` in ns since the epoch, or now; of too many, the oldest is dropped."""
        if self._end_ns is not None:
            _warn_of_end("add_event", self._name)
            return
        source, kept = self._source, dict[str, Any]()
        dropped = 0
        if attributes:
            limits = source.limits
            dropped = put_all(kept, attributes, limits.event_attributes, limits.other_attribute_chars)
        event = Event(name, source.clock() if timestamp is None else timestamp, kept, dropped)
        if self._events is None:
            self._events = []
        self._events.append(event)
        if source.limits.events is not None and len(self._events) > source.limits.events:
            del self._events[0]
            self._dropped_events += 1

    def add_link(self, context: SpanContext, attributes: Attributes = None) -> None:
        if self._end_ns is not None:
            _warn_of_end("add_link", self._name)
            return
        if not is_worth_keeping(context, attributes):
            return
        limits = self._source.limits
        if self._links is None:
            self._links = []
        self._links.append(BoundedLink(context, attributes, limits.link_attributes, limits.other_attribute_chars))
        if limits.links is not None and len(self._links) > limits.links:
            del self._links[0]
            self._dropped_links += 1

    def update_name(self, name: str) -> None:
        if self._end_ns is None:
            self._name = name
        else:
            _warn_of_end("update_name", self._name)

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        """A status of OK stays; UNSET changes nothing."""
        if self._end_ns is not None:
            _warn_of_end("set_status", self._name)
            return
        if isinstance(status, Status):
            if description is not None:
                _LOG.warning("the description %r is not kept: a Status has one of its own", description)
            code = status.status_code
        else:
            code = status
        if self._status.status_code is StatusCode.OK or code is StatusCode.UNSET:
            return
        self._status = status if isinstance(status, Status) else Status(status, description)

    def record_exception(
        self,
        exception: BaseException,
        attributes: Attributes = None,
        timestamp: int | None = None,
        escaped: bool = False,
    ) -> None:
        """As an event, with the type, the message and the stack trace."""
        kind = type(exception)
        prefix = "" if kind.__module__ in ("builtins", None) else f"{kind.__module__}."
        described: dict[str, Any] = {
            "exception.type": prefix + kind.__qualname__,
            "exception.message": _text_of(exception),
            "exception.stacktrace": _trace_of(exception),
            "exception.escaped": str(escaped),
        }
        if attributes:
            described.update(attributes)
        self.add_event("exception", described, timestamp)

    def end(self, end_time: int | None = None) -> None:
        """The span is over, at `end_time` in ns since the epoch, or now; only the first call counts."""
        try:
            del self._is_open  # the one operation that only one of several threads can do
        except AttributeError:
            _warn_of_end("end", self._name)
            return
        source = self._source
        end_ns = source.clock() if end_time is None else end_time
        pipeline = source.pipeline
        for notify in pipeline.endings:
            notify(self)
        self._end_ns = end_ns
        for notify in pipeline.ends:
            notify(self)

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        if exc_val is not None and self._end_ns is None:
            self.fail(exc_val, self._record_exception, self._set_status_on_exception, escaped=True)
        self.end()

    def fail(self, error: BaseException, record: bool, set_status: bool, *, escaped: bool = False) -> None:
        """Keep what went wrong, as far as it is wanted."""
        if record:
            self.record_exception(error, escaped=escaped)
        if set_status:
            self.set_status(Status(StatusCode.ERROR, f"{type(error).__name__}: {_text_of(error)}"))

    # What processors and exporters read.

    @property
    def context(self) -> SpanContext:
        return self.get_span_context()

    @property
    def parent(self) -> SpanContext | None:
        """The parent's context; None for a root."""
        if self._parent is None and self._parent_id:
            self._parent = SpanContext(self._trace_id, self._parent_id, False, FLAGS[self._flags], self._trace_state)
        return self._parent

    @property
    def name(self) -> str:
        return self._name

    @property
    def kind(self) -> SpanKind:
        return self._kind

    @property
    def status(self) -> Status:
        return self._status

    @property
    def start_time(self) -> int:
        return self._start_ns

    @property
    def end_time(self) -> int | None:
        return self._end_ns

    @property
    def attributes(self) -> Mapping[str, AnyValue]:
        return MappingProxyType(self._attributes)

    @property
    def events(self) -> Sequence[Event]:
        return tuple(self._events or ())

    @property
    def links(self) -> Sequence[Link]:
        return tuple(self._links or ())

    @property
    def dropped_attributes(self) -> int:
        return self._dropped_attributes

    @property
    def dropped_events(self) -> int:
        return self._dropped_events

    @property
    def dropped_links(self) -> int:
        return self._dropped_links

    @property
    def resource(self) -> Resource:
        return self._source.resource

    @property
    def instrumentation_scope(self) -> Scope:
        return self._source.scope

    def to_json(self, indent: int | None = 4) -> str:
        """For people."""
        return span_as_json(
            self._name,
            self.context,
            self._kind,
            parent=self.parent,
            times=(self._start_ns, self._end_ns),
            status=self._status,
            attributes=self._attributes,
            events=self.events,
            links=self.links,
            resource=self.resource,
            indent=indent,
        )

    def __repr__(self) -> str:
        return f"Span(name={self._name!r}, context={self.get_span_context()!r})"


class UnsampledSpan(NonRecordingSpan):
    """Carries a decision not to record to those below, and costs little: its id is drawn when it is asked for."""

    __slots__ = ("_flags", "_source", "_trace_id", "_trace_state")

    def __init__(self, source: SpanSource, trace_id: int, flags: int, trace_state: TraceState) -> None:
        self._source = source
        self._trace_id = trace_id
        self._flags = flags
        self._trace_state = trace_state

    def __getattr__(self, name: str) -> Any:
        """The context, at the first time."""
        if name != "_context":
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        self._context = SpanContext(
            self._trace_id, self._source.ids.generate_span_id(), False, FLAGS[self._flags], self._trace_state
        )
        return self._context


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as failure:  # noqa: BLE001  # the application's own method; tracing must not add an error
        return f"<its text can't be had: {failure!r}>"


def _trace_of(error: BaseException) -> str:
    try:
        return "".join(traceback.format_exception(error))
    except Exception as failure:  # noqa: BLE001  # as above
        return f"<its stack trace can't be had: {failure!r}>"


def _warn_of_end(call: str, name: str) -> None:
    _LOG.warning("%s on the span %r, which is over, changes nothing", call, name)
