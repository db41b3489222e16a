"""Single gRPC calls with raw bytes."""

from collections.abc import Mapping
from dataclasses import dataclass

import grpc

METHODS = {
    "traces": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    "logs": "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    "metrics": "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended; `answer` is empty unless it is OK."""

    code: grpc.StatusCode
    details: str
    answer: bytes
    trailers: dict[str, str | bytes]


def call_grpc(
    address: str,
    signal: str,
    body: bytes,
    metadata: Mapping[str, str] | None = None,
    compression: grpc.Compression = grpc.Compression.NoCompression,
) -> Outcome:
    """One call on a channel of its own."""
    with grpc.insecure_channel(address, options=[("grpc.enable_retries", 0)]) as channel:
        method = channel.unary_unary(METHODS[signal], None, None)
        sent = tuple((metadata or {}).items())
        call = method.future(body, timeout=30, metadata=sent, compression=compression)
        answer = b"" if call.exception() else call.result()
        return Outcome(call.code(), call.details() or "", answer, dict(call.trailing_metadata() or ()))
