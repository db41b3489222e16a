"""SkyWalking's segments as OTLP: a segment becomes one resource with its spans.

Segments and spans are parsed one after the other (see skywalking_schema.py). Nothing of a request is kept when part
of it can't be: the reason names what it was.
"""

from collections.abc import Iterable
from typing import Any

from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans

from clew.errors import InputTooLarge, MalformedInput
from clew.wire.otlp_pieces import read_fields, write_varint
from clew.wire.skywalking_attributes import Attributes
from clew.wire.skywalking_ids import check_id
from clew.wire.skywalking_schema import Collection, Segment, Span
from clew.wire.skywalking_spans import SegmentIds, span_to_otlp

MAX_SPANS = 20_000
"""In one request. Agents keep to 300 in a segment; a span of two bytes takes as long as any other."""
MAX_SPAN_BYTES = 2**20
_COUNTED_BYTES = 2**20
"""A message larger than this is counted through before it is parsed: a field of two bytes takes sixteen parsed."""
MAX_OTLP_BYTES = 64 * 2**20
"""A span gets some 250 bytes of ids that its message hasn't."""

SCOPE = InstrumentationScope(name="skywalking")


def segment_to_otlp(body: bytes) -> bytes:
    """An encoded SegmentObject as an encoded ExportTraceServiceRequest; empty when it has no spans.

    Raises MalformedInput when it isn't one, InputTooLarge when it goes over a limit.
    """
    return segments_to_otlp([body])


def collection_to_otlp(body: bytes) -> bytes:
    """The same for an encoded SegmentCollection."""
    return segments_to_otlp(parse(Collection, body, "SegmentCollection").segments)


def segments_to_otlp(bodies: Iterable[bytes]) -> bytes:
    """The same for any number of encoded segments."""
    building = OtlpSegments()
    for body in bodies:
        segment = parse(Segment, body, "SegmentObject")
        building.open(segment, len(segment.spans))
        for encoded in segment.spans:
            if len(encoded) > MAX_SPAN_BYTES:
                raise InputTooLarge(f"a span has {len(encoded)} bytes; the limit is {MAX_SPAN_BYTES}")
            building.add(parse(Span, encoded, "SpanObject"))
        building.close()
    return building.encoded()


class OtlpSegments:
    """A request that is being built: `open` a segment, `add` its spans, `close` it.

    A segment and a span are anything with the fields of the messages, in skywalking_schema.py or read from JSON.
    """

    def __init__(self) -> None:
        self._groups: list[bytes] = []
        self._spans: list[bytes] = []
        self._ids = SegmentIds("", "", False)
        self._resource = Resource()
        self._span_count = 0
        self._otlp_bytes = 0

    def open(self, segment: Any, span_count: int) -> None:
        """Raises MalformedInput when it has no ids, InputTooLarge when its spans would be too many."""
        self._span_count += span_count
        if self._span_count > MAX_SPANS:
            raise InputTooLarge(f"more than {MAX_SPANS} spans in one request; send smaller batches")
        trace_id = check_id(segment.trace_id, "traceId")
        segment_id = check_id(segment.trace_segment_id, "traceSegmentId")
        self._ids = SegmentIds(trace_id, segment_id, segment.is_size_limited)
        self._resource = resource_of(segment.service, segment.service_instance)

    def add(self, span: Any) -> None:
        """Raises what `span_to_otlp` raises, and InputTooLarge when the whole grows too large."""
        encoded = span_to_otlp(self._ids, span).SerializeToString()
        self._otlp_bytes += len(encoded)
        if self._otlp_bytes > MAX_OTLP_BYTES:
            raise InputTooLarge(f"the spans take more than {MAX_OTLP_BYTES} bytes as OTLP; send smaller batches")
        self._spans.append(encoded)

    def close(self) -> None:
        if self._spans:
            self._groups.append(_encoded_group(self._resource, self._spans))
        self._spans = []

    def encoded(self) -> bytes:
        """An encoded ExportTraceServiceRequest."""
        return b"".join(_field(1, group) for group in self._groups)


def resource_of(service: str, instance: str) -> Resource:
    """The process that a segment or log is of; what it doesn't name stays out."""
    attributes = Attributes()
    attributes.add_known("service.name", service)
    attributes.add_known("service.instance.id", instance)
    return Resource(attributes=attributes.fields())


def parse(kind: type[Message], body: bytes, name: str) -> Any:
    """The message; raises MalformedInput when the bytes are none of that kind."""
    try:
        if len(body) > _COUNTED_BYTES:
            _refuse_flood(body)
        return kind.FromString(body)
    except (DecodeError, MalformedInput) as error:
        raise MalformedInput(f"the message is no {name} of SkyWalking: {error}") from error


def _refuse_flood(body: bytes) -> None:
    for count, _ in enumerate(read_fields(body, 0, len(body))):
        if count > MAX_SPANS:
            raise InputTooLarge(f"more than {MAX_SPANS} spans in one request; send smaller batches")


def _encoded_group(resource: Resource, spans: list[bytes]) -> bytes:
    """A ResourceSpans with one scope; the spans are encoded already."""
    scope = _field(1, SCOPE.SerializeToString()) + b"".join(_field(2, span) for span in spans)
    return ResourceSpans(resource=resource).SerializeToString() + _field(2, scope)


def _field(number: int, content: bytes) -> bytes:
    return write_varint(number << 3 | 2) + write_varint(len(content)) + content
