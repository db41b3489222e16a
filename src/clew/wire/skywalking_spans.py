"""One span of a segment as a span of OTLP; docs/formats/skywalking.md has the table."""

from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.trace.v1.trace_pb2 import Span as OtlpSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from clew.errors import InputTooLarge
from clew.wire.skywalking_attributes import Attributes, meant_by_peer, meant_by_tags
from clew.wire.skywalking_events import error_message, event_of
from clew.wire.skywalking_ids import span_id_of, trace_id_of
from clew.wire.skywalking_references import add_reference, link_of, take_parent
from clew.wire.skywalking_schema import SPAN_LAYERS, SPAN_TYPES
from clew.wire.skywalking_times import unix_nano

MAX_ITEMS = 10_000
"""Tags, references, logs and pairs of logs on one span; empty ones take two bytes in the message, a thousand here."""

_ENTRY, _EXIT, _LOCAL = range(len(SPAN_TYPES))
_MQ = SPAN_LAYERS.index("MQ")
_KINDS = {
    _ENTRY: OtlpSpan.SPAN_KIND_SERVER,
    _EXIT: OtlpSpan.SPAN_KIND_CLIENT,
    _LOCAL: OtlpSpan.SPAN_KIND_INTERNAL,
}
_MQ_KINDS = {_ENTRY: OtlpSpan.SPAN_KIND_CONSUMER, _EXIT: OtlpSpan.SPAN_KIND_PRODUCER}


@dataclass(frozen=True, slots=True)
class SegmentIds:
    """What the spans of a segment have in common."""

    trace_id: str
    segment_id: str
    is_size_limited: bool


def span_to_otlp(ids: SegmentIds, span: Any) -> OtlpSpan:
    """Raises MalformedInput for a time that OTLP can't hold, InputTooLarge for more than MAX_ITEMS."""
    _check_items(span)
    attributes = Attributes()
    parent, others = _parent(ids, span, attributes)
    _add_fields(ids, span, attributes)
    attributes.add_pairs(span.tags)
    attributes.add_derived(meant_by_tags(span.tags))
    if span.span_type == _EXIT or span.span_layer == _MQ:
        attributes.add_derived(meant_by_peer(span.peer))
    return OtlpSpan(
        trace_id=trace_id_of(ids.trace_id),
        span_id=span_id_of(ids.segment_id, span.span_id),
        parent_span_id=parent,
        name=span.operation_name,
        kind=_kind(span),
        start_time_unix_nano=unix_nano(span.start_time, "startTime"),
        end_time_unix_nano=unix_nano(span.end_time, "endTime"),
        attributes=attributes.fields(),
        events=[event_of(log) for log in span.logs],
        links=[link_of(reference, ids.trace_id) for reference in others],
        status=_status(span),
    )


def _check_items(span: Any) -> None:
    items = len(span.tags) + len(span.refs) + len(span.logs)
    if items <= MAX_ITEMS:
        items += sum(len(log.data) for log in span.logs)
    if items > MAX_ITEMS:
        raise InputTooLarge(f"a span has more than {MAX_ITEMS} tags, logs and references; send fewer of them")


def _parent(ids: SegmentIds, span: Any, attributes: Attributes) -> tuple[bytes, list[Any]]:
    """The parent's id (empty: none) and the references that become links; says in `attributes` what it came from.

    A parent in the segment goes before those in others. 0 is also what proto3 reads where nothing was sent, so that
    a span that would be its own parent has none.
    """
    if span.parent_span_id >= 0 and span.parent_span_id != span.span_id:
        attributes.add("sw8.parent_span_id", span.parent_span_id)
        return span_id_of(ids.segment_id, span.parent_span_id), list(span.refs)
    reference, others = take_parent(span.refs, ids.trace_id)
    if reference is None:
        return b"", others
    add_reference(attributes, reference)
    return span_id_of(reference.parent_trace_segment_id, reference.parent_span_id), others


def _add_fields(ids: SegmentIds, span: Any, attributes: Attributes) -> None:
    attributes.add("sw8.trace_id", ids.trace_id)
    attributes.add("sw8.segment_id", ids.segment_id)
    attributes.add("sw8.span_id", span.span_id)
    attributes.add_known("sw8.is_size_limited", ids.is_size_limited)
    if span.span_type not in _KINDS:
        attributes.add("sw8.span_type", span.span_type)
    layer = span.span_layer
    attributes.add_known("sw8.span_layer", SPAN_LAYERS[layer] if 0 < layer < len(SPAN_LAYERS) else layer)
    attributes.add_known("sw8.component_id", span.component_id)
    attributes.add_known("sw8.peer", span.peer)
    attributes.add_known("sw8.skip_analysis", span.skip_analysis)


def _kind(span: Any) -> "OtlpSpan.SpanKind.ValueType":
    kind = _MQ_KINDS.get(span.span_type) if span.span_layer == _MQ else None
    return kind or _KINDS.get(span.span_type, OtlpSpan.SPAN_KIND_UNSPECIFIED)


def _status(span: Any) -> Status | None:
    if not span.is_error:
        return None
    return Status(code=Status.STATUS_CODE_ERROR, message=error_message(span.logs))
