"""Jaeger's headers: `uber-trace-id`, `uberctx-…` and `jaeger-baggage`."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote, unquote

from opentelemetry.context import Context
from opentelemetry.propagators.textmap import Getter, Setter

from clew.sdk.propagation.baggage_headers import add_entries, read_entries, text_entries, within_limits
from clew.sdk.propagation.header_propagator import HeaderPropagator, first
from clew.sdk.propagation.remote_parent import RemoteDecision, current_parent, decision_for, with_decided_parent

TRACE_ID = "uber-trace-id"
BAGGAGE_PREFIX = "uberctx-"
BAGGAGE = "jaeger-baggage"
_PARENT = re.compile(r"([0-9a-fA-F]{1,32}):([0-9a-fA-F]{1,16}):[^:]*:([0-9a-fA-F]{1,2})")
_SAMPLED, _DEBUG = 1, 2
_WRITTEN = {RemoteDecision.DROP: "00", RemoteDecision.DEBUG: "03"}


class JaegerPropagator(HeaderPropagator):
    """`{trace}:{span}:{parent}:{flags}`, its colons percent-encoded or not, ids with or without their leading zeros.

    The parent's parent is written as 0, as Jaeger's own documentation has it by now. `uberctx-…` goes before
    `jaeger-baggage`, which people write by hand; either is read without `uber-trace-id`, too, as Jaeger's client did.

    Other than the package opentelemetry-propagator-jaeger (1.45): that one sets the debug flag for every sampled trace
    and takes it from none, doesn't know percent-encoded colons nor `jaeger-baggage`, writes keys of baggage that no
    header's name can hold, takes signs, underscores and foreign digits for hexadecimal ones, takes ids that are too
    long when it is only by zeros, and reads baggage only where there is `uber-trace-id`.
    """

    @property
    def fields(self) -> set[str]:
        return {TRACE_ID}

    def _read(self, carrier: Any, context: Context, getter: Getter[Any]) -> Context:
        context = add_entries(context, _read_baggage(carrier, getter))
        match = _PARENT.fullmatch(_unquoted(first(carrier, getter, TRACE_ID)))
        if match is None:
            return context
        trace_id, span_id, flags = match.groups()
        return with_decided_parent(context, int(trace_id, 16), int(span_id, 16), _decision(int(flags, 16)))

    def _write(self, carrier: Any, context: Context, setter: Setter[Any]) -> None:
        span = current_parent(context)
        if span is None:
            return
        flags = _WRITTEN.get(decision_for(context, span), "01")
        setter.set(carrier, TRACE_ID, f"{span.trace_id:032x}:{span.span_id:016x}:0:{flags}")
        for key, value in within_limits(_quoted(text_entries(context))):
            setter.set(carrier, BAGGAGE_PREFIX + key, value)


def _decision(flags: int) -> RemoteDecision:
    """Debug counts with the sampled flag only."""
    if not flags & _SAMPLED:
        return RemoteDecision.DROP
    return RemoteDecision.DEBUG if flags & _DEBUG else RemoteDecision.SAMPLE


def _read_baggage(carrier: Any, getter: Getter[Any]) -> Iterator[tuple[str, str]]:
    for item in _unquoted(first(carrier, getter, BAGGAGE)).split(","):
        key, equals, value = item.partition("=")
        if equals and key.strip():
            yield key.strip(), value.strip()
    for key, value in read_entries(carrier, getter, BAGGAGE_PREFIX):
        yield key, _unquoted(value).strip()


def _unquoted(text: str) -> str:
    return unquote(text) if "%" in text else text


def _quoted(entries: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for key, value in entries:
        with suppress(UnicodeEncodeError):  # half of a surrogate pair
            yield key, quote(value)
