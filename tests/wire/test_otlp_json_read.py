import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from clew.errors import MalformedInput
from clew.wire import otlp_json_schema as schema
from clew.wire.otlp_json_read import read_logs, read_traces


def test_an_empty_request_has_no_groups() -> None:
    """A request without the list is the same as one with an empty list."""
    assert read_traces(schema.TracesRequest()) == {"resource_spans": []}
    assert read_logs(schema.LogsRequest(resource_logs=[])) == {"resource_logs": []}


def test_absent_messages_stay_absent_and_empty_ones_present() -> None:
    """`{}` for a resource, a scope or a value is not the same as leaving it out."""
    record = schema.LogRecord(body=schema.AnyValue(), attributes=[schema.KeyValue(key="k")])
    scope = schema.ScopeLogs(log_records=[record])
    request = schema.LogsRequest(resource_logs=[schema.ResourceLogs(resource=schema.Resource(), scope_logs=[scope])])
    message = ExportLogsServiceRequest(**read_logs(request)).resource_logs[0]
    assert message.HasField("resource")
    assert not message.scope_logs[0].HasField("scope")
    assert message.scope_logs[0].log_records[0].HasField("body")
    assert not message.scope_logs[0].log_records[0].attributes[0].HasField("value")


def test_the_path_begins_at_the_request() -> None:
    """The message of an error starts with the whole path, ready for a `$` in front."""
    span = schema.Span(status=schema.Status(code="BROKEN"))
    groups = [schema.ResourceSpans(), schema.ResourceSpans(scope_spans=[schema.ScopeSpans(spans=[span])])]
    with pytest.raises(MalformedInput, match=r"^\.resourceSpans\[1\]\.scopeSpans\[0\]\.spans\[0\]\.status\.code: 'BR"):
        read_traces(schema.TracesRequest(resource_spans=groups))
