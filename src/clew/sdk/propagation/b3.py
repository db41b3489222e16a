"""B3, Zipkin's headers: one, `b3`, or several, `x-b3-…`."""

import re
from collections.abc import Mapping
from typing import Any

from opentelemetry.context import Context
from opentelemetry.propagators.textmap import Getter, Setter

from clew.sdk.ids import RandomIdGenerator
from clew.sdk.propagation.header_propagator import HeaderPropagator, first
from clew.sdk.propagation.remote_parent import (
    RemoteDecision,
    current_parent,
    decision_for,
    read_hex,
    with_decided_parent,
)

SINGLE = "b3"
TRACE_ID, SPAN_ID, SAMPLED, FLAGS = "x-b3-traceid", "x-b3-spanid", "x-b3-sampled", "x-b3-flags"
_SINGLE = re.compile(r"([0-9a-fA-F]{16}|[0-9a-fA-F]{32})-([0-9a-fA-F]{16})(?:-([01d])(?:-[0-9a-fA-F]{16})?)?")
_WRITTEN = {RemoteDecision.DROP: "0", RemoteDecision.SAMPLE: "1", RemoteDecision.DEBUG: "d"}
_READ: Mapping[str | None, RemoteDecision] = {
    **{written: decision for decision, written in _WRITTEN.items()},
    None: RemoteDecision.UNDECIDED,
}
_READ_SAMPLED: Mapping[str, RemoteDecision] = {
    "1": RemoteDecision.SAMPLE,
    "true": RemoteDecision.SAMPLE,
    "0": RemoteDecision.DROP,
    "false": RemoteDecision.DROP,
    "": RemoteDecision.UNDECIDED,
}
_ID_DIGITS = frozenset({16, 32})
_ids = RandomIdGenerator()


class _B3Propagator(HeaderPropagator):
    """Reads both forms; the single header goes first."""

    def _read(self, carrier: Any, context: Context, getter: Getter[Any]) -> Context:
        single = first(carrier, getter, SINGLE)
        if not single:
            return _read_several(carrier, context, getter)
        match = _SINGLE.fullmatch(single)
        if match is not None:
            trace_id, span_id, decision = match.groups()
            return with_decided_parent(context, int(trace_id, 16), int(span_id, 16), _READ[decision])
        return _denied(context) if single == "0" else _read_several(carrier, context, getter)


class B3SinglePropagator(_B3Propagator):
    """Writes `b3: {trace}-{span}-{sampling state}`.

    Ids of 64 bits are taken as the last ones of a longer id. A debug flag goes on with the trace, and so does the
    absence of a decision until a span is made, which is sampled then. A decision without ids: `0` makes a parent with
    random ids that isn't sampled, so that nothing below is recorded; `1` and `d` say nothing that the sampler here
    wouldn't decide itself, and a parent made up for them would be missing in the trace.

    Other than the package opentelemetry-propagator-b3 (1.45): that one forgets the debug flag, goes on with traces
    denied by `0` alone, takes several headers without a decision for a denial (but not the single one), takes unknown
    sampling states for a denial (here the header is bad), doesn't look for the several when the one is bad, and drops
    the trace state of a `traceparent` of the same trace.
    """

    @property
    def fields(self) -> set[str]:
        return {SINGLE}

    def _write(self, carrier: Any, context: Context, setter: Setter[Any]) -> None:
        span = current_parent(context)
        if span is None:
            return
        header = f"{span.trace_id:032x}-{span.span_id:016x}"
        decision = decision_for(context, span)
        if decision is not RemoteDecision.UNDECIDED:
            header = f"{header}-{_WRITTEN[decision]}"
        setter.set(carrier, SINGLE, header)


class B3MultiPropagator(_B3Propagator):
    """Writes `x-b3-traceid`, `x-b3-spanid`, and `x-b3-sampled` or, for debug, `x-b3-flags`; reads as the other one."""

    @property
    def fields(self) -> set[str]:
        return {TRACE_ID, SPAN_ID, SAMPLED, FLAGS}

    def _write(self, carrier: Any, context: Context, setter: Setter[Any]) -> None:
        span = current_parent(context)
        if span is None:
            return
        setter.set(carrier, TRACE_ID, f"{span.trace_id:032x}")
        setter.set(carrier, SPAN_ID, f"{span.span_id:016x}")
        decision = decision_for(context, span)
        if decision is RemoteDecision.DEBUG:
            setter.set(carrier, FLAGS, "1")
        elif decision is not RemoteDecision.UNDECIDED:
            setter.set(carrier, SAMPLED, _WRITTEN[decision])


def _read_several(carrier: Any, context: Context, getter: Getter[Any]) -> Context:
    trace_id = first(carrier, getter, TRACE_ID)
    decision = _READ_SAMPLED.get(first(carrier, getter, SAMPLED).lower())
    if not trace_id and decision is not RemoteDecision.DROP:
        return context  # most often without any of these headers: the other two needn't be looked for
    span_id = first(carrier, getter, SPAN_ID)
    if first(carrier, getter, FLAGS) == "1":
        decision = RemoteDecision.DEBUG
    if decision is RemoteDecision.DROP and not trace_id and not span_id:
        return _denied(context)
    if decision is None or len(trace_id) not in _ID_DIGITS or len(span_id) != 16:
        return context
    return with_decided_parent(context, read_hex(trace_id, 32), read_hex(span_id, 16), decision)


def _denied(context: Context) -> Context:
    """Nothing below is to be recorded, as far as nobody else has said what the parent is."""
    if current_parent(context) is not None:
        return context
    return with_decided_parent(context, _ids.generate_trace_id(), _ids.generate_span_id(), RemoteDecision.DROP)
