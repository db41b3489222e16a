import socket
import threading
from collections.abc import Iterator

import pytest

from clew.errors import JournalFull, MalformedInput
from clew.receive.counters import ReceiveCounters
from clew.receive.entrance import Entrance
from clew.receive.listen import bind_udp
from clew.receive.settings import ReceiveSettings
from clew.receive.udp_door import UdpDoor
from tests.receive.memory_intake import MemoryIntake
from tests.wire.otlp_samples import make_request

BODY = make_request(3).SerializeToString()


class _Counters(ReceiveCounters):
    """Tells when something was counted."""

    def __init__(self) -> None:
        super().__init__()
        self.counted = threading.Semaphore(0)

    def accepted(self, protocol: str, signal: str, records: int, rejected: int, payload_bytes: int) -> None:
        super().accepted(protocol, signal, records, rejected, payload_bytes)
        self.counted.release()

    def refused(self, protocol: str, signal: str, reason: str) -> None:
        super().refused(protocol, signal, reason)
        self.counted.release()


def _translate(datagram: bytes) -> bytes:
    if datagram.startswith(b"bad"):
        raise MalformedInput("no datagram of ours")
    return datagram[::-1]


@pytest.fixture
def counters() -> _Counters:
    """What the door counts."""
    return _Counters()


@pytest.fixture
def client(intake: MemoryIntake, counters: _Counters) -> Iterator[socket.socket]:
    """A socket that sends to an open door."""
    entrance = Entrance(ReceiveSettings(), intake, counters)
    listener = bind_udp("127.0.0.1", 0, "test_port")
    address = listener.getsockname()
    door = UdpDoor(listener, "test", _translate, entrance)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(address)
        yield sender
    door.stop()
    entrance.close()


def test_a_datagram_reaches_the_journal_as_otlp(
    client: socket.socket, intake: MemoryIntake, counters: _Counters
) -> None:
    """It is translated, checked, stored, and counted once it is durable."""
    client.send(BODY[::-1])
    assert counters.counted.acquire(timeout=10)
    assert intake.payloads("traces/default") == [BODY]
    assert counters.snapshot().accepted_records == {("test", "traces"): 3}


def test_a_bad_datagram_harms_no_other(client: socket.socket, intake: MemoryIntake, counters: _Counters) -> None:
    """What isn't understood, is empty or finds the journal full is counted, and the next one is taken."""
    client.send(b"bad")
    client.send(b"")
    assert counters.counted.acquire(timeout=10)
    intake.refuse_with = JournalFull("full")
    client.send(BODY[::-1])
    assert counters.counted.acquire(timeout=10)
    intake.refuse_with = None
    client.send(BODY[::-1])
    assert counters.counted.acquire(timeout=10)
    assert intake.payloads("traces/default") == [BODY]
    refused = counters.snapshot().refused_requests
    assert refused == {("test", "traces", "malformed"): 1, ("test", "traces", "overloaded"): 1}


def test_what_is_in_the_socket_is_taken_before_the_door_closes(intake: MemoryIntake, counters: _Counters) -> None:
    """Datagrams that the kernel has already are stored, though the door is told to stop."""
    entrance = Entrance(ReceiveSettings(), intake, counters)
    listener = bind_udp("127.0.0.1", 0, "test_port")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(20):
            sender.sendto(BODY[::-1], listener.getsockname())
        UdpDoor(listener, "test", _translate, entrance).stop()
    entrance.close()
    for _ in range(20):
        assert counters.counted.acquire(timeout=10)
    assert intake.payloads("traces/default") == [BODY] * 20


def test_what_the_kernel_drops_is_counted(intake: MemoryIntake, counters: _Counters) -> None:
    """A burst beyond the socket's buffer shows in the metrics with the next datagram that is read."""
    entrance = Entrance(ReceiveSettings(), intake, counters)
    listener = bind_udp("127.0.0.1", 0, "test_port")
    listener.setsockopt(socket.SOL_SOCKET, 40, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(200):
            sender.sendto(BODY[::-1], listener.getsockname())
        door = UdpDoor(listener, "test", _translate, entrance)
        sender.sendto(BODY[::-1], listener.getsockname())
        assert counters.counted.acquire(timeout=10)
        door.stop()
    entrance.close()
    assert counters.snapshot().dropped_datagrams["test"] > 0
