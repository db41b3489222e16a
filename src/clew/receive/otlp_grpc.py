"""OTLP over gRPC: the `Export` methods of traces and logs, and a clear no to metrics."""

from functools import partial

from clew.errors import UnsupportedInput
from clew.receive.grpc_door import GrpcExport, GrpcMethod
from clew.receive.intake import LOGS, METRICS, TRACES
from clew.wire.otlp_answer import METRICS_NOT_STORED, export_answer
from clew.wire.otlp_check import CheckedRequest

_SERVICES = {
    TRACES: "opentelemetry.proto.collector.trace.v1.TraceService",
    LOGS: "opentelemetry.proto.collector.logs.v1.LogsService",
}
_METRICS_SERVICE = "opentelemetry.proto.collector.metrics.v1.MetricsService"


def otlp_methods() -> list[GrpcMethod]:
    """What an OTLP exporter calls."""
    exports: list[GrpcMethod] = [
        GrpcExport(service, "Export", "grpc", signal, answer=partial(_answer, signal))
        for signal, service in _SERVICES.items()
    ]
    return [*exports, GrpcExport(_METRICS_SERVICE, "Export", "grpc", METRICS, to_otlp=_refuse_metrics)]


def _answer(signal: str, checked: CheckedRequest) -> bytes:
    return export_answer(signal, checked.rejected, checked.reason, as_json=False)


def _refuse_metrics(_: bytes) -> bytes:
    raise UnsupportedInput(METRICS_NOT_STORED)
