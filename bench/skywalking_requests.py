"""The spans of `bench/spans.py` as SkyWalking's agents would send them: a segment for each service in each trace."""

from collections.abc import Iterator
from typing import Any

import orjson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from bench.foreign_requests import ForeignTemplate
from bench.spans import SPANS_PER_REQUEST, RequestTemplate
from clew.wire.skywalking_schema import Collection, Segment
from clew.wire.skywalking_schema import Span as SkyWalkingSpan

_NS_PER_MS = 1_000_000
_LAYER_HTTP = 3


def skywalking_protobuf(template: RequestTemplate) -> Iterator[ForeignTemplate]:
    """A `SegmentCollection`."""
    segments = [
        Segment(**(fields | {"spans": [SkyWalkingSpan(**span).SerializeToString() for span in fields["spans"]]}))
        for fields in _segments(template)
    ]
    body: bytes = Collection(segments=[each.SerializeToString() for each in segments]).SerializeToString()
    yield ForeignTemplate(body, SPANS_PER_REQUEST, template.id_prefix, _hex)


def skywalking_json(template: RequestTemplate) -> Iterator[ForeignTemplate]:
    """A list of segments in JSON."""
    yield ForeignTemplate(orjson.dumps(_camel(_segments(template))), SPANS_PER_REQUEST, template.id_prefix, _hex)


def _hex(prefix: bytes) -> bytes:
    """How the prefix stands in every trace id, which are UUIDs without hyphens."""
    return prefix.hex().encode()


def _segments(template: RequestTemplate) -> list[dict[str, Any]]:
    segments: dict[tuple[str, bytes], dict[str, Any]] = {}
    for group in ExportTraceServiceRequest.FromString(template.body).resource_spans:
        service = group.resource.attributes[0].value.string_value
        for span in (span for scope in group.scope_spans for span in scope.spans):
            trace_id = span.trace_id.hex()
            segment = segments.setdefault(
                (service, span.trace_id),
                {
                    "trace_id": trace_id,
                    "trace_segment_id": f"{trace_id}.{len(segments)}",
                    "service": service,
                    "service_instance": f"{service}@10.0.0.7",
                    "spans": [],
                },
            )
            segment["spans"].append(_span(span, segment))
    return list(segments.values())


def _span(span: Span, segment: dict[str, Any]) -> dict[str, Any]:
    number = len(segment["spans"])
    reference = {
        "trace_id": segment["trace_id"],
        "parent_trace_segment_id": f"{segment['trace_id']}.0",
        "parent_span_id": 1,
        "parent_service": "frontend",
        "parent_endpoint": "/",
        "network_address_used_at_peer": "10.0.0.7:8080",
    }
    return {
        "span_id": number,
        "parent_span_id": number - 1,
        "start_time": span.start_time_unix_nano // _NS_PER_MS,
        "end_time": span.end_time_unix_nano // _NS_PER_MS,
        "operation_name": span.name,
        "peer": "10.0.0.8:8080",
        "span_type": int(span.kind == Span.SPAN_KIND_CLIENT),
        "span_layer": _LAYER_HTTP,
        "component_id": 7002,
        "tags": [
            {"key": tag.key, "value": str(tag.value.string_value or tag.value.int_value)} for tag in span.attributes
        ],
        "refs": [] if number else [reference],
    }


def _camel(value: Any) -> Any:
    if isinstance(value, list):
        return [_camel(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {_camel_name(key): _camel(each) for key, each in value.items()}


def _camel_name(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
