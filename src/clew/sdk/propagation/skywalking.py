"""SkyWalking's headers: `sw8` (version 3) and `sw8-correlation`."""

import base64
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from opentelemetry.baggage import get_all
from opentelemetry.context import Context, create_key
from opentelemetry.propagators.textmap import Getter, Setter
from opentelemetry.trace import SpanContext, get_current_span

from clew.sdk.propagation.baggage_headers import add_entries
from clew.sdk.propagation.header_propagator import HeaderPropagator, first
from clew.sdk.propagation.remote_parent import RemoteDecision, current_parent, decision_for, with_decided_parent
from clew.sdk.propagation.skywalking_ids import MOST_CHARS, segment_of, span_id_of, trace_id_of

PARENT = "sw8"
CORRELATION = "sw8-correlation"
_PARENT_KEY = create_key("sw8-parent")
_FIELDS = 8
_MOST_HEADER_CHARS = 8192
_SPAN_NUMBER = re.compile(r"[0-9]{1,9}")
_MOST_NAME_CHARS = 50
_MOST_CORRELATIONS = 3
_CORRELATION_BYTES = 128
_NOT_KNOWN = "unknown"


class _Parent(NamedTuple):
    """A header that was read."""

    header: str
    trace_text: str
    trace_id: int
    span_id: int
    is_sampled: bool


class SkyWalkingPropagator(HeaderPropagator):
    """Ids are texts there, and become numbers as they do in Clew for segments of SkyWalking's agents.

    The text of the trace's id goes on with the trace; one that began here is named by its 32 digits. A parent that is
    only passed on, without a span of one's own, is passed on word by word. A span of this process is named as span 0
    of a segment that is called like its id, which Clew knows, so that what an agent sends hangs below it;
    SkyWalking's own server takes it for a segment that is missing.

    Service, instance, endpoint and peer, which have to be there, are the span's resource, its name and its
    `server.address`, or else `unknown`. Of baggage, three entries with values below 128 bytes are written: agents take
    no more. `sw8-x` says nothing that OpenTelemetry knows.
    """

    @property
    def fields(self) -> set[str]:
        return {PARENT, CORRELATION}

    def _read(self, carrier: Any, context: Context, getter: Getter[Any]) -> Context:
        context = add_entries(context, _read_correlation(first(carrier, getter, CORRELATION)))
        parent = _read_parent(first(carrier, getter, PARENT))
        if parent is None:
            return context
        decision = RemoteDecision.SAMPLE if parent.is_sampled else RemoteDecision.DROP
        extended = with_decided_parent(context, parent.trace_id, parent.span_id, decision)
        dict.__setitem__(extended, _PARENT_KEY, parent)  # a new context, for no id is zero
        return extended

    def _write(self, carrier: Any, context: Context, setter: Setter[Any]) -> None:
        span = current_parent(context)
        if span is None:
            return
        setter.set(carrier, PARENT, _header_for(context, span))
        correlations = ",".join(islice(_write_correlation(context), _MOST_CORRELATIONS))
        if correlations:
            setter.set(carrier, CORRELATION, correlations)


def _read_parent(header: str) -> _Parent | None:
    fields = header.split("-")
    if len(fields) != _FIELDS or len(header) > _MOST_HEADER_CHARS or fields[0] not in ("0", "1"):
        return None
    try:
        trace_text, segment_id, *_ = [_decoded(field) for field in (*fields[1:3], *fields[4:])]
    except ValueError:  # no Base64, or no UTF-8 in it
        return None
    are_ids = 0 < len(trace_text) <= MOST_CHARS and 0 < len(segment_id) <= MOST_CHARS
    if not are_ids or not _SPAN_NUMBER.fullmatch(fields[3]):
        return None
    return _Parent(
        header, trace_text, trace_id_of(trace_text), span_id_of(segment_id, int(fields[3])), fields[0] == "1"
    )


def _header_for(context: Context, span: SpanContext) -> str:
    parent: _Parent | None = context.get(_PARENT_KEY)  # type: ignore[assignment]  # only this module has the key
    trace_text = f"{span.trace_id:032x}"
    if parent is not None and parent.trace_id == span.trace_id:
        if span.is_remote and parent.span_id == span.span_id:
            return parent.header
        trace_text = parent.trace_text
    sampled = "0" if decision_for(context, span) is RemoteDecision.DROP else "1"
    ids = _encoded(trace_text), _encoded(segment_of(span.span_id)), "0"
    return "-".join((sampled, *ids, *map(_encoded_name, _names(context))))


def _names(context: Context) -> tuple[str, str, str, str]:
    """Service, instance, endpoint and peer, as far as the current span tells them; only one that records does."""
    span: Any = get_current_span(context)
    resource = getattr(getattr(span, "resource", None), "attributes", {})
    attributes = getattr(span, "attributes", None) or {}
    peer, port = attributes.get("server.address", ""), attributes.get("server.port", "")
    return (
        str(resource.get("service.name", "")),
        str(resource.get("service.instance.id", "")),
        str(getattr(span, "name", "")),
        f"{peer}:{port}" if peer and port else str(peer),
    )


def _read_correlation(header: str) -> Iterator[tuple[str, str]]:
    for item in header.split(","):
        key, colon, value = item.strip().partition(":")
        if colon and key:
            with suppress(ValueError):
                yield _decoded(key), _decoded(value)


def _write_correlation(context: Context) -> Iterator[str]:
    for key, value in get_all(context).items():
        with suppress(Exception):  # the value's own method, or half of a surrogate pair
            text = str(value)
            if key and len(text.encode()) < _CORRELATION_BYTES:
                yield f"{_encoded(key)}:{_encoded(text)}"


@lru_cache(256)
def _encoded_name(name: str) -> str:
    """Names come again and again."""
    return _encoded((name or _NOT_KNOWN)[:_MOST_NAME_CHARS])


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode(errors="replace")).decode()


def _decoded(text: str) -> str:
    return base64.b64decode(text, validate=True).decode()
