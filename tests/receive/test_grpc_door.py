import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

import grpc
import pytest

from clew.errors import JournalFull, MalformedInput, Unauthenticated
from clew.receive.admission import Admission, Caller, EverybodyIsAdmitted
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


class _Leaning:
    """Takes `again` for the message before."""

    def __init__(self) -> None:
        self._before = b""

    def translate(self, body: bytes) -> bytes:
        self._before = self._before if body == b"again" else body
        if not self._before:
            raise MalformedInput("nothing came before")
        return self._before


METHODS = (
    GrpcExport("t.Spans", "One", "backwards", "traces", _reversed, lambda checked: b"%d" % checked.span_count),
    GrpcExport("t.Spans", "Many", "backwards", "traces", _reversed, is_stream=True),
    GrpcExport("t.Spans", "Leaning", "backwards", "traces", is_stream=True, translator=lambda: _Leaning().translate),
    GrpcQuestion("t.Questions", "Length", _length),
    GrpcQuestion("t.Questions", "Discards", lambda _: b"", is_stream=True, discards=("backwards", "metrics")),
    GrpcQuestion("t.Questions", "Lengths", _length, is_stream=True),
    GrpcQuestion("t.Questions", "Open", _length, is_for_everybody=True),
)


class _RevokedSoon(EverybodyIsAdmitted):
    """Lets a few in, and then nobody."""

    def __init__(self, count: int) -> None:
        super().__init__(ReceiveSettings())
        self.left = count

    def admit(self, headers: Mapping[bytes, bytes]) -> Caller:
        self.left -= 1
        if self.left < 0:
            raise Unauthenticated("the key was revoked")
        return super().admit(headers)


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


def test_a_stream_with_a_bad_message_is_refused(
    channel: grpc.Channel, entrance: Entrance, intake: MemoryIntake
) -> None:
    """The call fails with the reason; the other messages, also later ones, are stored and counted."""
    sent = [BODIES[0][::-1], b"bad", BODIES[1][::-1], b"bad too"]
    with pytest.raises(grpc.RpcError) as caught:
        _stream(channel, "/t.Spans/Many")(iter(sent), timeout=20)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert caught.value.details() == "2 of 4 messages refused; the others are stored: not backwards"
    assert intake.payloads("traces/default") == BODIES[:2]
    counts = entrance.counters.snapshot()
    assert counts.accepted_records == {("backwards", "traces"): 3}
    assert counts.refused_requests == {("backwards", "traces", "malformed"): 2}
    assert entrance.in_flight.held_bytes == 0


def test_a_stream_without_messages_is_fine(channel: grpc.Channel, entrance: Entrance) -> None:
    """Agents open one whenever they look into an empty queue."""
    assert _stream(channel, "/t.Spans/Many")(iter(()), timeout=20) == b""
    assert _stream(channel, "/t.Questions/Discards")(iter(()), timeout=20) == b""
    assert entrance.counters.snapshot().refused_requests == {}


def test_a_stream_may_last_and_be_counted_meanwhile(channel: grpc.Channel, entrance: Entrance) -> None:
    """What is durable counts when the next message comes, also when the client then goes without a word."""
    messages: SimpleQueue[bytes] = SimpleQueue()
    call = _stream(channel, "/t.Spans/Many").future(iter(messages.get, b""), timeout=60)

    def records() -> int:
        return entrance.counters.snapshot().accepted_records.get(("backwards", "traces"), 0)

    while not records():  # each message finds the one before it on disk, or the next one does
        messages.put(BODIES[0][::-1])
    assert not call.done()
    call.cancel()
    messages.put(b"")


def test_a_silent_stream_is_cut_off(intake: MemoryIntake) -> None:
    """What it brought before is stored; its thread is free for others."""
    entrance = Entrance(ReceiveSettings(grpc_stream_silence_s=0.2), intake, ReceiveCounters())
    server = start_grpc("127.0.0.1", 0, METHODS, entrance)
    messages: SimpleQueue[bytes] = SimpleQueue()
    messages.put(BODIES[2][::-1])
    with grpc.insecure_channel(server.address) as channel, pytest.raises(grpc.RpcError) as caught:
        _stream(channel, "/t.Spans/Many")(iter(messages.get, b""), timeout=20)
    messages.put(b"")
    assert caught.value.code() is grpc.StatusCode.CANCELLED
    server.stop(1)
    entrance.close()
    assert intake.payloads("traces/default") == [BODIES[2]]
    assert entrance.counters.snapshot().accepted_records == {("backwards", "traces"): 3}


def test_a_translator_is_made_for_each_call(channel: grpc.Channel, intake: MemoryIntake) -> None:
    """A message may lean on those before it in its call, and never on those of another call."""
    for _ in range(2):
        _stream(channel, "/t.Spans/Leaning")(iter([BODIES[0], b"again"]), timeout=20)
    assert intake.payloads("traces/default") == [BODIES[0]] * 4
    with pytest.raises(grpc.RpcError, match="nothing came before"):
        _stream(channel, "/t.Spans/Leaning")(iter([b"again"]), timeout=20)


def test_what_is_discarded_is_counted(channel: grpc.Channel, entrance: Entrance, intake: MemoryIntake) -> None:
    """Messages that are answered and not kept can be seen in metrics."""
    assert _stream(channel, "/t.Questions/Discards")(iter([b"a", b"b"]), timeout=20) == b""
    assert entrance.counters.snapshot().discarded_messages == {("backwards", "metrics"): 2}
    assert intake.appended == []


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


def test_a_stream_ends_when_its_key_is_revoked(intake: MemoryIntake) -> None:
    """Each message is let in anew; what came before is stored, what comes after isn't."""
    with _door(intake, _RevokedSoon(2)) as channel, pytest.raises(grpc.RpcError) as caught:
        _stream(channel, "/t.Spans/Many")(iter([body[::-1] for body in BODIES]), timeout=20)
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
    assert intake.payloads("traces/default") == BODIES[:2]


def test_questions_need_a_key_unless_they_are_for_everybody(intake: MemoryIntake) -> None:
    """Calls of a port share its threads, whatever they are for."""
    with _door(intake, _RevokedSoon(0)) as channel:
        with pytest.raises(grpc.RpcError) as caught:
            _stream(channel, "/t.Questions/Discards")(iter([]), timeout=20)
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
        assert _unary(channel, "/t.Questions/Open")(b"four", timeout=20) == b"4"


@contextmanager
def _door(intake: MemoryIntake, admission: Admission) -> Iterator[grpc.Channel]:
    entrance = Entrance(ReceiveSettings(), intake, ReceiveCounters(), admission=admission)
    server = start_grpc("127.0.0.1", 0, METHODS, entrance)
    try:
        with grpc.insecure_channel(server.address) as channel:
            yield channel
    finally:
        server.stop(1)
        entrance.close()
