import msgspec
from google.protobuf.message import Message
from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.logs.v1 import logs_pb2
from opentelemetry.proto.resource.v1 import resource_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

from clew.api import otlp_schema
from clew.wire.otlp_json import traces_to_json

# Not described: fields of a later, experimental part of OTLP (string tables for profiles).
EXPERIMENTAL = {"string_value_strindex", "key_strindex", "entity_refs"}
PAIRS: list[tuple[type[msgspec.Struct], type[Message]]] = [
    (otlp_schema.TracesDocument, trace_pb2.TracesData),
    (otlp_schema.ResourceSpans, trace_pb2.ResourceSpans),
    (otlp_schema.ScopeSpans, trace_pb2.ScopeSpans),
    (otlp_schema.Span, trace_pb2.Span),
    (otlp_schema.Event, trace_pb2.Span.Event),
    (otlp_schema.Link, trace_pb2.Span.Link),
    (otlp_schema.Status, trace_pb2.Status),
    (otlp_schema.Resource, resource_pb2.Resource),
    (otlp_schema.Scope, common_pb2.InstrumentationScope),
    (otlp_schema.KeyValue, common_pb2.KeyValue),
    (otlp_schema.AnyValue, common_pb2.AnyValue),
    (otlp_schema.ArrayValue, common_pb2.ArrayValue),
    (otlp_schema.KeyValueList, common_pb2.KeyValueList),
    (otlp_schema.LogsDocument, logs_pb2.LogsData),
    (otlp_schema.ResourceLogs, logs_pb2.ResourceLogs),
    (otlp_schema.ScopeLogs, logs_pb2.ScopeLogs),
    (otlp_schema.LogRecord, logs_pb2.LogRecord),
]


def test_every_field_of_otlp_is_described() -> None:
    """Each message has the fields of opentelemetry-proto, under their JSON names."""
    for described, message in PAIRS:
        fields = [field for field in message.DESCRIPTOR.fields if field.name not in EXPERIMENTAL]
        names = [field.encode_name for field in msgspec.structs.fields(described)]
        assert sorted(names) == sorted(field.json_name for field in fields), described.__name__


def test_a_span_with_everything_fits_the_description() -> None:
    """OTLP JSON with every kind of value decodes strictly into the described types."""
    trace = trace_pb2.TracesData()
    scope_spans = trace.resource_spans.add(schema_url="r").scope_spans.add(schema_url="s")
    span = scope_spans.spans.add(trace_id=b"t" * 16, span_id=b"s" * 8, name="work", start_time_unix_nano=2**64 - 1)
    span.status.code = trace_pb2.Status.STATUS_CODE_ERROR
    span.links.add(trace_id=b"u" * 16, span_id=b"v" * 8)
    span.events.add(name="e", time_unix_nano=1).attributes.add(key="b").value.bytes_value = b"\xff"
    nested = span.attributes.add(key="n").value.kvlist_value.values.add(key="list").value.array_value
    nested.values.add().int_value = -(2**63)
    nested.values.add().double_value = float("nan")
    nested.values.add().bool_value = False
    document = msgspec.json.decode(traces_to_json(trace), type=otlp_schema.TracesDocument)
    read = document.resource_spans[0].scope_spans[0].spans[0]
    assert read.start_time_unix_nano == str(2**64 - 1)
    assert read.links[0].trace_id == (b"u" * 16).hex()
    value = read.attributes[0].value
    assert value is not None
    assert value.kvlist_value is not None
    items = value.kvlist_value.values[0].value
    assert items is not None
    assert items.array_value is not None
    assert [item.int_value for item in items.array_value.values] == [str(-(2**63)), None, None]
