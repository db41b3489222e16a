"""Unmodified exporters of opentelemetry-python send; every span and log record comes back equal."""

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import grpc
import pytest
from opentelemetry import trace
from opentelemetry._logs import SeverityNumber
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogExporter
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpanExporter
from opentelemetry.exporter.otlp.proto.http import Compression as HttpCompression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import (
    BatchLogRecordProcessor,
    InMemoryLogRecordExporter,
    LogRecordExporter,
    SimpleLogRecordProcessor,
)
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricExporter, MetricExportResult
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags, Tracer, TraceState
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AnyValue

from tests.contract.compared import difference, each_span, sent_spans, stored_logs, stored_spans
from tests.otlp_requests import logs_of
from tests.server_process import ServerProcess

SECOND_NS = 1_000_000_000
QUICK_S = 2.0
DOORS = [("grpc", False), ("grpc", True), ("http", False), ("http", True)]

ATTRIBUTES: dict[str, AnyValue] = {
    "string": "value",
    "string.empty": "",
    "string.unicode": 'λ 🧵 \u202e "quoted" \\ \x00 \n',
    "string.long": "x" * 20_000,
    "key with space/ü.🧶": 1,
    "bool.true": True,
    "bool.false": False,
    "int": 200,
    "int.zero": 0,
    "int.lowest": -(2**63),
    "int.highest": 2**63 - 1,
    "int.beyond.double": 2**53 + 1,
    "double": 0.1,
    "double.whole": 1.0,
    "double.zero": 0.0,
    "double.negative.zero": -0.0,
    "double.smallest": 5e-324,
    "double.largest": 1.7976931348623157e308,
    "double.infinite": float("-inf"),
    "double.nan": float("nan"),
    "bytes": b"\x00\xff\x80",
    "bytes.empty": b"",
    "nothing": None,
    "strings": ["a", "", "a"],
    "ints": [1, -(2**63), 2**63 - 1],
    "doubles": [1.5, 2.0],
    "bools": [True, False],
    "empty.array": [],
    "mixed": ["a", 1, True, None, 2.5, [b"deep"]],
    "map": {"inner": {"deepest": [1, "two"]}, "empty": {}},
}


@dataclass(frozen=True, slots=True)
class Recorder:
    """A provider whose spans go to Clew and, for comparison, to memory."""

    provider: TracerProvider
    memory: InMemorySpanExporter

    def tracer(self, name: str = "contract") -> Tracer:
        return self.provider.get_tracer(
            name, "1.2.3", "https://example.test/scope", {"scope.level": 3, "scope.tag": ""}
        )


Record = Callable[..., Recorder]


def _span_exporter(server: ServerProcess, door: str, is_compressed: bool) -> SpanExporter:
    if door == "grpc":
        compression = grpc.Compression.Gzip if is_compressed else grpc.Compression.NoCompression
        return GrpcSpanExporter(f"http://{server.otlp_grpc}", compression=compression)
    packed = HttpCompression.Gzip if is_compressed else HttpCompression.NoCompression
    return HttpSpanExporter(f"http://{server.otlp_http}/v1/traces", compression=packed)


def _log_exporter(server: ServerProcess, door: str, is_compressed: bool) -> LogRecordExporter:
    if door == "grpc":
        compression = grpc.Compression.Gzip if is_compressed else grpc.Compression.NoCompression
        return GrpcLogExporter(f"http://{server.otlp_grpc}", compression=compression)
    packed = HttpCompression.Gzip if is_compressed else HttpCompression.NoCompression
    return HttpLogExporter(f"http://{server.otlp_http}/v1/logs", compression=packed)


def _metric_exporter(server: ServerProcess, door: str) -> MetricExporter:
    if door == "grpc":
        return GrpcMetricExporter(f"http://{server.otlp_grpc}")
    return HttpMetricExporter(f"http://{server.otlp_http}/v1/metrics")


@pytest.fixture(params=DOORS, ids=lambda door: f"{door[0]}-{'gzip' if door[1] else 'plain'}")
def record(request: pytest.FixtureRequest, server: ServerProcess) -> Iterator[Record]:
    """Makes a Recorder whose spans travel through one of the doors; all of them are flushed by `_come_back_equal`."""
    recorders: list[Recorder] = []

    def make(service: str = "contract-python", limits: SpanLimits | None = None) -> Recorder:
        attributes = {**ATTRIBUTES, "service.name": service}
        provider = TracerProvider(resource=Resource(attributes, "https://example.test/resource"), span_limits=limits)
        recorder = Recorder(provider, InMemorySpanExporter())
        provider.add_span_processor(SimpleSpanProcessor(recorder.memory))
        provider.add_span_processor(BatchSpanProcessor(_span_exporter(server, *request.param)))
        recorders.append(recorder)
        return recorder

    yield make
    for recorder in recorders:
        recorder.provider.shutdown()


def _assert_equal_in_clew(server: ServerProcess, *recorders: Recorder) -> None:
    """Flush; what the SDK's own encoder makes of the spans in memory is what Clew gives back for their traces."""
    finished = [span for recorder in recorders for span in recorder.memory.get_finished_spans()]
    assert all(recorder.provider.force_flush() for recorder in recorders)
    request = encode_spans(finished)
    sent = sent_spans(request)
    assert sent.total() == len(finished) > 0
    assert difference(stored_spans(server, request), sent) == ""


def test_attributes_of_every_type_come_back(server: ServerProcess, record: Record) -> None:
    """Values of every type and extreme come back exactly: on span, event, link, resource and scope."""
    recorder = record()
    other = SpanContext(2**128 - 1, 2**64 - 1, is_remote=True, trace_flags=TraceFlags(1))
    with recorder.tracer().start_as_current_span(
        "every type", attributes=ATTRIBUTES, links=[Link(other, ATTRIBUTES)]
    ) as span:
        span.add_event("with everything", ATTRIBUTES)
    _assert_equal_in_clew(server, recorder)


def test_every_kind_and_status_comes_back(server: ServerProcess, record: Record) -> None:
    """Kinds, status codes with their texts, names of any sort and the extremes of time come back exactly."""
    recorder = record()
    tracer = recorder.tracer()
    for kind in SpanKind:
        tracer.start_span(f"kind {kind.name}", kind=kind).end()
    for status in (Status(StatusCode.OK), Status(StatusCode.ERROR), Status(StatusCode.ERROR, "disk full: 100 % ü")):
        span = tracer.start_span("")
        span.set_status(status)
        span.end()
    tracer.start_span("λ 🧵 " + "n" * 5000, start_time=1).end(2**63)
    tracer.start_span("no time at all", start_time=SECOND_NS).end(SECOND_NS)
    tracer.start_span("backwards", start_time=2 * SECOND_NS).end(SECOND_NS)
    _assert_equal_in_clew(server, recorder)


def test_events_and_exceptions_come_back(server: ServerProcess, record: Record) -> None:
    """Events keep their order, their times to the nanosecond and their attributes; exceptions are events."""
    recorder = record()
    with contextlib.suppress(ValueError), recorder.tracer().start_as_current_span("events") as span:
        for number in range(20):
            span.add_event(f"step {number}", {"number": number}, timestamp=SECOND_NS + (number * 7) % 5)
        span.add_event("")
        raise ValueError("out of thread")
    _assert_equal_in_clew(server, recorder)


def test_links_and_trace_state_come_back(server: ServerProcess, record: Record) -> None:
    """Links to several traces, trace state and the flag for a remote parent come back exactly."""
    recorder = record()
    state = TraceState([("clew", "t:1;p:2"), ("other@vendor", "x/y:z")])
    parent = SpanContext(
        RandomIdGenerator().generate_trace_id(), 0xDEF, is_remote=True, trace_flags=TraceFlags(1), trace_state=state
    )
    context = trace.set_span_in_context(trace.NonRecordingSpan(parent))
    links = [Link(SpanContext(number, number, is_remote=bool(number % 2))) for number in range(1, 6)]
    span = recorder.tracer().start_span("linked", context, links=links)
    span.add_link(parent, {"late": True})
    span.end()
    _assert_equal_in_clew(server, recorder)


def test_dropped_counts_come_back(server: ServerProcess, record: Record) -> None:
    """What the SDK left out of a span is counted, and the counts come back."""
    recorder = record(limits=SpanLimits(max_span_attributes=2, max_events=3, max_links=1, max_event_attributes=1))
    links = [Link(SpanContext(number, number, is_remote=False)) for number in (1, 2, 3)]
    span = recorder.tracer().start_span("dropping", attributes={str(n): n for n in range(9)}, links=links)
    for number in range(8):
        span.add_event("event", {"a": number, "b": number, "c": number})
    span.end()
    _assert_equal_in_clew(server, recorder)
    [encoded] = each_span(encode_spans(recorder.memory.get_finished_spans()))
    assert encoded.dropped_attributes_count == 7
    assert encoded.dropped_events_count == 5
    assert encoded.dropped_links_count == 2
    assert encoded.events[0].dropped_attributes_count == 2


def test_a_trace_over_two_services_is_one_trace(server: ServerProcess, record: Record) -> None:
    """A child in another process, joined by the traceparent header, is found in its parent's trace."""
    front, back = record("contract-front"), record("contract-back")
    carrier: dict[str, str] = {}
    with front.tracer("client").start_as_current_span("GET /thread", kind=SpanKind.CLIENT) as parent:
        TraceContextTextMapPropagator().inject(carrier)
        context = TraceContextTextMapPropagator().extract(carrier)
        with back.tracer("server").start_as_current_span("GET /thread", context, kind=SpanKind.SERVER):
            back.tracer("database").start_span("SELECT", kind=SpanKind.CLIENT).end()
    _assert_equal_in_clew(server, front, back)
    [summary] = [
        each
        for each in server.get("/traces", service="contract-back", limit=1000)["traces"]
        if each["trace_id"] == f"{parent.get_span_context().trace_id:032x}"
    ]
    assert summary["services"] == ["contract-back", "contract-front"]
    assert (summary["root_service"], summary["root_name"]) == ("contract-front", "GET /thread")
    assert summary["span_count"] == 3


def test_a_thousand_spans_in_several_batches_come_back(server: ServerProcess, record: Record) -> None:
    """Nothing is lost or doubled when the batch processor sends several requests, from several scopes."""
    recorder = record()
    with recorder.tracer("outer").start_as_current_span("outer"):
        for number in range(1200):
            with recorder.tracer(f"inner-{number % 7}").start_as_current_span(f"inner {number}") as span:
                span.set_attribute("number", number)
    _assert_equal_in_clew(server, recorder)


@pytest.mark.parametrize(("door", "is_compressed"), DOORS)
def test_log_records_come_back_with_their_trace(server: ServerProcess, door: str, is_compressed: bool) -> None:
    """Log records with bodies and attributes of every type are found with their trace, each equal."""
    memory = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]  # the SDK forgot its annotation
    provider = LoggerProvider(resource=Resource(ATTRIBUTES, "https://example.test/resource"))
    provider.add_log_record_processor(SimpleLogRecordProcessor(memory))
    provider.add_log_record_processor(BatchLogRecordProcessor(_log_exporter(server, door, is_compressed)))
    logger = provider.get_logger("contract", "1.2.3", "https://example.test/scope", {"scope.level": 3})
    with TracerProvider().get_tracer("contract").start_as_current_span("logged") as span:
        trace_id = span.get_span_context().trace_id.to_bytes(16, "big")
        bodies: list[AnyValue] = ["text", "", 7, True, 0.5, b"\x00\x01", ["a", 1], {"key": {"inner": [1, 2]}}]
        for number, body in enumerate(bodies):
            logger.emit(
                timestamp=SECOND_NS + number,
                observed_timestamp=2 * SECOND_NS,
                severity_number=SeverityNumber(1 + number),
                severity_text="LEVEL",
                body=body,
                attributes=ATTRIBUTES,
                event_name="thread.cut",
            )
    assert provider.force_flush()
    sent = logs_of(encode_logs(memory.get_finished_logs()))
    provider.shutdown()
    assert sent.total() == len(bodies)
    assert difference(stored_logs(server, trace_id), sent) == ""


def _metric_refusals(server: ServerProcess, door: str) -> float:
    text = server.client.get("/metrics").text
    labels = rf'protocol="{door}",signal="metrics",reason="unsupported"'
    found = re.search(rf"^clew_receive_refused_total{{{labels}}} (.+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


@pytest.mark.parametrize("door", ["grpc", "http"])
def test_metrics_are_refused_once_and_for_all(
    server: ServerProcess, door: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The metric exporter hears that metrics aren't stored, and does not try again."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    provider.get_meter("contract").create_counter("threads").add(1)
    data = reader.get_metrics_data()
    assert data is not None
    exporter = _metric_exporter(server, door)
    before = _metric_refusals(server, door)
    began_s = time.monotonic()
    assert exporter.export(data) is MetricExportResult.FAILURE
    assert time.monotonic() - began_s < QUICK_S
    assert _metric_refusals(server, door) == before + 1
    exporter.shutdown()
    provider.shutdown()
    [failure] = [each.getMessage() for each in caplog.records if "Failed to export" in each.getMessage()]
    # The HTTP exporter logs the status line only.
    assert ("metrics are not stored here" if door == "grpc" else "404") in failure
