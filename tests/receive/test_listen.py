import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from clew.errors import ConfigurationError
from clew.receive.listen import HttpServer, address_of, bind, write_ready_file

Send = Callable[[dict[str, Any]], Awaitable[None]]


async def _hello(scope: dict[str, Any], receive: Any, send: Send) -> None:
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


@pytest.mark.parametrize(
    ("host", "shown"), [("127.0.0.1", "127.0.0.1:"), ("::1", "[::1]:"), ("localhost", "127.0.0.1:")]
)
def test_a_socket_listens_on_a_free_port(host: str, shown: str) -> None:
    """Port 0 takes a free port, on IPv4 and IPv6, and the address is one that a client can use."""
    with bind(host, 0, "http_port") as listener:
        address = address_of(listener)
        assert address.startswith(shown)
        port = int(address.rpartition(":")[2])
        assert port > 0
        socket.create_connection((host, port), timeout=5).close()


def test_a_port_that_is_taken_is_told_with_its_setting() -> None:
    """Somebody else's port is an error that names the address, the setting and the way out."""
    with bind("127.0.0.1", 0, "http_port") as taken:
        port = taken.getsockname()[1]
        message = rf"^can't listen on 127\.0\.0\.1 port {port} \(Address already in use\); .* set otlp_http_port to"
        with pytest.raises(ConfigurationError, match=message):
            bind("127.0.0.1", port, "otlp_http_port")


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "no.such.host.invalid", "a" * 300, "[::1]"])
def test_a_host_that_is_not_here_is_told_with_its_setting(host: str) -> None:
    """An address of another machine, and a name that means nothing, are blamed on the host, not on the port."""
    with pytest.raises(ConfigurationError, match=r"^can't listen on host .* set host to an address of this machine"):
        bind(host, 0, "http_port")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_server_answers_from_start_to_stop(host: str) -> None:
    """After `start` requests are answered; after `stop` nobody listens."""

    async def scenario() -> str:
        with bind(host, 0, "http_port") as listener:
            server = HttpServer(_hello, listener)
            await server.start()
            address = address_of(listener)
            async with httpx.AsyncClient() as client:
                answer = await client.get(f"http://{address}/")
            assert (answer.status_code, answer.text) == (200, "hello")
            assert "server" not in answer.headers
            await server.stop()
        return address

    address = asyncio.run(scenario())
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://{address}/")


def test_an_application_that_refuses_to_start_is_told() -> None:
    """A failing lifespan is an error of `start`, not a server that never comes up."""

    async def refuse(scope: dict[str, Any], receive: Any, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no"})

    async def scenario() -> None:
        with bind("127.0.0.1", 0, "http_port") as listener:
            await HttpServer(refuse, listener).start()

    with pytest.raises(RuntimeError, match="the application refused to start"):
        asyncio.run(scenario())


def test_a_ready_file_tells_the_addresses(tmp_path: Path) -> None:
    """It replaces that of an earlier run, and nothing else is left."""
    path = tmp_path / "ready.json"
    path.write_text("old")
    write_ready_file(path, {"http": "127.0.0.1:1"})
    assert json.loads(path.read_text()) == {"http": "127.0.0.1:1"}
    assert list(tmp_path.iterdir()) == [path]
