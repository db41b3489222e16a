"""The HTTP door on a real socket, in a thread of its own."""

import http.client
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn

from clew.receive.counters import ReceiveCounters
from clew.receive.entrance import Entrance
from clew.receive.http_door import HttpDialect, HttpDoor
from clew.receive.intake import Intake
from clew.receive.otlp_http import OtlpDialect
from clew.receive.settings import ReceiveSettings
from clew.wire.attribute_pass import AttributePass


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer; header names are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class OpenDoor:
    """Where the door listens, and what it counts."""

    port: int
    entrance: Entrance

    @property
    def counters(self) -> ReceiveCounters:
        return self.entrance.counters

    @property
    def in_flight_bytes(self) -> int:
        """The bytes of requests that aren't answered yet."""
        return self.entrance.in_flight.held_bytes

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def send(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Response:
        """One request on a connection of its own."""
        return send_http(self.address, method, path, body, headers)

    def post(self, path: str, body: Any, content_type: str = "application/x-protobuf", **headers: str) -> Response:
        """POST; underscores in the names of further headers stand for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send("POST", path, body, {"content-type": content_type, **named})


def send_http(
    address: str, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
) -> Response:
    """One request on a connection of its own; the answer is read even when the server stops reading."""
    connection = http.client.HTTPConnection(address, timeout=30)
    try:
        connection.request(method, path, body, dict(headers or {}))
        answer = connection.getresponse()
        return Response(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


@contextmanager
def serve_http(
    intake: Intake,
    settings: ReceiveSettings | None = None,
    dialect: HttpDialect | None = None,
    rules: AttributePass | None = None,
) -> Iterator[OpenDoor]:
    """The door, listening until the block ends."""
    entrance = Entrance(settings or ReceiveSettings(), intake, ReceiveCounters(), rules=rules)
    app = HttpDoor(dialect or OtlpDialect(), entrance)
    server = _Server(
        uvicorn.Config(
            app, port=0, log_config=None, access_log=False, http="httptools", loop="uvloop", timeout_graceful_shutdown=2
        )
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    assert server.is_up.wait(20)
    try:
        yield OpenDoor(server.servers[0].sockets[0].getsockname()[1], entrance)
    finally:
        server.should_exit = True
        thread.join(20)
        entrance.close()
