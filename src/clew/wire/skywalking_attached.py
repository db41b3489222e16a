"""What SkyWalking's eBPF agent says of spans that others send: as log records, since a span can't be added to.

It names the span by the ids that passed in a header, so that the trace shows the record with it.
"""

import re
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs

from clew.errors import InputTooLarge, MalformedInput
from clew.wire.otlp_json_scalars import INT32, read_int
from clew.wire.skywalking import SCOPE, parse
from clew.wire.skywalking_attributes import Attributes
from clew.wire.skywalking_ids import check_id, span_id_of, trace_id_of
from clew.wire.skywalking_schema import AttachedEvent
from clew.wire.skywalking_spans import MAX_ITEMS

MAX_EVENT_BYTES = 2**20

_SKYWALKING, _ZIPKIN = 0, 1
_NS_PER_S = 1_000_000_000
_TIMES = range(2**64)
_ZIPKIN_SPAN_ID = re.compile(r"[0-9a-fA-F]{1,16}")


def attached_event_to_otlp(body: bytes, received_ns: int) -> bytes:
    """An encoded SpanAttachedEvent as an encoded ExportLogsServiceRequest; it came in at `received_ns` (since 1970).

    Raises MalformedInput when it isn't one or names no span, InputTooLarge when it goes over a limit.
    """
    if len(body) > MAX_EVENT_BYTES:
        raise InputTooLarge(f"an attached event has {len(body)} bytes; the limit is {MAX_EVENT_BYTES}")
    event = parse(AttachedEvent, body, "SpanAttachedEvent")
    if len(event.tags) + len(event.summary) > MAX_ITEMS:
        raise InputTooLarge(f"an attached event has more than {MAX_ITEMS} tags and figures; send fewer of them")
    logs = ScopeLogs(scope=SCOPE, log_records=[_record(event, received_ns)])
    request = ExportLogsServiceRequest(resource_logs=[ResourceLogs(scope_logs=[logs])])
    encoded: bytes = request.SerializeToString()
    return encoded


def _record(event: Any, received_ns: int) -> LogRecord:
    attributes = Attributes()
    trace_id, span_id = _span_of(event.trace_context, attributes)
    if event.HasField("end_time"):
        attributes.add("sw8.duration_ns", _unix_nano(event.end_time) - _unix_nano(event.start_time))
    attributes.add_pairs(event.tags)
    attributes.add_pairs(event.summary)
    return LogRecord(
        time_unix_nano=_unix_nano(event.start_time),
        observed_time_unix_nano=received_ns,
        event_name=event.event,
        attributes=attributes.fields(),
        trace_id=trace_id,
        span_id=span_id,
    )


def _span_of(context: Any, attributes: Attributes) -> tuple[bytes, bytes]:
    """The ids of the span in OTLP; those that came go to `attributes`."""
    trace_id = check_id(context.trace_id, "traceId")
    attributes.add("sw8.trace_id", trace_id)
    if context.type == _ZIPKIN:
        return trace_id_of(trace_id.rjust(32, "0")), _zipkin_span_id(context.span_id)
    if context.type != _SKYWALKING:
        raise MalformedInput(f"an attached event is of a span of the unknown kind {context.type}")
    segment_id = check_id(context.trace_segment_id, "traceSegmentId")
    number = read_int(context.span_id or 0, INT32)
    attributes.add("sw8.segment_id", segment_id)
    attributes.add("sw8.span_id", number)
    return trace_id_of(trace_id), span_id_of(segment_id, number)


def _zipkin_span_id(text: str) -> bytes:
    if _ZIPKIN_SPAN_ID.fullmatch(text) is None:
        raise MalformedInput(f"{text[:40]!r} is no span id of Zipkin; it has 16 hex digits")
    return bytes.fromhex(text.rjust(16, "0"))


def _unix_nano(instant: Any) -> int:
    time_ns: int = instant.seconds * _NS_PER_S + instant.nanos
    if time_ns not in _TIMES:
        raise MalformedInput(f"the time of an attached event is {time_ns} ns since 1970, which can't be stored")
    return time_ns
