"""The span of another process as the parent of what comes, with what a span context can't hold of its sampling."""

import enum
import re
from typing import cast

from opentelemetry.context import Context, create_key
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, TraceState, get_current_span
from opentelemetry.trace.propagation import _SPAN_KEY
from opentelemetry.trace.span import DEFAULT_TRACE_STATE

FLAGS = tuple(TraceFlags(bits) for bits in range(4))
_HEX = re.compile(r"[0-9a-fA-F]+")
_DECISION_KEY = create_key("remote-decision")
_NOTHING_KNOWN = (0, None)


class RemoteDecision(enum.Enum):
    """What the headers of B3, Jaeger and X-Ray know of sampling; OpenTelemetry has the first two only."""

    DROP = 0
    SAMPLE = 1
    DEBUG = 2
    """Sampled, and meant to survive whatever comes."""
    UNDECIDED = 3
    """The receiver's to decide; it is taken for sampled, for what isn't kept can't be found again."""


def with_parent(
    context: Context, trace_id: int, span_id: int, flags: int = 0, state: TraceState = DEFAULT_TRACE_STATE
) -> Context:
    """The context with this span as the current one, or as it was when one of the ids is zero."""
    if not trace_id or not span_id:
        return context
    parent = SpanContext(trace_id, span_id, True, FLAGS[flags], state)
    extended = Context(context)
    dict.__setitem__(extended, _SPAN_KEY, NonRecordingSpan(parent))
    return extended


def with_decided_parent(context: Context, trace_id: int, span_id: int, decision: RemoteDecision) -> Context:
    """The same for a header without W3C's flags; those, and the trace state, stay when they are of the same trace.

    So `tracecontext,b3` keeps what only the former knows.
    """
    known = get_current_span(context).get_span_context()
    flags, state = int(decision is not RemoteDecision.DROP), DEFAULT_TRACE_STATE
    if known.trace_id == trace_id:
        flags |= known.trace_flags & TraceFlags.RANDOM_TRACE_ID
        state = known.trace_state
    extended = with_parent(context, trace_id, span_id, flags, state)
    if extended is not context:
        dict.__setitem__(extended, _DECISION_KEY, (trace_id, decision))
    return extended


def decision_for(context: Context, span: SpanContext) -> RemoteDecision:
    """What headers for others should say: debug is for the whole trace; undecided ends with the first span."""
    trace_id, decision = cast("tuple[int, RemoteDecision | None]", context.get(_DECISION_KEY, _NOTHING_KNOWN))
    if trace_id == span.trace_id and (
        decision is RemoteDecision.DEBUG or (decision is RemoteDecision.UNDECIDED and span.is_remote)
    ):
        return decision
    return RemoteDecision.SAMPLE if span.trace_flags & TraceFlags.SAMPLED else RemoteDecision.DROP


def current_parent(context: Context) -> SpanContext | None:
    """The span context that headers for others carry; None when there is none that is valid."""
    span = get_current_span(context).get_span_context()
    return span if span.is_valid else None


def read_hex(text: str, most_digits: int) -> int:
    """A number of 1 to `most_digits` hexadecimal digits; 0, which is no id, for anything else.

    `int(text, 16)` alone would take signs, underscores, spaces and the digits of all scripts.
    """
    return int(text, 16) if len(text) <= most_digits and _HEX.fullmatch(text) else 0
