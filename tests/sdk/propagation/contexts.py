"""Contexts with a span, and what propagators make of them."""

from collections.abc import Mapping

from opentelemetry.baggage import set_baggage
from opentelemetry.context import Context
from opentelemetry.propagators.textmap import TextMapPropagator
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    TraceFlags,
    TraceState,
    get_current_span,
    set_span_in_context,
)

TRACE_ID, SPAN_ID = 0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331
TRACE_HEX, SPAN_HEX = f"{TRACE_ID:032x}", f"{SPAN_ID:016x}"
ARABIC_DIGITS = "\u0663" * 16
"""`\\d` matches them, and `int` takes them."""


def context_of(
    trace_id: int = TRACE_ID,
    span_id: int = SPAN_ID,
    flags: int = TraceFlags.SAMPLED,
    state: TraceState | None = None,
    baggage: Mapping[str, object] | None = None,
) -> Context:
    """With a span of this process."""
    span = SpanContext(trace_id, span_id, is_remote=False, trace_flags=TraceFlags(flags), trace_state=state)
    context = set_span_in_context(NonRecordingSpan(span), Context())
    for key, value in (baggage or {}).items():
        context = set_baggage(key, value, context)
    return context


def child_of(context: Context) -> Context:
    """With a span of this process below that of the context, decided as that one."""
    parent = span_in(context)
    child = SpanContext(parent.trace_id, 7, is_remote=False, trace_flags=parent.trace_flags)
    return set_span_in_context(NonRecordingSpan(child), context)


def span_in(context: Context) -> SpanContext:
    """Of the current span, which may not be a valid one."""
    return get_current_span(context).get_span_context()


def ids_in(context: Context) -> tuple[int, int]:
    """Zeros when there is no span."""
    span = span_in(context)
    return span.trace_id, span.span_id


def headers_of(propagator: TextMapPropagator, context: Context) -> dict[str, str]:
    """What it writes for a request in that context."""
    headers: dict[str, str] = {}
    propagator.inject(headers, context)
    return headers
