"""Jaeger's collector over gRPC: `jaeger.api_v2.CollectorService/PostSpans`."""

import threading
from collections.abc import Sequence

from clew.errors import InputTooLarge, MalformedInput
from clew.receive.grpc_door import GrpcExport, GrpcMethod
from clew.receive.intake import TRACES
from clew.wire.jaeger_proto import REQUEST, read_request
from clew.wire.otlp_check import CheckedRequest

MAX_SLOW_BYTES = 16 * 2**20
"""Of a request that only Python can read; Jaeger takes 4 MiB."""
_one_at_a_time = threading.Lock()  # the worst takes 0.3 GB


def jaeger_methods() -> Sequence[GrpcMethod]:
    """What Jaeger's clients and agents call."""
    return [GrpcExport("jaeger.api_v2.CollectorService", "PostSpans", "jaeger_grpc", TRACES, _to_otlp, _answer)]


def _to_otlp(request: bytes) -> bytes:
    translated = REQUEST.translate(request)
    if translated is not None:
        return translated
    if len(request) > MAX_SLOW_BYTES:
        raise InputTooLarge(f"such a request may have {MAX_SLOW_BYTES} bytes; send smaller batches")
    with _one_at_a_time:
        return read_request(request)


def _answer(checked: CheckedRequest) -> bytes:
    """The empty response. There is no partial success: with nothing stored it is an error."""
    if checked.rejected and not checked.span_count:
        raise MalformedInput(checked.reason)
    return b""
