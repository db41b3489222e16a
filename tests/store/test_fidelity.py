"""What comes in comes out: arbitrary valid OTLP through journal, engine and back."""

from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from tests.data_plane import DataPlane, new_tenant
from tests.otlp_requests import LOG_RECORDS, RESOURCES, SCOPES, TRACE_IDS, Item, logs_of, spans_of, trace_requests

FEW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def _read_back(data_plane: DataPlane, tenant: str, requests: list[ExportTraceServiceRequest]) -> Counter[Item]:
    trace_ids = sorted(
        {
            span.trace_id
            for request in requests
            for resource_spans in request.resource_spans
            for scope_spans in resource_spans.scope_spans
            for span in scope_spans.spans
        }
    )
    found: Counter[Item] = Counter()
    for data in data_plane.reader.traces(tenant, trace_ids):
        found += spans_of(data)
    return found


@FEW
@given(requests=st.lists(trace_requests(), min_size=1, max_size=8))
def test_any_valid_request_comes_back_equal(data_plane: DataPlane, requests: list[ExportTraceServiceRequest]) -> None:
    """Every span of arbitrary valid requests comes back equal, field by field, as often as it was sent."""
    tenant = new_tenant()
    data_plane.put(f"traces/{tenant}", *(request.SerializeToString() for request in requests))
    sent = sum((spans_of(request) for request in requests), Counter())
    assert _read_back(data_plane, tenant, requests) == sent


@FEW
@given(trace_id=TRACE_IDS, records=st.lists(LOG_RECORDS, min_size=1, max_size=5), resource=RESOURCES, scope=SCOPES)
def test_any_valid_log_record_comes_back_equal(
    data_plane: DataPlane, trace_id: bytes, records: list[LogRecord], resource: object, scope: object
) -> None:
    """Every log record of a trace comes back equal, field by field, as often as it was sent."""
    tenant = new_tenant()
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add(resource=resource, schema_url="r")
    scoped = group.scope_logs.add(scope=scope, schema_url="s")
    for record in records:
        record.trace_id = trace_id
        scoped.log_records.append(record)
    data_plane.put(f"logs/{tenant}", request.SerializeToString())
    assert logs_of(data_plane.reader.logs(tenant, trace_id)) == logs_of(request)


def test_a_trace_of_another_tenant_is_not_found(data_plane: DataPlane) -> None:
    """A trace id of one tenant shows nothing to another."""
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add(trace_id=b"t" * 16, span_id=b"s" * 8)
    data_plane.put(f"traces/{new_tenant()}", request.SerializeToString())
    (data,) = data_plane.reader.traces(new_tenant(), [span.trace_id])
    assert not data.resource_spans
