import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo  # type: ignore[import-untyped]  # it ships no stubs
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # it ships no stubs
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from clew.errors import ConfigurationError, JournalClosed, JournalFull
from clew.receive.counters import ReceiveCounters
from clew.receive.entrance import Entrance
from clew.receive.grpc_door import RunningServer, start_grpc
from clew.receive.otlp_grpc import otlp_methods
from clew.receive.settings import ReceiveSettings
from tests.receive.grpc_calls import METHODS, Outcome, call_grpc
from tests.receive.http2_client import HandmadeCall
from tests.receive.memory_intake import MemoryIntake
from tests.wire.otlp_samples import make_logs, make_request, span_ids

BODY = make_request(3).SerializeToString()
OpenGrpc = Callable[[ReceiveSettings], RunningServer]


@pytest.fixture
def counters() -> ReceiveCounters:
    """What the server counts."""
    return ReceiveCounters()


@pytest.fixture
def open_grpc(intake: MemoryIntake, counters: ReceiveCounters) -> Iterator[OpenGrpc]:
    """Opens a server with settings of the test's own."""
    with ExitStack() as stack:

        def opened(settings: ReceiveSettings) -> RunningServer:
            entrance = Entrance(settings, intake, counters)
            stack.callback(entrance.close)
            server = start_grpc("127.0.0.1", 0, otlp_methods(), entrance)
            stack.callback(server.stop, 0)
            return server

        yield opened
        intake.resume()


@pytest.fixture
def address(open_grpc: OpenGrpc) -> str:
    """Where a server with the default settings listens."""
    return open_grpc(ReceiveSettings()).address


def _status(outcome: Outcome) -> Status:
    details = outcome.trailers["grpc-status-details-bin"]
    assert isinstance(details, bytes)
    return Status.FromString(details)


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
def test_traces_reach_the_journal_as_the_very_same_bytes(
    address: str, intake: MemoryIntake, counters: ReceiveCounters, compression: grpc.Compression
) -> None:
    """A good request is stored unchanged, compressed or not, and answered with the empty message."""
    outcome = call_grpc(address, "traces", BODY, compression=compression)
    assert (outcome.code, outcome.answer) == (grpc.StatusCode.OK, b"")
    assert intake.payloads("traces/default") == [BODY]
    assert counters.snapshot().accepted_records == {("grpc", "traces"): 3}


def test_logs_reach_their_own_stream(address: str, intake: MemoryIntake) -> None:
    """Log records are stored apart from spans."""
    body = make_logs(2).SerializeToString()
    assert call_grpc(address, "logs", body).code is grpc.StatusCode.OK
    assert intake.payloads("logs/default") == [body]


def test_bad_spans_are_refused_by_partial_success(address: str, intake: MemoryIntake) -> None:
    """A span with a zero id is counted and explained; its neighbours are stored."""
    request = make_request(3)
    request.resource_spans[0].scope_spans[0].spans[1].trace_id = bytes(16)
    outcome = call_grpc(address, "traces", request.SerializeToString())
    partial = ExportTraceServiceResponse.FromString(outcome.answer).partial_success
    assert (partial.rejected_spans, partial.error_message) == (
        1,
        "1 refused: trace_id must be 16 bytes and not all zero",
    )
    assert span_ids(intake.payloads("traces/default")[0]) == [1, 3]


@pytest.mark.parametrize("body", [b"\xff" * 50, BODY[:-1], BODY.replace(b"GET", b"\xff\xfe\xfd")])
def test_malformed_requests_are_invalid_arguments(address: str, intake: MemoryIntake, body: bytes) -> None:
    """What isn't OTLP is refused for good, with the reason as text and as google.rpc.Status."""
    outcome = call_grpc(address, "traces", body)
    assert outcome.code is grpc.StatusCode.INVALID_ARGUMENT
    assert "no ExportTraceServiceRequest" in outcome.details
    assert (_status(outcome).code, _status(outcome).message) == (3, outcome.details)
    assert intake.appended == []


def test_metrics_get_a_clear_answer(address: str) -> None:
    """Metrics are UNIMPLEMENTED, which no SDK retries, and the message says why."""
    outcome = call_grpc(address, "metrics", b"")
    assert outcome.code is grpc.StatusCode.UNIMPLEMENTED
    assert "metrics are not stored here" in outcome.details


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(
    ("error", "code", "retry_s"),
    [
        (JournalFull("the disk is full", 7.0), grpc.StatusCode.RESOURCE_EXHAUSTED, 7),
        (JournalClosed("closing"), grpc.StatusCode.UNAVAILABLE, 5),
    ],
)
def test_a_journal_that_cannot_store_makes_the_client_come_back(
    *, address: str, intake: MemoryIntake, at_once: bool, error: Exception, code: grpc.StatusCode, retry_s: int
) -> None:
    """The code is one that OTLP clients retry, and RetryInfo says when."""
    if at_once:
        intake.refuse_with = error
    else:
        intake.fail_with = error
    outcome = call_grpc(address, "traces", BODY)
    assert (outcome.code, outcome.details) == (code, str(error))
    info = RetryInfo()
    assert _status(outcome).details[0].Unpack(info)
    assert info.retry_delay.seconds == retry_s


def test_more_bytes_than_memory_allows_are_sent_away(open_grpc: OpenGrpc, intake: MemoryIntake) -> None:
    """A request that doesn't fit into memory beside the others is RESOURCE_EXHAUSTED, with RetryInfo."""
    outcome = call_grpc(open_grpc(ReceiveSettings(max_in_flight_bytes=9)).address, "traces", BODY)
    assert outcome.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert len(_status(outcome).details) == 1


def test_a_journal_that_takes_too_long_makes_the_client_come_back(open_grpc: OpenGrpc, intake: MemoryIntake) -> None:
    """A sync that doesn't end is UNAVAILABLE, and frees the thread."""
    intake.pause()
    outcome = call_grpc(open_grpc(ReceiveSettings(journal_timeout_s=0.1)).address, "traces", BODY)
    assert outcome.code is grpc.StatusCode.UNAVAILABLE


def test_an_unexpected_error_is_logged_and_may_be_retried(
    address: str, intake: MemoryIntake, caplog: pytest.LogCaptureFixture
) -> None:
    """What nobody foresaw goes to the log, and doesn't lose the client's spans."""
    intake.refuse_with = ZeroDivisionError("surprise")
    outcome = call_grpc(address, "traces", BODY)
    assert outcome.code is grpc.StatusCode.UNAVAILABLE
    assert "surprise" not in outcome.details
    assert "surprise" in caplog.text


def test_a_message_over_the_limit_is_refused(open_grpc: OpenGrpc, intake: MemoryIntake) -> None:
    """The library itself refuses a message that is too large, and the connection goes on."""
    address = open_grpc(ReceiveSettings(max_inflated_bytes=1000)).address
    outcome = call_grpc(address, "traces", make_request(100).SerializeToString())
    assert outcome.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert call_grpc(address, "traces", make_request(1, 0).SerializeToString()).code is grpc.StatusCode.OK


def test_the_answer_comes_after_the_journal_has_synced(address: str, intake: MemoryIntake) -> None:
    """No client hears OK before its bytes are durable."""
    intake.pause()
    answers: list[tuple[grpc.StatusCode, bool]] = []
    client = threading.Thread(
        target=lambda: answers.append((call_grpc(address, "traces", BODY).code, intake.durable.is_set()))
    )
    client.start()
    assert intake.arrived.wait(10)
    client.join(0.2)
    assert answers == []
    intake.resume()
    client.join(10)
    assert answers == [(grpc.StatusCode.OK, True)]


def test_an_idempotency_key_is_stored_once(address: str, intake: MemoryIntake) -> None:
    """A repeat succeeds, says so in its trailing metadata, and is not stored again."""
    first = call_grpc(address, "traces", BODY, metadata={"idempotency-key": "a"})
    again = call_grpc(address, "traces", BODY, metadata={"idempotency-key": "a"})
    assert "idempotency-replayed" not in first.trailers
    assert again.trailers["idempotency-replayed"] == "true"
    assert len(intake.appended) == 1
    assert call_grpc(address, "traces", BODY, metadata={"idempotency-key": "a b"}).code is (
        grpc.StatusCode.INVALID_ARGUMENT
    )


def test_a_port_in_use_is_a_clear_error(address: str, intake: MemoryIntake, counters: ReceiveCounters) -> None:
    """Two servers never share a port by accident: each would get half of the calls."""
    entrance = Entrance(ReceiveSettings(), intake, counters)
    with pytest.raises(ConfigurationError, match="choose another port"):
        start_grpc("127.0.0.1", int(address.rpartition(":")[2]), otlp_methods(), entrance)
    entrance.close()


def test_stopping_lets_calls_under_way_finish(open_grpc: OpenGrpc, intake: MemoryIntake) -> None:
    """A call that waits for the disk is answered during the grace period."""
    server = open_grpc(ReceiveSettings())
    intake.pause()
    codes: list[grpc.StatusCode] = []
    client = threading.Thread(target=lambda: codes.append(call_grpc(server.address, "traces", BODY).code))
    client.start()
    assert intake.arrived.wait(10)
    stopping = threading.Thread(target=server.stop, args=(10,))
    stopping.start()
    intake.resume()
    stopping.join(10)
    client.join(10)
    assert codes == [grpc.StatusCode.OK]


def test_calls_without_a_message_do_not_hold_threads_for_ever(open_grpc: OpenGrpc) -> None:
    """A client that opens a call and never sends is cut off, so that its thread serves others again."""
    settings = ReceiveSettings(grpc_threads=1, grpc_max_connection_age_s=0.2, grpc_connection_grace_s=0.2)
    address = open_grpc(settings).address
    HandmadeCall(address, METHODS["traces"], {}).wait_until_closed()
    assert call_grpc(address, "traces", BODY).code is grpc.StatusCode.OK


def test_the_real_exporter_delivers(address: str, intake: MemoryIntake) -> None:
    """OpenTelemetry's gRPC exporter, unmodified, sends a span that arrives with all it has."""
    exporter = OTLPSpanExporter(f"http://{address}", insecure=True)
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("test").start_as_current_span("checkout", attributes={"items": 3}) as span:
        trace_id = span.get_span_context().trace_id
    provider.shutdown()
    sent = ExportTraceServiceRequest.FromString(intake.payloads("traces/default")[0])
    arrived = sent.resource_spans[0].scope_spans[0].spans[0]
    assert (arrived.name, arrived.trace_id) == ("checkout", trace_id.to_bytes(16, "big"))
    assert arrived.attributes[0].value.int_value == 3
