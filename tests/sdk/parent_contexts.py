"""Contexts with parents as tests want them, and a clock that stands until it is moved."""

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, TraceState

NO_PARENT = Context()


def below(
    *,
    is_sampled: bool = False,
    is_remote: bool = True,
    is_random: bool = True,
    state: str = "",
    trace_id: int = 7,
) -> Context:
    """A parent that doesn't record; `state` as in a header. One with a `trace_id` of 0 is none, but has the state."""
    flags = TraceFlags(is_sampled | is_random << 1)
    entries = TraceState.from_header([state]) if state else TraceState()
    span_id = 8 if trace_id else 0
    context = SpanContext(trace_id, span_id, is_remote, flags, entries)
    return trace.set_span_in_context(NonRecordingSpan(context), Context())


class StandingClock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s
