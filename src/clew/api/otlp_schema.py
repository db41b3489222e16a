"""The OTLP JSON of a trace and its logs, described for OpenAPI (the bytes themselves come from `clew.wire`).

Source: opentelemetry-proto 1.x, `trace/v1`, `logs/v1`, `common/v1`, `resource/v1`, and the OTLP JSON rules:
ids are hex, 64-bit integers are strings, enums are numbers, and a field with its default value may be left out.
"""

from typing import Annotated

from msgspec import Meta, Struct

UnixNano = Annotated[str, Meta(description="Nanoseconds since 1970-01-01 UTC, as a string")]
SpanId = Annotated[str, Meta(description="16 lower-case hex digits; empty when there is none")]
TraceId = Annotated[str, Meta(description="32 lower-case hex digits")]


class OtlpSchema(Struct, rename="camel", kw_only=True, omit_defaults=True):
    """Field names in lowerCamelCase, as in the protobuf JSON mapping."""


class ArrayValue(OtlpSchema):
    """A list of values, which may differ in kind."""

    values: list["AnyValue"] = []


class KeyValueList(OtlpSchema):
    """A map of values."""

    values: list["KeyValue"] = []


class AnyValue(OtlpSchema):
    """One value; exactly one of the fields is there, none when the value is empty."""

    string_value: str | None = None
    bool_value: bool | None = None
    int_value: Annotated[str | None, Meta(description="A 64-bit integer, as a string")] = None
    double_value: float | str | None = None
    array_value: ArrayValue | None = None
    kvlist_value: KeyValueList | None = None
    bytes_value: Annotated[str | None, Meta(description="base64")] = None


class KeyValue(OtlpSchema):
    """An attribute."""

    key: str = ""
    value: AnyValue | None = None


class Resource(OtlpSchema):
    """Who sent the spans."""

    attributes: list[KeyValue] = []
    dropped_attributes_count: int = 0


class Scope(OtlpSchema):
    """The instrumentation that made the spans."""

    name: str = ""
    version: str = ""
    attributes: list[KeyValue] = []
    dropped_attributes_count: int = 0


class Event(OtlpSchema):
    """Something that happened at one moment of a span."""

    time_unix_nano: UnixNano = "0"
    name: str = ""
    attributes: list[KeyValue] = []
    dropped_attributes_count: int = 0


class Link(OtlpSchema):
    """A pointer from a span to another, in this trace or not."""

    trace_id: TraceId = ""
    span_id: SpanId = ""
    trace_state: str = ""
    attributes: list[KeyValue] = []
    dropped_attributes_count: int = 0
    flags: int = 0


class Status(OtlpSchema):
    """How a span ended: 0 unset, 1 ok, 2 error."""

    message: str = ""
    code: int = 0


class Span(OtlpSchema):
    """One piece of work."""

    trace_id: TraceId = ""
    span_id: SpanId = ""
    parent_span_id: SpanId = ""
    trace_state: str = ""
    flags: int = 0
    name: str = ""
    kind: Annotated[int, Meta(description="0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer")] = 0
    start_time_unix_nano: UnixNano = "0"
    end_time_unix_nano: UnixNano = "0"
    attributes: list[KeyValue] = []
    dropped_attributes_count: int = 0
    events: list[Event] = []
    dropped_events_count: int = 0
    links: list[Link] = []
    dropped_links_count: int = 0
    status: Status | None = None


class ScopeSpans(OtlpSchema):
    """The spans of one scope."""

    scope: Scope | None = None
    spans: list[Span] = []
    schema_url: str = ""


class ResourceSpans(OtlpSchema):
    """The spans of one resource."""

    resource: Resource | None = None
    scope_spans: list[ScopeSpans] = []
    schema_url: str = ""


class TracesDocument(OtlpSchema):
    """The spans of a trace, as `TracesData`."""

    resource_spans: list[ResourceSpans] = []


class LogRecord(OtlpSchema):
    """One log record."""

    time_unix_nano: UnixNano = "0"
    observed_time_unix_nano: UnixNano = "0"
    severity_number: int = 0
    severity_text: str = ""
    body: AnyValue | None = None
    attributes: list[KeyValue] = []
    dropped_attributes_count: int = 0
    flags: int = 0
    trace_id: TraceId = ""
    span_id: SpanId = ""
    event_name: str = ""


class ScopeLogs(OtlpSchema):
    """The log records of one scope."""

    scope: Scope | None = None
    log_records: list[LogRecord] = []
    schema_url: str = ""


class ResourceLogs(OtlpSchema):
    """The log records of one resource."""

    resource: Resource | None = None
    scope_logs: list[ScopeLogs] = []
    schema_url: str = ""


class LogsDocument(OtlpSchema):
    """The log records of a trace, as `LogsData`."""

    resource_logs: list[ResourceLogs] = []
