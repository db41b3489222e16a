"""How the engine is told to read OTLP: the protobuf schema and the types that it decodes into.

Field numbers are those of the OpenTelemetry protocol (opentelemetry-proto 1.x, trace.proto, logs.proto, common.proto,
resource.proto). Arrays and key-value lists inside a value are declared as `bytes`, so that any depth survives; they
are decoded when a person looks at them. `oneof` presence tells 0, '' and false from unset.
"""

from dataclasses import dataclass

VALUE_KINDS = ("none", "string", "bool", "int", "double", "array", "kvlist", "bytes")

_KIND = "Enum8(" + ", ".join(f"'{name}' = {number}" for number, name in enumerate(VALUE_KINDS)) + ")"
_VALUE = (
    f"Tuple(value {_KIND}, string_value String, bool_value Bool, int_value Int64, double_value Float64,"
    " array_value String, kvlist_value String, bytes_value String)"
)
_ATTRIBUTES = f"Array(Tuple(key String, value {_VALUE}))"
_RESOURCE = f"Tuple(attributes {_ATTRIBUTES}, dropped_attributes_count UInt32, entity_refs Array(String))"
_SCOPE = f"Tuple(name String, version String, attributes {_ATTRIBUTES}, dropped_attributes_count UInt32)"
_EVENTS = f"Array(Tuple(time_unix_nano UInt64, name String, attributes {_ATTRIBUTES}, dropped_attributes_count UInt32))"
_LINKS = (
    f"Array(Tuple(trace_id String, span_id String, trace_state String, attributes {_ATTRIBUTES},"
    " dropped_attributes_count UInt32, flags UInt32))"
)
_SPANS = (
    "Array(Tuple(trace_id String, span_id String, trace_state String, parent_span_id String, name String, kind Int32,"
    f" start_time_unix_nano UInt64, end_time_unix_nano UInt64, attributes {_ATTRIBUTES},"
    f" dropped_attributes_count UInt32, events {_EVENTS}, dropped_events_count UInt32, links {_LINKS},"
    " dropped_links_count UInt32, status Tuple(message String, code Int32), flags UInt32))"
)
_LOG_RECORDS = (
    "Array(Tuple(time_unix_nano UInt64, observed_time_unix_nano UInt64, severity_number Int32, severity_text String,"
    f" body {_VALUE}, attributes {_ATTRIBUTES}, dropped_attributes_count UInt32, flags UInt32, trace_id String,"
    " span_id String, event_name String))"
)

_COMMON_MESSAGES = """syntax = "proto3";
message AnyValue { oneof value {
  string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4;
  bytes array_value = 5; bytes kvlist_value = 6; bytes bytes_value = 7; } }
message KeyValue { string key = 1; AnyValue value = 2; }
message Resource {
  repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2; repeated bytes entity_refs = 3; }
message Scope {
  string name = 1; string version = 2; repeated KeyValue attributes = 3; uint32 dropped_attributes_count = 4; }
"""
_TRACE_MESSAGES = """
message Event {
  fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; uint32 dropped_attributes_count = 4; }
message Link {
  bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; repeated KeyValue attributes = 4;
  uint32 dropped_attributes_count = 5; fixed32 flags = 6; }
message Status { string message = 2; int32 code = 3; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5;
  int32 kind = 6; fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9;
  uint32 dropped_attributes_count = 10; repeated Event events = 11; uint32 dropped_events_count = 12;
  repeated Link links = 13; uint32 dropped_links_count = 14; Status status = 15; fixed32 flags = 16; }
message ScopeSpans { Scope scope = 1; repeated Span spans = 2; string schema_url = 3; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; string schema_url = 3; }
message Request { repeated ResourceSpans resource_spans = 1; }
"""
_LOG_MESSAGES = """
message LogRecord {
  fixed64 time_unix_nano = 1; int32 severity_number = 2; string severity_text = 3; AnyValue body = 5;
  repeated KeyValue attributes = 6; uint32 dropped_attributes_count = 7; fixed32 flags = 8; bytes trace_id = 9;
  bytes span_id = 10; fixed64 observed_time_unix_nano = 11; string event_name = 12; }
message ScopeLogs { Scope scope = 1; repeated LogRecord log_records = 2; string schema_url = 3; }
message ResourceLogs { Resource resource = 1; repeated ScopeLogs scope_logs = 2; string schema_url = 3; }
message Request { repeated ResourceLogs resource_logs = 1; }
"""


@dataclass(frozen=True, slots=True)
class OtlpFormat:
    """A protobuf schema (its message is named Request) and the ClickHouse structure it is read into."""

    schema: str
    structure: str


def _grouped(signal: str, items: str, item_types: str) -> str:
    scopes = f"Array(Tuple(scope {_SCOPE}, {items} {item_types}, schema_url String))"
    return f"resource_{signal} Array(Tuple(resource {_RESOURCE}, scope_{signal} {scopes}, schema_url String))"


TRACES = OtlpFormat(_COMMON_MESSAGES + _TRACE_MESSAGES, _grouped("spans", "spans", _SPANS))
LOGS = OtlpFormat(_COMMON_MESSAGES + _LOG_MESSAGES, _grouped("logs", "log_records", _LOG_RECORDS))
