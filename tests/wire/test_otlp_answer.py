import json

import pytest
from google.rpc.error_details_pb2 import RetryInfo  # type: ignore[import-untyped]  # it ships no stubs
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # it ships no stubs
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from clew.wire.otlp_answer import INVALID_ARGUMENT, RESOURCE_EXHAUSTED, export_answer, status_answer


@pytest.mark.parametrize("signal", ["traces", "logs"])
def test_full_success_is_the_empty_message(signal: str) -> None:
    """With nothing rejected the answer is empty in protobuf and `{}` in JSON."""
    assert export_answer(signal, 0, "", as_json=False) == b""
    assert export_answer(signal, 0, "", as_json=True) == b"{}"


def test_partial_success_counts_what_was_rejected() -> None:
    """The number and the reason are in the field of the signal, in protobuf and JSON."""
    spans = ExportTraceServiceResponse.FromString(export_answer("traces", 3, "why", as_json=False)).partial_success
    assert (spans.rejected_spans, spans.error_message) == (3, "why")
    logs = ExportLogsServiceResponse.FromString(export_answer("logs", 3, "why", as_json=False)).partial_success
    assert (logs.rejected_log_records, logs.error_message) == (3, "why")
    written = json.loads(export_answer("traces", 3, "why", as_json=True))
    assert written == {"partialSuccess": {"rejectedSpans": "3", "errorMessage": "why"}}
    written = json.loads(export_answer("logs", 3, "why", as_json=True))
    assert written == {"partialSuccess": {"rejectedLogRecords": "3", "errorMessage": "why"}}


def test_a_status_has_code_and_message() -> None:
    """An error is a google.rpc.Status in either format."""
    status = Status.FromString(status_answer(INVALID_ARGUMENT, "bad id", as_json=False))
    assert (status.code, status.message, len(status.details)) == (3, "bad id", 0)
    assert json.loads(status_answer(INVALID_ARGUMENT, "bad id", as_json=True)) == {"code": 3, "message": "bad id"}


def test_a_status_says_when_to_come_back() -> None:
    """The delay is a RetryInfo among the details, with fractions of a second."""
    status = Status.FromString(status_answer(RESOURCE_EXHAUSTED, "full", as_json=False, retry_after_s=2.5))
    info = RetryInfo()
    assert status.details[0].Unpack(info)
    assert (info.retry_delay.seconds, info.retry_delay.nanos) == (2, 500_000_000)
    written = json.loads(status_answer(RESOURCE_EXHAUSTED, "full", as_json=True, retry_after_s=2.5))
    assert written["details"] == [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "2.5s"}]
