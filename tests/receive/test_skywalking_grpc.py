from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from clew.errors import JournalFull
from clew.receive.counters import ReceiveCounters
from clew.receive.entrance import Entrance
from clew.receive.grpc_door import start_grpc
from clew.receive.settings import ReceiveSettings
from clew.receive.skywalking_grpc import skywalking_methods
from clew.wire.skywalking_schema import AttachedEvent
from tests.receive.grpc_calls import METHODS
from tests.receive.memory_intake import MemoryIntake
from tests.wire.otlp_samples import make_request
from tests.wire.skywalking_samples import (
    JAVA_SEGMENT,
    JAVA_TRACE,
    make_collection,
    make_log,
    make_segment,
    make_span,
    plain,
    spans_in,
)

SEGMENTS = [make_segment(make_span(operation_name=name), trace_segment_id=name) for name in ("a", "b", "c")]
# As the agents of Java, Python, .NET, Go and browsers call them, by their names in the protocol.
QUESTIONS = [
    "ManagementService/reportInstanceProperties",
    "ManagementService/keepAlive",
    "ConfigurationDiscoveryService/fetchConfigurations",
    "ProfileTask/getProfileTaskCommands",
    "ProfileTask/reportTaskFinish",
]
DISCARDED = {
    "JVMMetricReportService/collect": "metrics",
    "CLRMetricReportService/collect": "metrics",
    "BrowserPerfService/collectPerfData": "metrics",
}
DISCARDED_STREAMS = {
    "MeterReportService/collect": "metrics",
    "MeterReportService/collectBatch": "metrics",
    "ProfileTask/collectSnapshot": "profiles",
    "EventService/collect": "events",
    "BrowserPerfService/collectErrorLogs": "events",
}


@pytest.fixture
def entrance(intake: MemoryIntake) -> Iterator[Entrance]:
    """What the door shares with others."""
    opened = Entrance(ReceiveSettings(), intake, ReceiveCounters())
    yield opened
    opened.close()


@pytest.fixture
def channel(entrance: Entrance, intake: MemoryIntake) -> Iterator[grpc.Channel]:
    """A connection to the door."""
    server = start_grpc("127.0.0.1", 0, skywalking_methods(), entrance)
    with grpc.insecure_channel(server.address) as opened:
        yield opened
    intake.resume()
    server.stop(1)


def _stream(channel: grpc.Channel, method: str, *messages: bytes) -> bytes:
    call: Any = channel.stream_unary(f"/{method}", None, None)
    answer: bytes = call(iter(messages), timeout=20)
    return answer


def _unary(channel: grpc.Channel, method: str, message: bytes = b"") -> bytes:
    call: Any = channel.unary_unary(f"/{method}", None, None)
    answer: bytes = call(message, timeout=20)
    return answer


def _stored_names(intake: MemoryIntake) -> list[str]:
    return [span.name for payload in intake.payloads("traces/default") for span in spans_in(payload)]


@pytest.mark.parametrize("package", ["skywalking.v3.", ""])
def test_segments_of_a_stream_are_stored(channel: grpc.Channel, intake: MemoryIntake, package: str) -> None:
    """Agents stream their segments, by the service's name of today or that of old; the answer has no commands."""
    assert _stream(channel, f"{package}TraceSegmentReportService/collect", *SEGMENTS) == b""
    assert _stored_names(intake) == ["a", "b", "c"]


def test_a_collection_is_stored_as_a_whole(channel: grpc.Channel, intake: MemoryIntake, entrance: Entrance) -> None:
    """A unary call brings several segments in one message, and metrics count their spans."""
    method = "skywalking.v3.TraceSegmentReportService/collectInSync"
    assert _unary(channel, method, make_collection(*SEGMENTS)) == b""
    assert _stored_names(intake) == ["a", "b", "c"]
    assert entrance.counters.snapshot().accepted_records == {("skywalking", "traces"): 3}


def test_the_answer_comes_when_all_segments_are_durable(channel: grpc.Channel, intake: MemoryIntake) -> None:
    """An agent that hears OK can forget what it sent; a journal that stores nothing more says no."""
    intake.fail_with = JournalFull("the journal is full", 2.0)
    with pytest.raises(grpc.RpcError) as caught:
        _stream(channel, "skywalking.v3.TraceSegmentReportService/collect", *SEGMENTS)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_bad_segment_harms_no_other(channel: grpc.Channel, intake: MemoryIntake, entrance: Entrance) -> None:
    """The agent hears which one was bad and why; the segments around it are stored."""
    with pytest.raises(grpc.RpcError) as caught:
        _stream(
            channel,
            "skywalking.v3.TraceSegmentReportService/collect",
            SEGMENTS[0],
            make_segment(trace_id=""),
            SEGMENTS[1],
        )
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "1 of 3 messages refused; the others are stored: a segment has no traceId" in str(caught.value.details())
    assert _stored_names(intake) == ["a", "b"]
    assert entrance.counters.snapshot().refused_requests == {("skywalking", "traces", "malformed"): 1}


def test_log_records_are_stored_with_their_span(channel: grpc.Channel, intake: MemoryIntake) -> None:
    """The records of a stream keep the trace that they were written in, and when they came."""
    context = {"trace_id": JAVA_TRACE, "trace_segment_id": JAVA_SEGMENT, "span_id": 0}
    sent = [make_log(trace_context=context), make_log(service="")]
    assert _stream(channel, "skywalking.v3.LogReportService/collect", *sent) == b""
    payloads = intake.payloads("logs/default")
    groups = [ExportLogsServiceRequest.FromString(payload).resource_logs[0] for payload in payloads]
    assert [plain(group.resource.attributes) for group in groups] == [{"service.name": "orders"}] * 2
    first, second = (group.scope_logs[0].log_records[0] for group in groups)
    assert len(first.span_id) == 8
    assert second.span_id == b""
    assert first.observed_time_unix_nano > 1_700_000_000_000_000_000


def test_attached_events_are_stored_as_log_records(channel: grpc.Channel, intake: MemoryIntake) -> None:
    """What the eBPF agent says of a span that another agent sends is stored with that span's ids."""
    context = {"trace_id": JAVA_TRACE, "trace_segment_id": JAVA_SEGMENT, "span_id": "0"}
    event = AttachedEvent(start_time={"seconds": 5}, event="connect", trace_context=context).SerializeToString()
    assert _stream(channel, "skywalking.v3.SpanAttachedEventReportService/collect", event, event) == b""
    first, _ = (ExportLogsServiceRequest.FromString(each) for each in intake.payloads("logs/default"))
    record = first.resource_logs[0].scope_logs[0].log_records[0]
    assert (record.event_name, len(record.span_id)) == ("connect", 8)


@pytest.mark.parametrize(
    "method",
    [
        *QUESTIONS,
        *(f"skywalking.v3.{name}" for name in QUESTIONS),
        "skywalking.v10.AsyncProfilerTask/getAsyncProfilerTaskCommands",
        "skywalking.v10.PprofTask/getPprofTaskCommands",
    ],
)
def test_an_agent_hears_that_there_is_nothing_to_do(channel: grpc.Channel, method: str) -> None:
    """It asks for commands and reports itself every few seconds, and would log an error without an answer."""
    assert _unary(channel, method, b"anything") == b""


@pytest.mark.parametrize("package", ["skywalking.v3.", ""])
@pytest.mark.parametrize("method", [*DISCARDED, *DISCARDED_STREAMS])
def test_what_is_not_kept_is_answered_and_counted(
    channel: grpc.Channel, entrance: Entrance, intake: MemoryIntake, method: str, package: str
) -> None:
    """Metrics, profiles and events are taken without a word, and can be seen in Clew's own metrics."""
    send = _stream if method in DISCARDED_STREAMS else _unary
    assert send(channel, package + method, b"anything") == b""
    holds = (DISCARDED | DISCARDED_STREAMS)[method]
    assert entrance.counters.snapshot().discarded_messages == {("skywalking", holds): 1}
    assert intake.appended == []


def test_a_service_that_is_not_known_is_refused(channel: grpc.Channel) -> None:
    """What only SkyWalking's own probes of service meshes call isn't taken, and they hear so."""
    with pytest.raises(grpc.RpcError) as caught:
        _stream(channel, "skywalking.v3.ServiceMeshMetricService/collect", b"")
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_otlp_is_taken_at_the_same_port(channel: grpc.Channel, intake: MemoryIntake, entrance: Entrance) -> None:
    """SkyWalking does so, and programs in the middle of a change have one address for both."""
    body = make_request(2).SerializeToString()
    assert _unary(channel, METHODS["traces"].removeprefix("/"), body) == b""
    assert intake.payloads("traces/default") == [body]
    assert entrance.counters.snapshot().accepted_records == {("grpc", "traces"): 2}
