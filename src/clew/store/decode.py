"""Rows of the engine back into OpenTelemetry's messages, field by field."""

import functools
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, LogsData, ScopeLogs
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans, Span, Status, TracesData

_UINT64 = 1 << 64

Row = Sequence[Any]


def traces_data(rows: Iterable[Row]) -> TracesData:
    """Rows of `read_spans.sql` as one message, grouped by resource and scope in the order of first appearance."""
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
    resource = Resource(attributes=_printable_attributes(attributes), dropped_attributes_count=dropped)
    for entity_ref in entity_refs:
        resource.entity_refs.add().ParseFromString(bytes.fromhex(entity_ref))
    return resource, schema_url


@functools.lru_cache(maxsize=4096)
def decode_scope(stored: bytes) -> tuple[InstrumentationScope, str]:
    """A stored scope (`[name, version, attributes, dropped, schema URL]`) as a message and its schema URL."""
    name, version, attributes, dropped, schema_url = json.loads(stored)
    scope = InstrumentationScope(
        name=name, version=version, attributes=_printable_attributes(attributes), dropped_attributes_count=dropped
    )
    return scope, schema_url


_VALUE_OF_KIND: dict[str, Callable[[bytes], AnyValue]] = {
    "none": lambda _: AnyValue(),
    "string": lambda text: AnyValue(string_value=text.decode()),
    "bool": lambda text: AnyValue(bool_value=text == b"true"),
    "int": lambda text: AnyValue(int_value=int(text)),
    "double": lambda text: AnyValue(double_value=float(text)),
    "array": lambda data: AnyValue(array_value=ArrayValue.FromString(data)),
    "kvlist": lambda data: AnyValue(kvlist_value=KeyValueList.FromString(data)),
    "bytes": lambda data: AnyValue(bytes_value=data),
}


def any_value(kind: str, stored: bytes) -> AnyValue:
    """A value of one of VALUE_KINDS from its stored text (or protobuf bytes, for arrays and lists)."""
    return _VALUE_OF_KIND[kind](stored)


def _printable_attributes(attributes: list[list[str]]) -> list[KeyValue]:
    return [KeyValue(key=key, value=any_value(kind, _from_printable(kind, text))) for key, kind, text in attributes]


def _from_printable(kind: str, text: str) -> bytes:
    return bytes.fromhex(text) if kind in ("array", "kvlist", "bytes") else text.encode()


def _attributes(keys: Sequence[bytes], kinds: Sequence[str], values: Sequence[bytes]) -> list[KeyValue]:
    return [
        KeyValue(key=key.decode(), value=any_value(kind, text))
        for key, kind, text in zip(keys, kinds, values, strict=True)
    ]


def _nested_attributes(attributes: Sequence[dict[str, Any]]) -> list[KeyValue]:
    return [KeyValue(key=a["key"].decode(), value=any_value(a["kind"], a["value"])) for a in attributes]


def _span(row: Row) -> Span:
    start, duration = row[7], row[8]
    return Span(
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
        attributes=_attributes(row[11], row[12], row[13]),
        events=[
            Span.Event(time_unix_nano=t, name=n.decode(), attributes=_nested_attributes(a), dropped_attributes_count=d)
            for t, n, a, d in zip(*row[14:18], strict=True)
        ],
        links=[
            Span.Link(
                trace_id=trace_id,
                span_id=span_id,
                trace_state=state.decode(),
                attributes=_nested_attributes(attributes),
                dropped_attributes_count=dropped,
                flags=flags,
            )
            for trace_id, span_id, state, attributes, dropped, flags in zip(*row[18:24], strict=True)
        ],
        dropped_attributes_count=row[24],
        dropped_events_count=row[25],
        dropped_links_count=row[26],
    )


def _log_record(row: Row) -> LogRecord:
    record = LogRecord(
        trace_id=row[0],
        span_id=row[1],
        time_unix_nano=row[2],
        observed_time_unix_nano=row[3],
        severity_number=row[4],
        severity_text=row[5].decode(),
        event_name=row[6].decode(),
        attributes=_attributes(row[9], row[10], row[11]),
        dropped_attributes_count=row[12],
        flags=row[13],
    )
    if row[7] != "none":
        record.body.CopyFrom(any_value(row[7], row[8]))
    return record
