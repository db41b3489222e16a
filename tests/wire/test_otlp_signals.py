import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from clew.wire.otlp_pieces import REQUEST, RESOURCE_GROUP, SCOPE_GROUP
from clew.wire.otlp_signals import LOGS, TRACES, Signal
from tests.wire.otlp_samples import make_logs, make_request


@pytest.mark.parametrize(
    ("signal", "request_type", "record_type"),
    [(TRACES, ExportTraceServiceRequest, Span), (LOGS, ExportLogsServiceRequest, LogRecord)],
)
def test_the_attribute_tag_is_that_of_the_protocol(
    signal: Signal, request_type: type[ExportTraceServiceRequest], record_type: type[Span]
) -> None:
    """The byte that is counted is the one which starts every attribute of a record."""
    assert signal.messages[REQUEST] is request_type
    record = record_type()
    record.attributes.add()
    assert record.SerializeToString() == signal.attribute_tag + b"\x00"


@pytest.mark.parametrize(("signal", "message"), [(TRACES, make_request(3)), (LOGS, make_logs(3))])
def test_scopes_are_found_at_every_level(
    signal: Signal, message: ExportTraceServiceRequest | ExportLogsServiceRequest
) -> None:
    """The same records are reached from the request, from a resource group and from a scope group."""
    group = signal.groups_of(message)[0]
    scope = signal.scopes_of(group)[0]
    for level, part in ((REQUEST, message), (RESOURCE_GROUP, group), (SCOPE_GROUP, scope)):
        assert [len(signal.records_of(found)) for found in signal.scopes(part, level)] == [3]


def test_the_fault_and_the_fast_check_agree() -> None:
    """A record has a fault exactly when the fast check of its group fails."""
    for trace_id, span_id, parent_id, attributes in [
        (b"1" * 16, b"1" * 8, b"", 2),
        (b"1" * 16, b"1" * 8, b"1" * 8, 3),
        (b"1" * 15, b"1" * 8, b"", 0),
        (bytes(16), b"1" * 8, b"", 0),
        (b"1" * 16, bytes(8), b"", 0),
        (b"1" * 16, b"1" * 8, bytes(9), 0),
    ]:
        span = Span(trace_id=trace_id, span_id=span_id, parent_span_id=parent_id)
        for _ in range(attributes):
            span.attributes.add()
        assert TRACES.are_good([span], 2) == (TRACES.fault(span, 2) == "")


def test_what_repeats_is_resource_and_scope_per_record() -> None:
    """Every resource and scope is reported with its size and the number of its records."""
    request = make_request(3)
    scope = request.resource_spans[0].scope_spans[0].scope
    scope.name = "library"
    repeats = list(TRACES.repeats(request, REQUEST))
    assert repeats == [(scope.ByteSize(), 3), (request.resource_spans[0].resource.ByteSize(), 3)]
