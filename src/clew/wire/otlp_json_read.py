"""From the Structs of OTLP/JSON to plain dictionaries in protobuf's field names, of which upb makes messages in C."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from opentelemetry.proto.logs.v1.logs_pb2 import SeverityNumber
from opentelemetry.proto.trace.v1.trace_pb2 import Span as ProtoSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status as ProtoStatus

from clew.errors import MalformedInput
from clew.wire import otlp_json_schema as schema
from clew.wire.otlp_json_scalars import (
    INT32,
    INT64,
    UINT32,
    UINT64,
    read_bytes,
    read_double,
    read_enum,
    read_id,
    read_int,
)

_T = TypeVar("_T")
_Fields = dict[str, Any]


def read_traces(request: schema.TracesRequest) -> _Fields:
    """The fields of an ExportTraceServiceRequest; raises MalformedInput, whose message begins with the path."""
    return {"resource_spans": _list("resourceSpans", request.resource_spans, _resource_spans)}


def read_logs(request: schema.LogsRequest) -> _Fields:
    """The fields of an ExportLogsServiceRequest; raises MalformedInput, whose message begins with the path."""
    return {"resource_logs": _list("resourceLogs", request.resource_logs, _resource_logs)}


def _at(path: str, error: MalformedInput) -> MalformedInput:
    text = str(error)
    return MalformedInput(f".{path}{text}" if text[:1] in (".", "[") else f".{path}: {text}")


def _list(name: str, items: Iterable[_T] | None, read: Callable[[_T], _Fields]) -> list[_Fields]:
    fields: list[_Fields] = []
    try:
        for item in items or ():
            fields.append(read(item))  # noqa: PERF401  # its length is the index of the item that is wrong
    except MalformedInput as error:
        raise _at(f"{name}[{len(fields)}]", error) from None
    return fields


def _field(name: str, value: _T, read: Callable[[_T], Any]) -> Any:
    try:
        return read(value)
    except MalformedInput as error:
        raise _at(name, error) from None


def _put_int(fields: _Fields, key: str, name: str, value: schema.Number, bounds: range) -> None:
    if value is not None:
        fields[key] = _field(name, value, lambda number: read_int(number, bounds))


def _put_id(fields: _Fields, key: str, name: str, value: str | None) -> None:
    if value:
        fields[key] = _field(name, value, read_id)


def _put_list(fields: _Fields, key: str, name: str, items: Iterable[_T] | None, read: Callable[[_T], _Fields]) -> None:
    if items:
        fields[key] = _list(name, items, read)


def _put_text(fields: _Fields, key: str, value: str | None) -> None:
    if value:
        fields[key] = value


def _put_attributes(
    fields: _Fields,
    part: "schema.Resource | schema.Scope | schema.Event | schema.Link | schema.Span | schema.LogRecord",
) -> None:
    _put_list(fields, "attributes", "attributes", part.attributes, _key_value)
    if part.dropped_attributes_count is not None:
        _put_int(fields, "dropped_attributes_count", "droppedAttributesCount", part.dropped_attributes_count, UINT32)


def _key_value(item: schema.KeyValue) -> _Fields:
    fields: _Fields = {}
    _put_text(fields, "key", item.key)
    if item.value is not None:
        fields["value"] = _field("value", item.value, _any_value)
    _put_int(fields, "key_strindex", "keyStrindex", item.key_strindex, INT32)
    return fields


def _any_value(value: schema.AnyValue) -> _Fields:
    if value.string_value is not None:
        fields: _Fields = {"string_value": value.string_value}
    else:
        fields = {}
    if value.bool_value is not None:
        fields["bool_value"] = value.bool_value
    if isinstance(value.int_value, int | float) and not -(2**63) <= value.int_value < 2**63:
        # JavaScript has one sort of number, and its exporter calls every whole one an integer: 2 ** 70 as well.
        fields["double_value"] = float(value.int_value)
    else:
        _put_int(fields, "int_value", "intValue", value.int_value, INT64)
    if value.double_value is not None:
        fields["double_value"] = _field("doubleValue", value.double_value, read_double)
    if value.bytes_value is not None:
        fields["bytes_value"] = _field("bytesValue", value.bytes_value, read_bytes)
    if value.array_value is not None:
        items = _field("arrayValue", value.array_value.values, lambda values: _list("values", values, _any_value))
        fields["array_value"] = {"values": items}
    if value.kvlist_value is not None:
        items = _field("kvlistValue", value.kvlist_value.values, lambda values: _list("values", values, _key_value))
        fields["kvlist_value"] = {"values": items}
    _put_int(fields, "string_value_strindex", "stringValueStrindex", value.string_value_strindex, INT32)
    if len(fields) > 1:
        raise MalformedInput(f"a value is of one kind only, this one has {' and '.join(sorted(fields))}")
    return fields


def _entity_ref(ref: schema.EntityRef) -> _Fields:
    return {
        "schema_url": ref.schema_url or "",
        "type": ref.type or "",
        "id_keys": ref.id_keys or (),
        "description_keys": ref.description_keys or (),
    }


def _resource(resource: schema.Resource) -> _Fields:
    fields: _Fields = {}
    _put_list(fields, "entity_refs", "entityRefs", resource.entity_refs, _entity_ref)
    _put_attributes(fields, resource)
    return fields


def _scope(scope: schema.Scope) -> _Fields:
    fields: _Fields = {}
    _put_text(fields, "name", scope.name)
    _put_text(fields, "version", scope.version)
    _put_attributes(fields, scope)
    return fields


def _resource_spans(group: schema.ResourceSpans) -> _Fields:
    fields: _Fields = {}
    _put_text(fields, "schema_url", group.schema_url)
    if group.resource is not None:
        fields["resource"] = _field("resource", group.resource, _resource)
    _put_list(fields, "scope_spans", "scopeSpans", group.scope_spans, _scope_spans)
    return fields


def _scope_spans(group: schema.ScopeSpans) -> _Fields:
    fields: _Fields = {}
    _put_text(fields, "schema_url", group.schema_url)
    if group.scope is not None:
        fields["scope"] = _field("scope", group.scope, _scope)
    _put_list(fields, "spans", "spans", group.spans, _span)
    return fields


def _span(span: schema.Span) -> _Fields:
    fields: _Fields = {}
    _put_text(fields, "name", span.name)
    _put_text(fields, "trace_state", span.trace_state)
    _put_id(fields, "trace_id", "traceId", span.trace_id)
    _put_id(fields, "span_id", "spanId", span.span_id)
    _put_id(fields, "parent_span_id", "parentSpanId", span.parent_span_id)
    _put_int(fields, "flags", "flags", span.flags, UINT32)
    if span.kind is not None:
        fields["kind"] = _field("kind", span.kind, lambda kind: read_enum(kind, ProtoSpan.SpanKind))
    _put_int(fields, "start_time_unix_nano", "startTimeUnixNano", span.start_time_unix_nano, UINT64)
    _put_int(fields, "end_time_unix_nano", "endTimeUnixNano", span.end_time_unix_nano, UINT64)
    _put_attributes(fields, span)
    _put_list(fields, "events", "events", span.events, _event)
    _put_int(fields, "dropped_events_count", "droppedEventsCount", span.dropped_events_count, UINT32)
    _put_list(fields, "links", "links", span.links, _link)
    _put_int(fields, "dropped_links_count", "droppedLinksCount", span.dropped_links_count, UINT32)
    if span.status is not None:
        fields["status"] = _field("status", span.status, _status)
    return fields


def _status(status: schema.Status) -> _Fields:
    fields: _Fields = {}
    _put_text(fields, "message", status.message)
    if status.code is not None:
        fields["code"] = _field("code", status.code, lambda code: read_enum(code, ProtoStatus.StatusCode))
    return fields


def _event(event: schema.Event) -> _Fields:
    fields: _Fields = {}
    _put_text(fields, "name", event.name)
    _put_int(fields, "time_unix_nano", "timeUnixNano", event.time_unix_nano, UINT64)
    _put_attributes(fields, event)
    return fields


def _link(link: schema.Link) -> _Fields:
    fields: _Fields = {}
    _put_text(fields, "trace_state", link.trace_state)
    _put_id(fields, "trace_id", "traceId", link.trace_id)
    _put_id(fields, "span_id", "spanId", link.span_id)
    _put_attributes(fields, link)
    _put_int(fields, "flags", "flags", link.flags, UINT32)
    return fields


def _resource_logs(group: schema.ResourceLogs) -> _Fields:
    fields: _Fields = {}
    _put_text(fields, "schema_url", group.schema_url)
    if group.resource is not None:
        fields["resource"] = _field("resource", group.resource, _resource)
    _put_list(fields, "scope_logs", "scopeLogs", group.scope_logs, _scope_logs)
    return fields


def _scope_logs(group: schema.ScopeLogs) -> _Fields:
    fields: _Fields = {}
    _put_text(fields, "schema_url", group.schema_url)
    if group.scope is not None:
        fields["scope"] = _field("scope", group.scope, _scope)
    _put_list(fields, "log_records", "logRecords", group.log_records, _log_record)
    return fields


def _log_record(record: schema.LogRecord) -> _Fields:
    fields: _Fields = {}
    _put_text(fields, "severity_text", record.severity_text)
    _put_text(fields, "event_name", record.event_name)
    _put_int(fields, "time_unix_nano", "timeUnixNano", record.time_unix_nano, UINT64)
    _put_int(fields, "observed_time_unix_nano", "observedTimeUnixNano", record.observed_time_unix_nano, UINT64)
    if record.severity_number is not None:
        number = _field("severityNumber", record.severity_number, lambda level: read_enum(level, SeverityNumber))
        fields["severity_number"] = number
    if record.body is not None:
        fields["body"] = _field("body", record.body, _any_value)
    _put_attributes(fields, record)
    _put_int(fields, "flags", "flags", record.flags, UINT32)
    _put_id(fields, "trace_id", "traceId", record.trace_id)
    _put_id(fields, "span_id", "spanId", record.span_id)
    return fields
