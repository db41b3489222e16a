"""How the engine is told to read OTLP: the protobuf schema and the types that it decodes into.

Field numbers are those of the OpenTelemetry protocol (opentelemetry-proto 1.x, trace.proto, logs.proto, common.proto,
resource.proto). The schemas are in `proto/`. Attributes, and the body of a log record, are declared as `bytes`: they
stay the encoded KeyValue or AnyValue that they are, so that nothing is lost, nothing needs converting (decoding them
into typed columns took three times as long), and one attribute is one token of the index.
"""

from dataclasses import dataclass
from pathlib import Path

_RESOURCE = "Tuple(attributes Array(String), dropped_attributes_count UInt32, entity_refs Array(String))"
_SCOPE = "Tuple(name String, version String, attributes Array(String), dropped_attributes_count UInt32)"
_EVENTS = "Array(Tuple(time_unix_nano UInt64, name String, attributes Array(String), dropped_attributes_count UInt32))"
_LINKS = (
    "Array(Tuple(trace_id String, span_id String, trace_state String, attributes Array(String),"
    " dropped_attributes_count UInt32, flags UInt32))"
)
_SPANS = (
    "Array(Tuple(trace_id String, span_id String, trace_state String, parent_span_id String, name String, kind Int32,"
    f" start_time_unix_nano UInt64, end_time_unix_nano UInt64, attributes Array(String),"
    f" dropped_attributes_count UInt32, events {_EVENTS}, dropped_events_count UInt32, links {_LINKS},"
    " dropped_links_count UInt32, status Tuple(message String, code Int32), flags UInt32))"
)
_LOG_RECORDS = (
    "Array(Tuple(time_unix_nano UInt64, observed_time_unix_nano UInt64, severity_number Int32, severity_text String,"
    " body String, attributes Array(String), dropped_attributes_count UInt32, flags UInt32, trace_id String,"
    " span_id String, event_name String))"
)


@dataclass(frozen=True, slots=True)
class OtlpFormat:
    """The path of a protobuf schema (its message is named Request) and the ClickHouse structure it is read into.

    A file, because the engine writes a schema that it is given as text to `__cache__` in the working directory.
    """

    schema_path: str
    structure: str


def _grouped(signal: str, items: str, item_types: str) -> str:
    scopes = f"Array(Tuple(scope {_SCOPE}, {items} {item_types}, schema_url String))"
    return f"resource_{signal} Array(Tuple(resource {_RESOURCE}, scope_{signal} {scopes}, schema_url String))"


def _schema_path(name: str) -> str:
    return str(Path(__file__).resolve().parent / "proto" / name)


TRACES = OtlpFormat(_schema_path("traces.proto"), _grouped("spans", "spans", _SPANS))
LOGS = OtlpFormat(_schema_path("logs.proto"), _grouped("logs", "log_records", _LOG_RECORDS))
