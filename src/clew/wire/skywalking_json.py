"""SkyWalking's segments in JSON, as `POST /v3/segment` and `/v3/segments` bring them."""

from collections.abc import Sequence

import msgspec

from clew.wire.otlp_json_scalars import INT32, INT64
from clew.wire.skywalking import OtlpSegments
from clew.wire.skywalking_json_values import Number, Pair, numbers_of, read_json, read_name, read_whole
from clew.wire.skywalking_schema import REFERENCE_TYPES, SPAN_LAYERS, SPAN_TYPES

_TYPES, _LAYERS, _REFERENCES = numbers_of(SPAN_TYPES), numbers_of(SPAN_LAYERS), numbers_of(REFERENCE_TYPES)


class Log(msgspec.Struct):
    """A log inside of a span."""

    time: Number = 0
    data: list[Pair] | None = None

    def __post_init__(self) -> None:
        self.time = read_whole(self.time, INT64)
        self.data = self.data or []


class Reference(msgspec.Struct, rename="camel"):
    """A reference to a span of another segment."""

    ref_type: Number = 0
    trace_id: str | None = None
    parent_trace_segment_id: str | None = None
    parent_span_id: Number = 0
    parent_service: str | None = None
    parent_service_instance: str | None = None
    parent_endpoint: str | None = None
    network_address_used_at_peer: str | None = None

    def __post_init__(self) -> None:
        self.ref_type = read_name(self.ref_type, _REFERENCES)
        self.parent_span_id = read_whole(self.parent_span_id, INT32)
        self.trace_id = self.trace_id or ""
        self.parent_trace_segment_id = self.parent_trace_segment_id or ""
        self.parent_service = self.parent_service or ""
        self.parent_service_instance = self.parent_service_instance or ""
        self.parent_endpoint = self.parent_endpoint or ""
        self.network_address_used_at_peer = self.network_address_used_at_peer or ""


class Span(msgspec.Struct, rename="camel"):
    """A SpanObject."""

    span_id: Number = 0
    parent_span_id: Number = 0
    start_time: Number = 0
    end_time: Number = 0
    refs: list[Reference] | None = None
    operation_name: str | None = None
    peer: str | None = None
    span_type: Number = 0
    span_layer: Number = 0
    component_id: Number = 0
    is_error: bool | None = None
    tags: list[Pair] | None = None
    logs: list[Log] | None = None
    skip_analysis: bool | None = None

    def __post_init__(self) -> None:
        self.span_id = read_whole(self.span_id, INT32)
        self.parent_span_id = read_whole(self.parent_span_id, INT32)
        self.component_id = read_whole(self.component_id, INT32)
        self.start_time, self.end_time = read_whole(self.start_time, INT64), read_whole(self.end_time, INT64)
        self.span_type, self.span_layer = read_name(self.span_type, _TYPES), read_name(self.span_layer, _LAYERS)
        self.refs, self.tags, self.logs = self.refs or [], self.tags or [], self.logs or []
        self.operation_name, self.peer = self.operation_name or "", self.peer or ""


class Segment(msgspec.Struct, rename="camel"):
    """A SegmentObject."""

    trace_id: str | None = None
    trace_segment_id: str | None = None
    spans: list[Span] | None = None
    service: str | None = None
    service_instance: str | None = None
    is_size_limited: bool | None = None

    def __post_init__(self) -> None:
        self.trace_id, self.trace_segment_id = self.trace_id or "", self.trace_segment_id or ""
        self.service, self.service_instance = self.service or "", self.service_instance or ""


_ONE = msgspec.json.Decoder(Segment)
_MANY = msgspec.json.Decoder(list[Segment])


def segment_json_to_otlp(body: bytes) -> bytes:
    """A SegmentObject as an encoded ExportTraceServiceRequest; empty when it has no spans.

    Raises MalformedInput, naming the path where something is wrong, and InputTooLarge when it goes over a limit.
    """
    return _to_otlp([read_json(body, _ONE)])


def segments_json_to_otlp(body: bytes) -> bytes:
    """The same for a list of them."""
    return _to_otlp(read_json(body, _MANY))


def _to_otlp(segments: Sequence[Segment]) -> bytes:
    building = OtlpSegments()
    for segment in segments:
        spans = segment.spans or []
        building.open(segment, len(spans))
        for span in spans:
            building.add(span)
        building.close()
    return building.encoded()
