"""What a client says it sent, next to what Clew gives back."""

from collections import Counter

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status, TracesData

from tests.otlp_requests import Item, logs_of, spans_of
from tests.server_process import PROTOBUF, ServerProcess

_EXAMPLE_CHARACTERS = 1500


def sent_spans(request: ExportTraceServiceRequest) -> Counter[Item]:
    """Every span that the client sent; an empty status says the same as none."""
    for span in each_span(request):
        if span.status == Status():
            span.ClearField("status")
    return spans_of(request)


def stored_spans(server: ServerProcess, request: ExportTraceServiceRequest) -> Counter[Item]:
    """Every span of the traces that the request is about, as Clew gives them back."""
    server.wait_loaded()
    stored: Counter[Item] = Counter()
    for trace_id in {span.trace_id for span in each_span(request)}:
        stored += spans_of(server.trace(trace_id))
    return stored


def stored_logs(server: ServerProcess, trace_id: bytes) -> Counter[Item]:
    """Every log record of one trace, as Clew gives them back."""
    server.wait_loaded()
    accept = {"Accept": PROTOBUF["Content-Type"]}
    answer = server.client.get(f"/api/clew/v1/traces/{trace_id.hex()}/logs", headers=accept)
    assert answer.status_code == 200, answer.text
    return logs_of(LogsData.FromString(answer.content))


def each_span(data: ExportTraceServiceRequest | TracesData) -> list[Span]:
    """The spans themselves, in the order of the message."""
    return [span for outer in data.resource_spans for inner in outer.scope_spans for span in inner.spans]


def difference(stored: Counter[Item], sent: Counter[Item]) -> str:
    """Empty when both are equal, else one item of each side that the other side hasn't; short enough to read."""
    missing, strange = sent - stored, stored - sent
    if not missing and not strange:
        return ""
    examples = [f"{next(iter(side), None)!r}"[-_EXAMPLE_CHARACTERS:] for side in (missing, strange)]
    return f"{missing.total()} missing, such as\n{examples[0]}\n{strange.total()} never sent, such as\n{examples[1]}"
