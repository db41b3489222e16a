"""OTLP/JSON as typed Structs: what a client may write; null counts as absent, unknown keys are skipped.

64-bit integers come as numbers or strings, doubles also as "NaN" and "Infinity", enums as numbers or names; what they
mean is settled in `otlp_json_read`.
"""

import msgspec

Number = int | float | str | None
Text = str | None


class _Part(msgspec.Struct, rename="camel", gc=False):
    """An object of OTLP/JSON: lowerCamelCase keys; made in masses, and never in cycles."""


class ArrayValue(_Part):
    """A list of values."""

    values: "list[AnyValue] | None" = None


class KeyValueList(_Part):
    """A map as a list; keys may repeat."""

    values: "list[KeyValue] | None" = None


class AnyValue(_Part):
    """At most one of the fields is there; none is the empty value."""

    string_value: Text = None
    bool_value: bool | None = None
    int_value: Number = None
    double_value: Number = None
    array_value: ArrayValue | None = None
    kvlist_value: KeyValueList | None = None
    bytes_value: Text = None
    string_value_strindex: Number = None


class KeyValue(_Part):
    """One attribute."""

    key: Text = None
    value: AnyValue | None = None
    key_strindex: Number = None


Attributes = list[KeyValue] | None


class EntityRef(_Part):
    """Which attributes of a resource name an entity."""

    schema_url: Text = None
    type: Text = None
    id_keys: list[str] | None = None
    description_keys: list[str] | None = None


class Resource(_Part):
    """What sent the records."""

    attributes: Attributes = None
    dropped_attributes_count: Number = None
    entity_refs: list[EntityRef] | None = None


class Scope(_Part):
    """The instrumentation library."""

    name: Text = None
    version: Text = None
    attributes: Attributes = None
    dropped_attributes_count: Number = None


class Event(_Part):
    """Something at one moment of a span."""

    time_unix_nano: Number = None
    name: Text = None
    attributes: Attributes = None
    dropped_attributes_count: Number = None


class Link(_Part):
    """Another span that this one belongs with."""

    trace_id: Text = None
    span_id: Text = None
    trace_state: Text = None
    attributes: Attributes = None
    dropped_attributes_count: Number = None
    flags: Number = None


class Status(_Part):
    """Whether a span failed."""

    message: Text = None
    code: Number = None


class Span(_Part):
    """One span; ids are hex."""

    trace_id: Text = None
    span_id: Text = None
    trace_state: Text = None
    parent_span_id: Text = None
    flags: Number = None
    name: Text = None
    kind: Number = None
    start_time_unix_nano: Number = None
    end_time_unix_nano: Number = None
    attributes: Attributes = None
    dropped_attributes_count: Number = None
    events: list[Event] | None = None
    dropped_events_count: Number = None
    links: list[Link] | None = None
    dropped_links_count: Number = None
    status: Status | None = None


class ScopeSpans(_Part):
    """The spans of one scope."""

    scope: Scope | None = None
    spans: list[Span] | None = None
    schema_url: Text = None


class ResourceSpans(_Part):
    """The scopes of one resource."""

    resource: Resource | None = None
    scope_spans: list[ScopeSpans] | None = None
    schema_url: Text = None


class TracesRequest(_Part):
    """The body of POST /v1/traces."""

    resource_spans: list[ResourceSpans] | None = None


class LogRecord(_Part):
    """One log record; ids are hex, or empty outside a trace."""

    time_unix_nano: Number = None
    observed_time_unix_nano: Number = None
    severity_number: Number = None
    severity_text: Text = None
    body: AnyValue | None = None
    attributes: Attributes = None
    dropped_attributes_count: Number = None
    flags: Number = None
    trace_id: Text = None
    span_id: Text = None
    event_name: Text = None


class ScopeLogs(_Part):
    """The log records of one scope."""

    scope: Scope | None = None
    log_records: list[LogRecord] | None = None
    schema_url: Text = None


class ResourceLogs(_Part):
    """The scopes of one resource."""

    resource: Resource | None = None
    scope_logs: list[ScopeLogs] | None = None
    schema_url: Text = None


class LogsRequest(_Part):
    """The body of POST /v1/logs."""

    resource_logs: list[ResourceLogs] | None = None
