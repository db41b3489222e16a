"""The header of AWS X-Ray, `X-Amzn-Trace-Id`."""

import re
from collections.abc import Mapping
from typing import Any

from opentelemetry.context import Context
from opentelemetry.propagators.textmap import Getter, Setter

from clew.sdk.propagation.header_propagator import HeaderPropagator
from clew.sdk.propagation.remote_parent import (
    RemoteDecision,
    current_parent,
    decision_for,
    read_hex,
    with_decided_parent,
)

TRACE_HEADER = "X-Amzn-Trace-Id"
"""As AWS writes it; where names are sensitive to case, the lower one is read, too."""
_ROOT = re.compile(r"1-([0-9a-fA-F]{8})-([0-9a-fA-F]{24})")
_READ: Mapping[str, RemoteDecision] = {
    "1": RemoteDecision.SAMPLE,
    "0": RemoteDecision.DROP,
    "?": RemoteDecision.UNDECIDED,
    "": RemoteDecision.UNDECIDED,
}
_WRITTEN = {RemoteDecision.DROP: ";Sampled=0", RemoteDecision.UNDECIDED: ""}


class XRayPropagator(HeaderPropagator):
    """`Root=1-{8 digits}-{24 digits};Parent={16 digits};Sampled={0 or 1}`; other fields are passed over.

    A root alone, as load balancers send it, names no parent and is no context.

    Other than the package opentelemetry-propagator-aws-xray (1.0): that one takes no decision for a denial and a `?`
    for bad (here either is taken for sampled, and a decision is written when a span has been made), gives a header up
    for a field that is none or has two `=`, takes foreign digits, and keeps the trace state of whatever other trace
    is in the context.
    """

    @property
    def fields(self) -> set[str]:
        return {TRACE_HEADER}

    def _read(self, carrier: Any, context: Context, getter: Getter[Any]) -> Context:
        headers = getter.get(carrier, TRACE_HEADER) or getter.get(carrier, TRACE_HEADER.lower())
        if not headers or len(headers) != 1:
            return context
        fields = _fields_of(headers[0])
        root = _ROOT.fullmatch(fields.get("Root", ""))
        span_id = fields.get("Parent", "")
        decision = _READ.get(fields.get("Sampled", ""))
        if root is None or decision is None or len(span_id) != 16:
            return context
        return with_decided_parent(context, int(root[1] + root[2], 16), read_hex(span_id, 16), decision)

    def _write(self, carrier: Any, context: Context, setter: Setter[Any]) -> None:
        span = current_parent(context)
        if span is None:
            return
        trace_id = f"{span.trace_id:032x}"
        sampled = _WRITTEN.get(decision_for(context, span), ";Sampled=1")
        setter.set(carrier, TRACE_HEADER, f"Root=1-{trace_id[:8]}-{trace_id[8:]};Parent={span.span_id:016x}{sampled}")


def _fields_of(header: str) -> dict[str, str]:
    """Of a field that comes twice, the last one."""
    pairs = (field.partition("=") for field in header.split(";"))
    return {key.strip(): value.strip() for key, _, value in pairs}
