from typing import Any

import msgspec
import pytest
from google.protobuf.descriptor import Descriptor
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, EntityRef, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from clew.wire import otlp_json_schema as schema


@pytest.mark.parametrize(
    ("struct", "message"),
    [
        (schema.TracesRequest, ExportTraceServiceRequest),
        (schema.ResourceSpans, ResourceSpans),
        (schema.ScopeSpans, ScopeSpans),
        (schema.Span, Span),
        (schema.Event, Span.Event),
        (schema.Link, Span.Link),
        (schema.Status, Status),
        (schema.LogsRequest, ExportLogsServiceRequest),
        (schema.ResourceLogs, ResourceLogs),
        (schema.ScopeLogs, ScopeLogs),
        (schema.LogRecord, LogRecord),
        (schema.Resource, Resource),
        (schema.Scope, InstrumentationScope),
        (schema.EntityRef, EntityRef),
        (schema.KeyValue, KeyValue),
        (schema.AnyValue, AnyValue),
    ],
)
def test_the_schema_has_every_field_of_the_protocol(struct: type[msgspec.Struct], message: Any) -> None:
    """No field of the installed OTLP is missing from the JSON reader, and none is made up."""
    descriptor: Descriptor = message.DESCRIPTOR
    names = {field.encode_name for field in msgspec.structs.fields(struct)}
    assert names == {field.json_name for field in descriptor.fields}
