import pytest
from google.rpc.status_pb2 import Status as RpcStatus  # type: ignore[import-untyped]  # ships without types
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData

from clew.errors import MalformedInput, Overloaded, RemoteError
from clew.terminal.batches import Batch
from clew.terminal.connection import Connection
from clew.terminal.telemetry_file import LOGS, METRICS, TRACES
from clew.terminal.upload import Outcome, Uploader
from tests.api.memory_reader import make_span, make_trace
from tests.terminal.ingest import IngestDoor

BATCH = Batch(TRACES, make_trace(1, {"s": [make_span("a", 1), make_span("b", 2)]}).SerializeToString())


def test_a_batch_is_counted_and_sent_once(server: str, door: IngestDoor) -> None:
    """Spans and trace ids are counted here; the second time the server says that it has them."""
    with Connection(server) as connection:
        uploader = Uploader(connection)
        assert uploader.send(BATCH) == Outcome(spans=2, trace_ids={(1).to_bytes(16, "big")})
        assert uploader.send(BATCH).already_there == 2
        assert Uploader(connection, salt=b"again").send(BATCH).already_there == 0
    assert door.requests == [("/v1/traces", BATCH.body)] * 2


def test_logs_go_to_their_door_and_metrics_nowhere(server: str, door: IngestDoor) -> None:
    """Log records are counted as such; metrics are counted and not sent."""
    logs = LogsData()
    logs.resource_logs.add().scope_logs.add().log_records.add(severity_text="WARN")
    with Connection(server) as connection:
        uploader = Uploader(connection)
        assert uploader.send(Batch(LOGS, logs.SerializeToString())) == Outcome(log_records=1)
        assert uploader.send(Batch(METRICS, b"")) == Outcome(skipped_metrics=1)
    assert [path for path, _ in door.requests] == ["/v1/logs"]


def test_a_busy_server_is_asked_again(server: str, door: IngestDoor) -> None:
    """429 and 503 are waited out; then the batch is there once."""
    door.refusals = [(429, {"Retry-After": "0"}, b""), (503, {}, b"")]
    with Connection(server) as connection:
        assert Uploader(connection).send(BATCH).spans == 2
    assert len(door.requests) == 1


def test_a_server_that_stays_busy_is_given_up(server: str, door: IngestDoor) -> None:
    """When Retry-After asks for more patience than there is, the trouble is raised with the server's words."""
    status = RpcStatus(code=8, message="the journal is full").SerializeToString()
    door.refusals = [(429, {"Retry-After": "3600"}, status)]
    with Connection(server) as connection, pytest.raises(Overloaded, match=r"too busy \(the journal is full\)"):
        Uploader(connection).send(BATCH)


def test_a_server_that_is_gone_is_given_up() -> None:
    """After the time to give up, the connection's error is raised."""
    with Connection("http://127.0.0.1:1") as connection, pytest.raises(RemoteError, match="no Clew answers"):
        Uploader(connection, give_up_after_s=0.1).send(BATCH)


def test_waiting_ends_when_stopped(server: str, door: IngestDoor) -> None:
    """A stopped uploader doesn't wait for its next try."""
    door.refusals = [(429, {"Retry-After": "30"}, b"")]
    with Connection(server) as connection:
        uploader = Uploader(connection)
        uploader.stop()
        with pytest.raises(Overloaded):
            uploader.send(BATCH)


def test_a_refused_batch_is_an_error_with_the_reason(server: str, door: IngestDoor) -> None:
    """400 isn't tried again; the message of the OTLP status is shown, and an answer without one does no harm."""
    door.refusals = [(400, {}, RpcStatus(code=3, message="zero ids").SerializeToString()), (413, {}, b"<html>")]
    with Connection(server) as connection:
        with pytest.raises(RemoteError, match=r"refused a batch \(400\): zero ids"):
            Uploader(connection).send(BATCH)
        with pytest.raises(RemoteError, match=r"refused a batch \(413\): "):
            Uploader(connection).send(BATCH)


def test_a_partial_success_is_counted(server: str, door: IngestDoor) -> None:
    """Refused spans are taken off the count, with the server's reason."""
    partial = ExportTracePartialSuccess(rejected_spans=1, error_message="zero ids")
    door.partial_success = ExportTraceServiceResponse(partial_success=partial).SerializeToString()
    with Connection(server) as connection:
        outcome = Uploader(connection).send(BATCH)
    assert (outcome.spans, outcome.refused, outcome.reason) == (1, 1, "zero ids")


def test_a_damaged_message_is_found_before_sending(server: str, door: IngestDoor) -> None:
    """Bytes that don't parse are an error of the file."""
    with Connection(server) as connection, pytest.raises(MalformedInput, match="a message of the file is damaged"):
        Uploader(connection).send(Batch(TRACES, b"\x0a\x02\x0a\x09"))
    assert door.requests == []


def test_outcomes_add_up() -> None:
    """Counts are summed, traces united, the first reason kept."""
    total = Outcome(spans=1, trace_ids={b"a"}, reason="first")
    total.add(Outcome(2, 3, {b"a", b"b"}, 4, 5, 6, "second"))
    assert total == Outcome(3, 3, {b"a", b"b"}, 4, 5, 6, "first")
