import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew.errors import InputTooLarge, MalformedInput
from clew.receive.intake import LOGS, TRACES
from clew.receive.kafka_encodings import ENCODINGS, RecordReader
from clew.wire.jaeger_proto import span_to_otlp
from clew.wire.jaeger_thrift import Protocol, batch_to_otlp
from clew.wire.otlp_json import logs_to_json, traces_to_json
from tests.receive.kafka_traces import entrance, make_traces, memory
from tests.wire.jaeger_proto_samples import as_span
from tests.wire.jaeger_samples import bench_batch, span

_TRACES = make_traces("a", "b")
_LOGS = ExportLogsServiceRequest()
_LOGS.resource_logs.add().scope_logs.add().log_records.add(severity_text="INFO")

_JAEGER_SPAN = as_span(span(1)).SerializeToString()
_JAEGER_BATCH = bench_batch(Protocol.BINARY, 3)


@pytest.mark.parametrize(
    ("encoding", "value", "signal", "expected"),
    [
        ("otlp_proto", _TRACES, TRACES, _TRACES),
        ("otlp_json", traces_to_json(ExportTraceServiceRequest.FromString(_TRACES)), TRACES, _TRACES),
        ("jaeger_proto", _JAEGER_SPAN, TRACES, span_to_otlp(_JAEGER_SPAN)),
        ("jaeger_thrift", _JAEGER_BATCH, TRACES, batch_to_otlp(_JAEGER_BATCH)),
        ("otlp_logs_proto", _LOGS.SerializeToString(), LOGS, _LOGS.SerializeToString()),
        ("otlp_logs_json", logs_to_json(_LOGS), LOGS, _LOGS.SerializeToString()),
    ],
)
def test_a_record_becomes_otlp(encoding: str, value: bytes, signal: str, expected: bytes) -> None:
    """Each encoding gives the request that it stands for, for the right signal."""
    with memory() as intake, entrance(intake) as opened:
        reader = RecordReader(encoding, opened)
        assert reader.signal == signal
        assert reader.read(value).payload == expected


@pytest.mark.parametrize("encoding", sorted(ENCODINGS))
def test_anything_else_is_refused(encoding: str) -> None:
    """Bytes that aren't what the topic is said to hold are MalformedInput."""
    with memory() as intake, entrance(intake) as opened, pytest.raises(MalformedInput):
        RecordReader(encoding, opened).read(b"\xff\x00 neither")


@pytest.mark.parametrize(
    ("encoding", "settings"),
    [("otlp_proto", {"max_inflated_bytes": 10}), ("otlp_json", {"max_json_bytes": 10})],
)
def test_a_large_record_is_refused(encoding: str, settings: dict[str, int]) -> None:
    """The limits of the other doors hold here, too."""
    with memory() as intake, entrance(intake, **settings) as opened, pytest.raises(InputTooLarge):
        RecordReader(encoding, opened).read(_TRACES)
