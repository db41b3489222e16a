"""From OTLP messages to the dictionaries of OTLP/JSON.

Fields at their default are left out, except those that every reader looks for (ids, name, kind, times).
"""

from base64 import b64encode
from collections.abc import Callable, Iterable
from typing import Any

from clew.wire.otlp_json_scalars import write_double

_Json = dict[str, Any]


def write_traces(message: Any) -> _Json:
    """A TracesData or ExportTraceServiceRequest."""
    return {"resourceSpans": [_resource_spans(group) for group in message.resource_spans]}


def write_logs(message: Any) -> _Json:
    """A LogsData or ExportLogsServiceRequest."""
    return {"resourceLogs": [_resource_logs(group) for group in message.resource_logs]}


def _any_value(value: Any) -> _Json:
    kind = value.WhichOneof("value")
    if kind == "string_value":  # first, because most are
        return {"stringValue": value.string_value}
    return _VALUE_WRITERS[kind](value)


_VALUE_WRITERS: dict[str | None, Callable[[Any], _Json]] = {
    None: lambda _: {},
    "bool_value": lambda value: {"boolValue": value.bool_value},
    "int_value": lambda value: {"intValue": str(value.int_value)},
    "double_value": lambda value: {"doubleValue": write_double(value.double_value)},
    "array_value": lambda value: {"arrayValue": {"values": [_any_value(item) for item in value.array_value.values]}},
    "kvlist_value": lambda value: {"kvlistValue": {"values": _attributes(value.kvlist_value.values)}},
    "bytes_value": lambda value: {"bytesValue": b64encode(value.bytes_value).decode()},
    "string_value_strindex": lambda value: {"stringValueStrindex": value.string_value_strindex},
}


def _attributes(items: Iterable[Any]) -> list[_Json]:
    return [_key_value(item) for item in items]


def _key_value(item: Any) -> _Json:
    value = item.value
    kind = value.WhichOneof("value")
    written: _Json = {"key": item.key}
    if kind == "string_value":
        written["value"] = {"stringValue": value.string_value}
    elif kind is not None:
        written["value"] = _VALUE_WRITERS[kind](value)
    elif item.HasField("value"):
        written["value"] = {}
    if item.key_strindex:
        written["keyStrindex"] = item.key_strindex
    return written


def _put_attributes(written: _Json, part: Any) -> None:
    attributes = part.attributes
    if attributes:
        written["attributes"] = _attributes(attributes)
    if part.dropped_attributes_count:
        written["droppedAttributesCount"] = part.dropped_attributes_count


def _put_resource(written: _Json, group: Any) -> None:
    if group.HasField("resource"):
        resource: _Json = {}
        _put_attributes(resource, group.resource)
        if group.resource.entity_refs:
            resource["entityRefs"] = [_entity_ref(ref) for ref in group.resource.entity_refs]
        written["resource"] = resource


def _entity_ref(ref: Any) -> _Json:
    return {
        "schemaUrl": ref.schema_url,
        "type": ref.type,
        "idKeys": list(ref.id_keys),
        "descriptionKeys": list(ref.description_keys),
    }


def _put_scope(written: _Json, group: Any) -> None:
    if group.HasField("scope"):
        scope: _Json = {"name": group.scope.name}
        if group.scope.version:
            scope["version"] = group.scope.version
        _put_attributes(scope, group.scope)
        written["scope"] = scope


def _resource_spans(group: Any) -> _Json:
    written: _Json = {}
    _put_resource(written, group)
    written["scopeSpans"] = [_scope_spans(scope) for scope in group.scope_spans]
    if group.schema_url:
        written["schemaUrl"] = group.schema_url
    return written


def _scope_spans(group: Any) -> _Json:
    written: _Json = {}
    _put_scope(written, group)
    written["spans"] = [_span(span) for span in group.spans]
    if group.schema_url:
        written["schemaUrl"] = group.schema_url
    return written


def _span(span: Any) -> _Json:
    written: _Json = {
        "traceId": span.trace_id.hex(),
        "spanId": span.span_id.hex(),
        "name": span.name,
        "kind": span.kind,
        "startTimeUnixNano": str(span.start_time_unix_nano),
        "endTimeUnixNano": str(span.end_time_unix_nano),
    }
    if parent_span_id := span.parent_span_id:
        written["parentSpanId"] = parent_span_id.hex()
    _put_attributes(written, span)
    if span.flags:
        written["flags"] = span.flags
    if span.trace_state:
        written["traceState"] = span.trace_state
    if events := span.events:
        written["events"] = [_event(event) for event in events]
    if links := span.links:
        written["links"] = [_link(link) for link in links]
    if span.HasField("status"):
        written["status"] = _status(span.status)
    if span.dropped_events_count:
        written["droppedEventsCount"] = span.dropped_events_count
    if span.dropped_links_count:
        written["droppedLinksCount"] = span.dropped_links_count
    return written


def _status(status: Any) -> _Json:
    written: _Json = {}
    if status.message:
        written["message"] = status.message
    if status.code:
        written["code"] = status.code
    return written


def _event(event: Any) -> _Json:
    written: _Json = {"timeUnixNano": str(event.time_unix_nano), "name": event.name}
    _put_attributes(written, event)
    return written


def _link(link: Any) -> _Json:
    written: _Json = {"traceId": link.trace_id.hex(), "spanId": link.span_id.hex()}
    if link.trace_state:
        written["traceState"] = link.trace_state
    _put_attributes(written, link)
    if link.flags:
        written["flags"] = link.flags
    return written


def _resource_logs(group: Any) -> _Json:
    written: _Json = {}
    _put_resource(written, group)
    written["scopeLogs"] = [_scope_logs(scope) for scope in group.scope_logs]
    if group.schema_url:
        written["schemaUrl"] = group.schema_url
    return written


def _scope_logs(group: Any) -> _Json:
    written: _Json = {}
    _put_scope(written, group)
    written["logRecords"] = [_log_record(record) for record in group.log_records]
    if group.schema_url:
        written["schemaUrl"] = group.schema_url
    return written


def _log_record(record: Any) -> _Json:
    written: _Json = {"timeUnixNano": str(record.time_unix_nano)}
    if record.observed_time_unix_nano:
        written["observedTimeUnixNano"] = str(record.observed_time_unix_nano)
    if record.severity_number:
        written["severityNumber"] = record.severity_number
    if record.HasField("body"):
        written["body"] = _any_value(record.body)
    _put_attributes(written, record)
    for name, value in (("severityText", record.severity_text), ("eventName", record.event_name)):
        if value:
            written[name] = value
    if record.flags:
        written["flags"] = record.flags
    for name, identifier in (("traceId", record.trace_id), ("spanId", record.span_id)):
        if identifier:
            written[name] = identifier.hex()
    return written
