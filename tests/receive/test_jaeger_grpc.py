from collections.abc import Iterator

import grpc
import pytest

from clew.receive import jaeger_grpc
from clew.receive.counters import ReceiveCounters
from clew.receive.entrance import Entrance
from clew.receive.grpc_door import start_grpc
from clew.receive.jaeger_grpc import jaeger_methods
from clew.receive.settings import ReceiveSettings
from clew.wire.jaeger_proto import read_request
from tests.receive.grpc_calls import METHODS, Outcome, call_grpc
from tests.receive.memory_intake import MemoryIntake
from tests.wire.jaeger_proto_samples import as_request, as_span, message, request
from tests.wire.jaeger_samples import bench_batch_typed, span

BODY = as_request(bench_batch_typed())


class _Door:
    """An open door, what it counts, and calls of it."""

    def __init__(self, address: str, counters: ReceiveCounters) -> None:
        self.counters = counters
        self._address = address

    def call(self, body: bytes) -> Outcome:
        return call_grpc(self._address, "jaeger", body)


@pytest.fixture
def door(intake: MemoryIntake, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Door]:
    """Jaeger's door over gRPC."""
    monkeypatch.setitem(METHODS, "jaeger", "/jaeger.api_v2.CollectorService/PostSpans")
    counters = ReceiveCounters()
    entrance = Entrance(ReceiveSettings(), intake, counters)
    server = start_grpc("127.0.0.1", 0, jaeger_methods(), entrance)
    yield _Door(server.address, counters)
    server.stop(1.0)
    entrance.close()


def test_a_batch_is_stored_and_answered_with_the_empty_message(door: _Door, intake: MemoryIntake) -> None:
    """As OTLP, when it is durable, and counted."""
    outcome = door.call(BODY)
    assert (outcome.code, outcome.answer) == (grpc.StatusCode.OK, b"")
    assert intake.payloads("traces/default") == [read_request(BODY)]
    assert door.counters.snapshot().accepted_records == {("jaeger_grpc", "traces"): 50}


def test_a_batch_that_only_python_reads_is_stored_too(door: _Door, intake: MemoryIntake) -> None:
    """Text that isn't UTF-8, for one."""
    odd = as_span(span(1))
    odd.operation_name = b"\xff"
    body = request([odd])
    assert door.call(body).code is grpc.StatusCode.OK
    assert intake.payloads("traces/default") == [read_request(body)]


def test_what_isnt_understood_is_refused_with_the_reason(door: _Door, intake: MemoryIntake) -> None:
    """INVALID_ARGUMENT, so that nobody sends it again; the next call is taken."""
    outcome = door.call(BODY[:-5])
    assert outcome.code is grpc.StatusCode.INVALID_ARGUMENT
    assert "valid protobuf" in outcome.details
    assert intake.payloads("traces/default") == []
    assert door.call(BODY).code is grpc.StatusCode.OK


def test_spans_with_wrong_ids_are_left_out(door: _Door, intake: MemoryIntake) -> None:
    """The answer has no room for a reason; with no span left it is an error."""
    wrong = message("Span", trace_id=b"1" * 16, span_id=bytes(8))
    assert door.call(request([wrong, as_span(span(1))])).code is grpc.StatusCode.OK
    assert len(intake.payloads("traces/default")) == 1
    outcome = door.call(request([wrong]))
    assert outcome.code is grpc.StatusCode.INVALID_ARGUMENT
    assert "span_id must be 8 bytes" in outcome.details
    assert door.counters.snapshot().rejected_records == {("jaeger_grpc", "traces"): 2}


def test_a_large_batch_that_only_python_reads_is_refused(door: _Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """What compiled code reads may be larger."""
    monkeypatch.setattr(jaeger_grpc, "MAX_SLOW_BYTES", 1_000)
    assert door.call(BODY).code is grpc.StatusCode.OK
    outcome = door.call(BODY + b"\x18\x05")
    assert (outcome.code, outcome.details) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "such a request may have 1000 bytes; send smaller batches",
    )
