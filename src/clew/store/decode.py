"""Rows of the engine back into OpenTelemetry's messages, field by field."""

import functools
import json
from collections.abc import Iterable, Sequence
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, LogsData, ScopeLogs
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans, Span, Status, TracesData

from clew.wire.otlp_pieces import write_varint

_UINT64 = 1 << 64

# The tags of the field `attributes`, length-delimited, in each message.
_RESOURCE_ATTRIBUTE = b"\x0a"
_SCOPE_ATTRIBUTE = b"\x1a"
_SPAN_ATTRIBUTE = b"\x4a"
_EVENT_ATTRIBUTE = b"\x1a"
_LINK_ATTRIBUTE = b"\x22"
_LOG_ATTRIBUTE = b"\x32"

Row = Sequence[Any]


def traces_data(rows: Iterable[Row]) -> TracesData:
    """Rows of `columns_of_whole_spans.sql` as one message, grouped by resource and scope as they appear first."""
    data = TracesData()
    scopes: dict[tuple[bytes, bytes], ScopeSpans] = {}
    resources: dict[bytes, Any] = {}
    for row in rows:
        resource, scope = row[-2], row[-1]
        if (group := scopes.get((resource, scope))) is None:
            if (outer := resources.get(resource)) is None:
                message, schema_url = decode_resource(resource)
                outer = resources[resource] = data.resource_spans.add(resource=message, schema_url=schema_url)
            scope_message, scope_url = decode_scope(scope)
            group = scopes[resource, scope] = outer.scope_spans.add(scope=scope_message, schema_url=scope_url)
        group.spans.append(_span(row))
    return data


def logs_data(rows: Iterable[Row]) -> LogsData:
    """Rows of `read_logs.sql` as one message, grouped by resource and scope in the order of first appearance."""
    data = LogsData()
    scopes: dict[tuple[bytes, bytes], ScopeLogs] = {}
    resources: dict[bytes, Any] = {}
    for row in rows:
        resource, scope = row[-2], row[-1]
        if (group := scopes.get((resource, scope))) is None:
            if (outer := resources.get(resource)) is None:
                message, schema_url = decode_resource(resource)
                outer = resources[resource] = data.resource_logs.add(resource=message, schema_url=schema_url)
            scope_message, scope_url = decode_scope(scope)
            group = scopes[resource, scope] = outer.scope_logs.add(scope=scope_message, schema_url=scope_url)
        group.log_records.append(_log_record(row))
    return data


@functools.lru_cache(maxsize=4096)
def decode_resource(stored: bytes) -> tuple[Resource, str]:
    """A stored resource (`[attributes, dropped, entity refs, schema URL]`) as a message and its schema URL."""
    attributes, dropped, entity_refs, schema_url = json.loads(stored)
    resource = Resource(dropped_attributes_count=dropped)
    resource.MergeFromString(_encoded(_RESOURCE_ATTRIBUTE, map(bytes.fromhex, attributes)))
    for entity_ref in entity_refs:
        resource.entity_refs.add().ParseFromString(bytes.fromhex(entity_ref))
    return resource, schema_url


@functools.lru_cache(maxsize=4096)
def decode_scope(stored: bytes) -> tuple[InstrumentationScope, str]:
    """A stored scope (`[name, version, attributes, dropped, schema URL]`) as a message and its schema URL."""
    name, version, attributes, dropped, schema_url = json.loads(stored)
    scope = InstrumentationScope(name=name, version=version, dropped_attributes_count=dropped)
    scope.MergeFromString(_encoded(_SCOPE_ATTRIBUTE, map(bytes.fromhex, attributes)))
    return scope, schema_url


def _encoded(tag: bytes, items: Iterable[bytes]) -> bytes:
    """A repeated field as it is written: tag, length and content of each item."""
    return b"".join([piece for item in items for piece in (tag, write_varint(len(item)), item)])


def _span(row: Row) -> Span:
    start, duration = row[7], row[8]
    span = Span(
        trace_id=row[0],
        span_id=row[1],
        parent_span_id=row[2],
        trace_state=row[3].decode(),
        flags=row[4],
        name=row[5].decode(),
        kind=row[6],
        start_time_unix_nano=start,
        end_time_unix_nano=(start + duration) % _UINT64,
        status=Status(code=row[9], message=row[10].decode()) if row[9] or row[10] else None,
        events=[_event(*event) for event in zip(*row[12:16], strict=True)],
        links=[_link(link) for link in zip(*row[16:22], strict=True)],
        dropped_attributes_count=row[22],
        dropped_events_count=row[23],
        dropped_links_count=row[24],
    )
    span.MergeFromString(_encoded(_SPAN_ATTRIBUTE, row[11]))
    return span


def _event(time_unix_nano: int, name: bytes, attributes: Sequence[bytes], dropped: int) -> Span.Event:
    event = Span.Event(time_unix_nano=time_unix_nano, name=name.decode(), dropped_attributes_count=dropped)
    event.MergeFromString(_encoded(_EVENT_ATTRIBUTE, attributes))
    return event


def _link(stored: Sequence[Any]) -> Span.Link:
    trace_id, span_id, state, attributes, dropped, flags = stored
    link = Span.Link(
        trace_id=trace_id, span_id=span_id, trace_state=state.decode(), dropped_attributes_count=dropped, flags=flags
    )
    link.MergeFromString(_encoded(_LINK_ATTRIBUTE, attributes))
    return link


def _log_record(row: Row) -> LogRecord:
    record = LogRecord(
        trace_id=row[0],
        span_id=row[1],
        time_unix_nano=row[2],
        observed_time_unix_nano=row[3],
        severity_number=row[4],
        severity_text=row[5].decode(),
        event_name=row[6].decode(),
        dropped_attributes_count=row[9],
        flags=row[10],
    )
    if row[7]:
        record.body.ParseFromString(row[7])
    record.MergeFromString(_encoded(_LOG_ATTRIBUTE, row[8]))
    return record
