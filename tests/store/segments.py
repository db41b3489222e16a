"""Segments and requests made by hand, and what the engine made of them."""

import itertools
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from clew.journal.record import encode_record
from clew.journal.segment import Segment, segment_name
from clew.store.engine import Engine

_numbers = itertools.count(1)
# Each of these segments has a day of its own, and so a partition that no other test's parts are merged into.
_days = itertools.count(date(2001, 1, 1).toordinal())

DERIVED = {
    "traces": "hex(trace_id), min(start_time_unix_nano), max(end_time_unix_nano), min(root), sum(span_count),"
    " sum(error_count), arraySort(groupUniqArrayArray(services)), arraySort(groupUniqArrayArray(minutes))",
    "trace_starts": "hex(trace_id), start_time_unix_nano, count()",
    "operation_minutes": "service, minute, name, kind, sum(span_count), sum(error_count), max(last_seen_unix_nano),"
    " sum(duration_sum_ns), max(duration_max_ns), sumMap(duration_histogram)",
    "operations": "service, name, kind, sum(span_count), sum(error_count), max(last_seen_unix_nano)",
    "origins": "resource, scope, sum(span_count)",
    "attribute_values": "level, attribute, sum(span_count)",
}
_GROUPS = {
    "traces": "trace_id",
    "trace_starts": "trace_id, start_time_unix_nano",
    "operation_minutes": "service, minute, name, kind",
    "operations": "service, name, kind",
    "origins": "resource, scope",
    "attribute_values": "level, attribute",
}


def write_segment(directory: Path, tenant: str, *payloads: bytes, signal: str = "traces") -> Segment:
    """A sealed segment with a day and a number of its own."""
    stream = f"{signal}/{tenant}"
    created_ms = int(datetime.combine(date.fromordinal(next(_days)), datetime.min.time(), UTC).timestamp()) * 1000
    sequence = next(_numbers)
    path = directory / segment_name(sequence, created_ms, stream)
    path.write_bytes(b"".join(piece for payload in payloads for piece in encode_record(payload)))
    return Segment(sequence, created_ms, stream, path, path.stat().st_size)


def day_of(segment: Segment) -> str:
    """The day of receipt of what the segment holds."""
    return datetime.fromtimestamp(segment.created_ms / 1000, UTC).date().isoformat()


def request_of(
    service: str, *spans: Span, scope: str = "", resource: dict[str, str] | None = None
) -> ExportTraceServiceRequest:
    """A request with one resource and one scope."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    for key, value in {"service.name": service, **(resource or {})}.items():
        group.resource.attributes.add(key=key).value.string_value = value
    scoped = group.scope_spans.add()
    scoped.scope.name = scope
    scoped.spans.extend(spans)
    return request


def make_spans(count: int, adjust: Callable[[int, Span], None] = lambda _number, _span: None) -> list[Span]:
    """Spans with ids and times of their own, four to a trace, each with an attribute `number`."""
    spans = []
    for number in range(1, count + 1):
        span = Span(
            trace_id=(number // 4 + 1).to_bytes(16, "big"),
            span_id=number.to_bytes(8, "big"),
            parent_span_id=b"" if number % 4 == 0 else b"p" * 8,
            name=f"operation-{number % 3}",
            start_time_unix_nano=number * 1_000_000,
            end_time_unix_nano=number * 1_000_000 + 500,
        )
        span.attributes.add(key="number").value.int_value = number
        if number % 5 == 0:
            span.status.code = Status.STATUS_CODE_ERROR
        adjust(number, span)
        spans.append(span)
    return spans


def derived_rows(engine: Engine, tenant: str) -> dict[str, list[Sequence[Any]]]:
    """What every derived table adds up to for a tenant, and the number of spans."""
    rows = {"spans": list(engine.read("SELECT count() FROM clew.spans WHERE tenant = {t:String}", {"t": tenant}))}
    for table, columns in DERIVED.items():
        sql = f"SELECT {columns} FROM clew.{table} WHERE tenant = {{t:String}} GROUP BY {_GROUPS[table]} ORDER BY ALL"
        rows[table] = list(engine.read(sql, {"t": tenant}))
    return rows
