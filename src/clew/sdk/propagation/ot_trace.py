"""The headers of OpenTracing's basic tracers: `ot-tracer-…` and `ot-baggage-…`."""

import re
from typing import Any

from opentelemetry.context import Context
from opentelemetry.propagators.textmap import Getter, Setter

from clew.sdk.propagation.baggage_headers import add_entries, read_entries, text_entries, within_limits
from clew.sdk.propagation.header_propagator import HeaderPropagator, first
from clew.sdk.propagation.remote_parent import (
    RemoteDecision,
    current_parent,
    decision_for,
    read_hex,
    with_decided_parent,
)

TRACE_ID, SPAN_ID, SAMPLED = "ot-tracer-traceid", "ot-tracer-spanid", "ot-tracer-sampled"
BAGGAGE_PREFIX = "ot-baggage-"
_64_BITS = (1 << 64) - 1
_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
"""What HTTP clients and gRPC let pass: nothing beyond ASCII, no tab, no space at the ends."""


class OTTracePropagator(HeaderPropagator):
    """Trace ids go out with their last 64 bits: the format has no more, and its readers refuse what is longer.

    The trace falls into two there; write `tracecontext,ottrace`, and readers of the former see one. Baggage is read
    only with a valid parent.

    Other than the package opentelemetry-propagator-ot-trace (0.66): that one doesn't take upper-case digits, denies
    what is sampled and has W3C's random flag besides, fails for the context's baggage when there is some already and
    for values that are no text, and writes values that clients refuse to send, but no keys with a dash.
    """

    @property
    def fields(self) -> set[str]:
        return {TRACE_ID, SPAN_ID, SAMPLED}

    def _read(self, carrier: Any, context: Context, getter: Getter[Any]) -> Context:
        trace_id = read_hex(first(carrier, getter, TRACE_ID), 32)
        span_id = read_hex(first(carrier, getter, SPAN_ID), 16)
        if not trace_id or not span_id:
            return context
        is_sampled = first(carrier, getter, SAMPLED) == "true"
        decision = RemoteDecision.SAMPLE if is_sampled else RemoteDecision.DROP
        context = add_entries(context, read_entries(carrier, getter, BAGGAGE_PREFIX))
        return with_decided_parent(context, trace_id, span_id, decision)

    def _write(self, carrier: Any, context: Context, setter: Setter[Any]) -> None:
        span = current_parent(context)
        if span is None or not span.trace_id & _64_BITS:
            return
        setter.set(carrier, TRACE_ID, f"{span.trace_id & _64_BITS:016x}")
        setter.set(carrier, SPAN_ID, f"{span.span_id:016x}")
        setter.set(carrier, SAMPLED, "false" if decision_for(context, span) is RemoteDecision.DROP else "true")
        for key, value in within_limits(text_entries(context)):
            if _VALUE.fullmatch(value):
                setter.set(carrier, BAGGAGE_PREFIX + key, value)
