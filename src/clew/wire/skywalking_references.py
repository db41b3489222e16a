"""What a span says of its parents in other segments: one becomes the parent, the others links."""

from collections.abc import Sequence
from typing import Any

from opentelemetry.proto.trace.v1.trace_pb2 import Span as OtlpSpan

from clew.wire.skywalking_attributes import Attributes
from clew.wire.skywalking_ids import check_length, span_id_of, trace_id_of
from clew.wire.skywalking_schema import REFERENCE_TYPES


def take_parent(references: Sequence[Any], trace_id: str) -> tuple[Any | None, list[Any]]:
    """The reference that is the parent, and the others.

    It is the first one of the span's own trace: a consumer of a batch has a reference to each message, whose traces
    differ, and OTLP knows no parent in another trace.
    """
    for place, reference in enumerate(references):
        if reference.trace_id in ("", trace_id) and reference.parent_trace_segment_id and reference.parent_span_id >= 0:
            return reference, [*references[:place], *references[place + 1 :]]
    return None, list(references)


def add_reference(attributes: Attributes, reference: Any) -> None:
    """All that a reference says."""
    attributes.add("sw8.ref_type", reference_type(reference.ref_type))
    attributes.add("sw8.parent_segment_id", reference.parent_trace_segment_id)
    attributes.add("sw8.parent_span_id", reference.parent_span_id)
    attributes.add_known("sw8.parent_service", reference.parent_service)
    attributes.add_known("sw8.parent_service_instance", reference.parent_service_instance)
    attributes.add_known("sw8.parent_endpoint", reference.parent_endpoint)
    attributes.add_known("sw8.network_address_used_at_peer", reference.network_address_used_at_peer)


def link_of(reference: Any, trace_id: str) -> OtlpSpan.Link:
    """A link to the span that it names, in the trace that it names or else the span's own.

    Raises InputTooLarge when it names one too long to be an id.
    """
    named = check_length(reference.trace_id, "traceId of a reference") or trace_id
    attributes = Attributes()
    attributes.add("sw8.trace_id", named)
    add_reference(attributes, reference)
    return OtlpSpan.Link(
        trace_id=trace_id_of(named),
        span_id=span_id_of(reference.parent_trace_segment_id, reference.parent_span_id),
        attributes=attributes.fields(),
    )


def reference_type(number: int) -> str | int:
    """The name of the type; a number that isn't known stays one."""
    return REFERENCE_TYPES[number] if 0 <= number < len(REFERENCE_TYPES) else number
