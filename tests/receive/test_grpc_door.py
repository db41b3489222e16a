import threading
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest

from clew.errors import JournalFull, MalformedInput
from clew.receive.counters import ReceiveCounters
from clew.receive.entrance import Entrance
from clew.receive.grpc_door import GrpcExport, GrpcQuestion, start_grpc
from clew.receive.settings import ReceiveSettings
from tests.receive.memory_intake import MemoryIntake
from tests.wire.otlp_samples import make_request

BODIES = [make_request(count).SerializeToString() for count in (1, 2, 3)]
Call = Callable[..., bytes]


def _unary(channel: grpc.Channel, method: str) -> Call:
    call: Call = channel.unary_unary(method, None, None)
    return call


def _stream(channel: grpc.Channel, method: str) -> Any:
    return channel.stream_unary(method, None, None)


def _reversed(body: bytes) -> bytes:
    if body.startswith(b"bad"):
        raise MalformedInput("not backwards")
    return body[::-1]


def _length(request: bytes) -> bytes:
    if not request:
        raise MalformedInput("there is nothing to measure")
    return str(len(request)).encode()


METHODS = (
    GrpcExport("t.Spans", "One", "backwards", "traces", _reversed, lambda checked: b"%d" % checked.span_count),
    GrpcExport("t.Spans", "Many", "backwards", "traces", _reversed, is_stream=True),
    GrpcQuestion("t.Questions", "Length", _length),
    GrpcQuestion("t.Questions", "Lengths", _length, is_stream=True),
)


@pytest.fixture
def entrance(intake: MemoryIntake) -> Iterator[Entrance]:
    """What the door shares with others."""
    opened = Entrance(ReceiveSettings(), intake, ReceiveCounters())
    yield opened
    opened.close()


@pytest.fixture
def channel(entrance: Entrance, intake: MemoryIntake) -> Iterator[grpc.Channel]:
    """A connection to a door with methods of the test's own."""
    server = start_grpc("127.0.0.1", 0, METHODS, entrance)
    with grpc.insecure_channel(server.address) as opened:
        yield opened
    intake.resume()
    server.stop(1)


def test_a_message_is_translated_and_answered_by_its_method(channel: grpc.Channel, intake: MemoryIntake) -> None:
    """OTLP reaches the journal, and the answer is the method's own."""
    assert _unary(channel, "/t.Spans/One")(BODIES[2][::-1], timeout=20) == b"3"
    assert intake.payloads("traces/default") == [BODIES[2]]


def test_a_stream_is_answered_when_all_its_messages_are_durable(
    channel: grpc.Channel, intake: MemoryIntake, entrance: Entrance
) -> None:
    """Nothing is heard while one message waits for the disk; then all were stored, in order."""
    intake.pause()
    call = _stream(channel, "/t.Spans/Many").future(iter([body[::-1] for body in BODIES]), timeout=20)
    done = threading.Event()
    call.add_done_callback(lambda _: done.set())
    assert intake.arrived.wait(10)
    assert not done.is_set()
    intake.resume()
    assert call.result() == b""
    assert intake.payloads("traces/default") == BODIES
    assert entrance.counters.snapshot().accepted_records == {("backwards", "traces"): 6}
    assert entrance.in_flight.held_bytes == 0


def test_a_stream_with_a_bad_message_is_refused(channel: grpc.Channel, entrance: Entrance) -> None:
    """The call fails with the reason, and is counted as refused, not as accepted."""
    with pytest.raises(grpc.RpcError) as caught:
        _stream(channel, "/t.Spans/Many")(iter([BODIES[0][::-1], b"bad"]), timeout=20)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert caught.value.details() == "not backwards"
    counts = entrance.counters.snapshot()
    assert (counts.accepted_requests, counts.refused_requests) == ({}, {("backwards", "traces", "malformed"): 1})
    assert entrance.in_flight.held_bytes == 0


def test_a_stream_that_finds_the_journal_full_is_sent_away(channel: grpc.Channel, intake: MemoryIntake) -> None:
    """Overload has the status that means: later."""
    intake.refuse_with = JournalFull("the journal is full", 2.0)
    with pytest.raises(grpc.RpcError) as caught:
        _stream(channel, "/t.Spans/Many")(iter([BODIES[0][::-1]]), timeout=20)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_questions_are_answered_and_stored_nowhere(channel: grpc.Channel, intake: MemoryIntake) -> None:
    """A question gets its answer, a stream of them the answer to the last; an error has its status."""
    assert _unary(channel, "/t.Questions/Length")(b"four", timeout=20) == b"4"
    assert _stream(channel, "/t.Questions/Lengths")(iter([b"four", b"seven"]), timeout=20) == b"5"
    with pytest.raises(grpc.RpcError) as caught:
        _unary(channel, "/t.Questions/Length")(b"", timeout=20)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert intake.appended == []
