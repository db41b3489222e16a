"""W3C Trace Context, level 2: `traceparent` and `tracestate`."""

import re
from typing import Any

from opentelemetry.context import Context
from opentelemetry.propagators.textmap import Getter, Setter
from opentelemetry.trace import TraceFlags
from opentelemetry.trace.span import DEFAULT_TRACE_STATE

from clew.sdk.propagation.header_propagator import HeaderPropagator
from clew.sdk.propagation.remote_parent import current_parent, with_parent
from clew.sdk.propagation.trace_state import read_trace_state

TRACEPARENT = "traceparent"
TRACESTATE = "tracestate"
_PARENT = re.compile(r"[ \t]*([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?[ \t]*")
_KNOWN_FLAGS = TraceFlags.SAMPLED | TraceFlags.RANDOM_TRACE_ID


class TraceContextPropagator(HeaderPropagator):
    """Of later versions it takes what this one knows: the ids, and whether the trace is sampled.

    Other than the API's `TraceContextTextMapPropagator` (1.45) it takes the trace states of level 2, clears flags that
    level 2 reserves instead of passing them on, takes no parent where several are named, allows no line break at the
    end, and writes no header for a context with one id only.
    """

    @property
    def fields(self) -> set[str]:
        return {TRACEPARENT, TRACESTATE}

    def _read(self, carrier: Any, context: Context, getter: Getter[Any]) -> Context:
        parents = getter.get(carrier, TRACEPARENT)
        match = _PARENT.fullmatch(parents[0]) if parents and len(parents) == 1 else None
        if match is None:
            return context
        version, trace_id, span_id, flags, rest = match.groups()
        if version == "ff" or (version == "00" and rest):
            return context
        states = getter.get(carrier, TRACESTATE)
        return with_parent(
            context,
            int(trace_id, 16),
            int(span_id, 16),
            int(flags, 16) & (_KNOWN_FLAGS if version == "00" else TraceFlags.SAMPLED),
            read_trace_state(states) if states else DEFAULT_TRACE_STATE,
        )

    def _write(self, carrier: Any, context: Context, setter: Setter[Any]) -> None:
        span = current_parent(context)
        if span is None:
            return
        flags = span.trace_flags & _KNOWN_FLAGS
        setter.set(carrier, TRACEPARENT, f"00-{span.trace_id:032x}-{span.span_id:016x}-{flags:02x}")
        if span.trace_state:
            setter.set(carrier, TRACESTATE, span.trace_state.to_header())
