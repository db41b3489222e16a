import contextlib
import resource
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.faults.traffic import Traffic, assert_exactly_once
from tests.receive.grpc_calls import METHODS
from tests.receive.http2_client import HandmadeCall
from tests.server_process import CLEW, ServerProcess, running_server

CLIENTS = 1000
FEW_CONNECTIONS = 300
"""More than a server with 1,024 descriptors takes, which are 256."""
IN_TIME_S = 5.0
HALF_HEAD = b"POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-ty"
HALF_BODY = (
    b"POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\ncontent-length: 1000\r\n\r\nhalf"
)
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


@contextlib.contextmanager
def _enough_descriptors() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4 * CLIENTS)), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _connect(address: str, data: bytes) -> socket.socket:
    host, _, port = address.rpartition(":")
    client = socket.create_connection((host, int(port)), timeout=30)
    client.sendall(data)
    return client


@contextlib.contextmanager
def _stalling(server: ServerProcess, how: str) -> Iterator[None]:
    """A thousand connections that go no further, and are closed on leaving."""
    with contextlib.ExitStack() as stack:
        for client in _stall(server, how):
            stack.callback(client.close)
        yield


def _stall(server: ServerProcess, how: str) -> Sequence[socket.socket | HandmadeCall]:
    if how == "call without message":
        return [HandmadeCall(server.otlp_grpc, METHODS["traces"], {}) for _ in range(CLIENTS)]
    address, data = {
        "half a head": (server.otlp_http, HALF_HEAD),
        "half a body": (server.otlp_http, HALF_BODY),
        "half a head at the API": (server.http, HALF_HEAD),
        "half a body at the API": (server.http, HALF_BODY),
        "nothing at all by gRPC": (server.otlp_grpc, b""),
        "an HTTP/2 preface": (server.otlp_grpc, PREFACE),
    }[how]
    return [_connect(address, data) for _ in range(CLIENTS)]


@pytest.mark.parametrize(
    "how",
    [
        "half a head",
        "half a body",
        "half a head at the API",
        "half a body at the API",
        "nothing at all by gRPC",
        "an HTTP/2 preface",
        "call without message",
    ],
)
def test_a_thousand_clients_that_stall_cost_nobody_else_anything(tmp_path: Path, how: str) -> None:
    """While a thousand connect and go silent, a neighbour is served in time by both doors, and the API answers."""
    with _enough_descriptors(), running_server(tmp_path / "data") as server, Traffic(server) as traffic:
        traffic.wait_for("200", "OK")
        with _stalling(server, how):
            traffic.wait_for("200", "OK", more=50)
            assert server.client.get("/healthz", timeout=IN_TIME_S).status_code == 200
            traffic.leave()
        assert set(traffic.answers) == {"200", "OK"}
        assert traffic.slowest_s < IN_TIME_S
        assert_exactly_once(server, traffic.acknowledged, traffic.sent)


def test_room_is_made_for_those_who_send(tmp_path: Path) -> None:
    """With few file descriptors, the connections that are silent for longest are closed in favour of new ones."""
    program = ["prlimit", "--nofile=1024:1024", CLEW]
    with running_server(tmp_path / "data", program=program) as server, contextlib.ExitStack() as stack:
        for _ in range(FEW_CONNECTIONS):
            stack.enter_context(_connect(server.otlp_http, HALF_HEAD))
        with Traffic(server) as traffic:
            traffic.wait_for("200", more=50)
        assert_exactly_once(server, traffic.acknowledged, traffic.sent)


def test_calls_that_never_send_their_message_are_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gRPC call without a message is ended after its time, however alive its connection is, and counted."""
    monkeypatch.setenv("CLEW_RECEIVE_GRPC_MESSAGE_TIMEOUT_S", "0.5")
    with running_server(tmp_path / "data") as server:
        call = HandmadeCall(server.otlp_grpc, METHODS["traces"], {})
        call.wait_until_closed()
        assert 'reason="timeout"' in server.client.get("/metrics").text
