"""Makes spans, and makes them current."""

import functools
import inspect
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, TypeVar

from opentelemetry import trace
from opentelemetry.context import Context, attach, detach, get_current
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceState
from opentelemetry.trace.propagation import _SPAN_KEY
from opentelemetry.trace.span import DEFAULT_TRACE_STATE
from opentelemetry.util.types import Attributes

from clew.sdk.attribute_values import put_all
from clew.sdk.sampler import ALWAYS_ON, ParentBased, Sampler
from clew.sdk.source import SpanSource
from clew.sdk.span import SAMPLED, Span, UnsampledSpan

_F = TypeVar("_F", bound=Callable[..., Any])
_RANDOM = 2


class Tracer(trace.Tracer):
    """Of one scope of one provider; from any thread."""

    def __init__(self, source: SpanSource, sampler: Sampler) -> None:
        self.source = source
        self.sampler = sampler
        # Most spans are decided already: those of a kept trace below a kept span, and of a sampler that keeps all.
        self._follows_local = getattr(sampler, "follows_local", False)  # one of the OpenTelemetry SDK doesn't say
        self._records_dropped = getattr(sampler, "records_dropped", False)
        self._keeps_roots = sampler is ALWAYS_ON or (type(sampler) is ParentBased and sampler.root is ALWAYS_ON)
        self._root_flags = SAMPLED | (_RANDOM if source.ids.is_trace_id_random() else 0)

    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
    ) -> trace.Span:
        parent = (get_current() if context is None else context).get(_SPAN_KEY)
        source = self.source
        if type(parent) is Span and self._follows_local:
            if not parent._flags & SAMPLED and not self._records_dropped:
                return UnsampledSpan(source, parent._trace_id, parent._flags, parent._trace_state)
            span = Span(
                source, name, parent._trace_id, source.ids.generate_span_id(), parent._flags, parent._trace_state
            )
            span._parent_id = parent._span_id
        elif parent is None and self._keeps_roots:
            ids = source.ids
            span = Span(
                source, name, ids.generate_trace_id(), ids.generate_span_id(), self._root_flags, DEFAULT_TRACE_STATE
            )
        elif type(parent) is UnsampledSpan and self._follows_local:
            return UnsampledSpan(source, parent._trace_id, parent._flags, parent._trace_state)
        else:
            asked = self._ask(name, context, kind, attributes, links)
            if not isinstance(asked, Span):
                return asked
            span = asked
            attributes = None
        span._kind = kind
        if attributes:
            limits = source.limits
            span._dropped_attributes = put_all(span._attributes, attributes, limits.attributes, limits.attribute_chars)
        if links:
            for link in links:
                span.add_link(link.context, link.attributes)
        if not record_exception:
            span._record_exception = False
        if not set_status_on_exception:
            span._set_status_on_exception = False
        span._start_ns = source.clock() if start_time is None else start_time
        for notify in source.pipeline.starts:
            notify(span, parent_context=context)
        return span

    def start_as_current_span(  # type: ignore[override]  # what the API declares is a contextlib class of its own
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
        end_on_exit: bool = True,
    ) -> "CurrentSpan":
        arguments = (name, context, kind, attributes, links, start_time, record_exception, set_status_on_exception)
        return CurrentSpan(self, arguments, end_on_exit)

    def _ask(
        self, name: str, context: Context | None, kind: SpanKind, attributes: Attributes, links: Sequence[Link] | None
    ) -> trace.Span:
        """The sampler's decision, where it isn't known beforehand."""
        parent: SpanContext | None = trace.get_current_span(context).get_span_context()
        source = self.source
        if parent is None or not parent.is_valid:
            parent = None
            trace_id = source.ids.generate_trace_id()
            flags = self._root_flags & _RANDOM
        else:
            trace_id = parent.trace_id
            flags = parent.trace_flags & _RANDOM
        result = self.sampler.should_sample(context, trace_id, name, kind, attributes, links or ())
        state: TraceState = result.trace_state if result.trace_state is not None else DEFAULT_TRACE_STATE
        if not result.decision.is_recording():
            return UnsampledSpan(source, trace_id, flags, state)
        if result.decision.is_sampled():
            flags |= SAMPLED
        span = Span(source, name, trace_id, source.ids.generate_span_id(), flags, state)
        if parent is not None:
            span._parent = parent
            span._parent_id = parent.span_id
        for given in (attributes, result.attributes):
            if given:
                span._dropped_attributes += put_all(
                    span._attributes, given, source.limits.attributes, source.limits.attribute_chars
                )
        return span


class CurrentSpan:
    """A span that begins, and is current, with a `with` statement or with each call of a decorated function."""

    __slots__ = ("_arguments", "_end_on_exit", "_span", "_token", "_tracer")

    def __init__(self, tracer: Tracer, arguments: tuple[Any, ...], end_on_exit: bool) -> None:
        self._tracer = tracer
        self._arguments = arguments
        self._end_on_exit = end_on_exit

    def __enter__(self) -> trace.Span:
        span = self._span = self._tracer.start_span(*self._arguments)
        current = Context(get_current())
        dict.__setitem__(current, _SPAN_KEY, span)
        self._token = attach(current)
        return span

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        detach(self._token)
        span = self._span
        if isinstance(error, Exception) and isinstance(span, Span) and span.is_recording():
            span.fail(error, *self._arguments[6:8])
        if self._end_on_exit:
            span.end()

    def __call__(self, function: _F) -> _F:
        """Decorate a function, or a coroutine function."""
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def awaited(*args: Any, **kwargs: Any) -> Any:
                with CurrentSpan(self._tracer, self._arguments, self._end_on_exit):
                    return await function(*args, **kwargs)

            return awaited  # type: ignore[return-value]  # the signature is the function's own

        @functools.wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            with CurrentSpan(self._tracer, self._arguments, self._end_on_exit):
                return function(*args, **kwargs)

        return called  # type: ignore[return-value]  # as above
