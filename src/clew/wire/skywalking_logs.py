"""SkyWalking's log records as OTLP, with the ids of the span in which they were written."""

from collections.abc import Iterable
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs, SeverityNumber

from clew.errors import InputTooLarge
from clew.wire.skywalking import SCOPE, parse, resource_of
from clew.wire.skywalking_attributes import Attributes
from clew.wire.skywalking_ids import check_length, span_id_of, trace_id_of
from clew.wire.skywalking_schema import LogData
from clew.wire.skywalking_spans import MAX_ITEMS
from clew.wire.skywalking_times import unix_nano

MAX_LOG_BYTES = 2**20

_FORMATS = ("text", "json", "yaml")
_SEVERITIES = {
    "trace": SeverityNumber.SEVERITY_NUMBER_TRACE,
    "debug": SeverityNumber.SEVERITY_NUMBER_DEBUG,
    "info": SeverityNumber.SEVERITY_NUMBER_INFO,
    "warn": SeverityNumber.SEVERITY_NUMBER_WARN,
    "warning": SeverityNumber.SEVERITY_NUMBER_WARN,
    "error": SeverityNumber.SEVERITY_NUMBER_ERROR,
    "critical": SeverityNumber.SEVERITY_NUMBER_FATAL,
    "fatal": SeverityNumber.SEVERITY_NUMBER_FATAL,
}


class LogStream:
    """The records of one call: what a record leaves out of service, instance and endpoint is that of the one before."""

    def __init__(self) -> None:
        self._before = {"service": "", "service_instance": "", "endpoint": ""}

    def to_otlp(self, body: bytes, received_ns: int) -> bytes:
        """An encoded LogData as an encoded ExportLogsServiceRequest; it came in at `received_ns` (since 1970).

        Raises MalformedInput when it isn't one, InputTooLarge when it goes over a limit.
        """
        if len(body) > MAX_LOG_BYTES:
            raise InputTooLarge(f"a log record has {len(body)} bytes; the limit is {MAX_LOG_BYTES}")
        record = parse(LogData, body, "LogData")
        if record.service not in ("", self._before["service"]):  # instance and endpoint are those of a service
            self._before = dict.fromkeys(self._before, "")
        for name, before in self._before.items():
            self._before[name] = getattr(record, name) or before
            setattr(record, name, self._before[name])
        return logs_to_otlp([record], received_ns)


def logs_to_otlp(records: Iterable[Any], received_ns: int) -> bytes:
    """An encoded ExportLogsServiceRequest of messages, or of anything with their fields; raises as `LogStream`.

    Those of one process share a resource.
    """
    groups: dict[tuple[str, str], list[LogRecord]] = {}
    for record in records:
        groups.setdefault((record.service, record.service_instance), []).append(_record(record, received_ns))
    request = ExportLogsServiceRequest(
        resource_logs=[
            ResourceLogs(resource=resource_of(*process), scope_logs=[ScopeLogs(scope=SCOPE, log_records=logs)])
            for process, logs in groups.items()
        ]
    )
    encoded: bytes = request.SerializeToString()
    return encoded


def _record(record: Any, received_ns: int) -> LogRecord:
    if len(record.tags.data) > MAX_ITEMS:
        raise InputTooLarge(f"a log record has more than {MAX_ITEMS} tags; send fewer of them")
    form, text = _content(record.body)
    attributes = Attributes()
    trace_id, span_id = _context(record.trace_context, attributes)
    attributes.add_known("sw8.endpoint", record.endpoint)
    attributes.add_known("sw8.layer", record.layer)
    attributes.add_known("sw8.log_type", record.body.type)
    attributes.add_known("sw8.log_format", "" if form == _FORMATS[0] else form)
    attributes.add_pairs(record.tags.data)
    level = attributes.first_text("level")
    return LogRecord(
        time_unix_nano=unix_nano(record.timestamp, "the timestamp of a log record"),
        observed_time_unix_nano=received_ns,
        severity_number=_SEVERITIES.get(level.lower(), SeverityNumber.SEVERITY_NUMBER_UNSPECIFIED),
        severity_text=level,
        body=AnyValue(string_value=text),
        attributes=attributes.fields(),
        trace_id=trace_id,
        span_id=span_id,
    )


def _content(body: Any) -> tuple[str, str]:
    """The format and the text, which is under the format's name."""
    for form in _FORMATS:
        text: str = getattr(body, form).text
        if text:
            return form, text
    return _FORMATS[0], ""


def _context(context: Any, attributes: Attributes) -> tuple[bytes, bytes]:
    """The ids of OTLP, empty where there are none; those that came go to `attributes`."""
    trace_id = check_length(context.trace_id, "traceId")
    segment_id = check_length(context.trace_segment_id, "traceSegmentId")
    attributes.add_known("sw8.trace_id", trace_id)
    if segment_id:
        attributes.add("sw8.segment_id", segment_id)
        attributes.add("sw8.span_id", context.span_id)
    return (
        trace_id_of(trace_id) if trace_id else b"",
        span_id_of(segment_id, context.span_id) if segment_id else b"",
    )
