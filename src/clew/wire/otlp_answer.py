"""What an OTLP client is told: full success, partial success, or a google.rpc.Status; in protobuf and JSON."""

import math
from typing import Any

import orjson
from google.protobuf.any_pb2 import Any as PackedMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import RetryInfo  # type: ignore[import-untyped]  # it ships no stubs
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # it ships no stubs
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsPartialSuccess, ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

INVALID_ARGUMENT, NOT_FOUND, PERMISSION_DENIED, RESOURCE_EXHAUSTED, UNIMPLEMENTED, UNAVAILABLE = 3, 5, 7, 8, 12, 14
DEADLINE_EXCEEDED, INTERNAL, UNAUTHENTICATED = 4, 13, 16

METRICS_NOT_STORED = (
    "Clew stores traces and logs; metrics are not stored here, so send them elsewhere or switch them off"
)


def export_answer(signal: str, rejected: int, reason: str, as_json: bool) -> bytes:
    """The response to an export of `traces` or `logs`; with nothing rejected it is the empty message."""
    if as_json:
        return _export_answer_json(signal, rejected, reason)
    if not rejected and not reason:
        return b""
    if signal == "traces":
        spans = ExportTracePartialSuccess(rejected_spans=rejected, error_message=reason)
        return ExportTraceServiceResponse(partial_success=spans).SerializeToString()
    records = ExportLogsPartialSuccess(rejected_log_records=rejected, error_message=reason)
    return ExportLogsServiceResponse(partial_success=records).SerializeToString()


def _export_answer_json(signal: str, rejected: int, reason: str) -> bytes:
    if not rejected and not reason:
        return b"{}"
    counted = "rejectedSpans" if signal == "traces" else "rejectedLogRecords"
    return orjson.dumps({"partialSuccess": {counted: str(rejected), "errorMessage": reason}})


def status_answer(code: int, message: str, as_json: bool, retry_after_s: float | None = None) -> bytes:
    """A google.rpc.Status with that gRPC code; with `retry_after_s` (seconds) it carries a RetryInfo."""
    if as_json:
        return _status_json(code, message, retry_after_s)
    status = Status(code=code, message=message)
    if retry_after_s is not None:
        packed = PackedMessage()
        packed.Pack(RetryInfo(retry_delay=_duration(retry_after_s)))
        status.details.append(packed)
    encoded: bytes = status.SerializeToString()
    return encoded


def status_message(body: bytes) -> str:
    """The message of an encoded google.rpc.Status, in one line; empty when the body is none."""
    try:
        text: str = Status.FromString(body).message
    except DecodeError:
        return ""
    return " ".join(text[:500].split())


def _status_json(code: int, message: str, retry_after_s: float | None) -> bytes:
    status: dict[str, Any] = {"code": code, "message": message}
    if retry_after_s is not None:
        retry_info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{retry_after_s:g}s"}
        status["details"] = [retry_info]
    return orjson.dumps(status)


def _duration(seconds: float) -> Duration:
    fraction, whole = math.modf(seconds)
    return Duration(seconds=int(whole), nanos=int(fraction * 1_000_000_000))
