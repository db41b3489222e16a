import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from clew.receive import http_protocol
from clew.receive.listen import HttpServer, bind

TIMEOUT_S = 10.0


async def _answer(scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def _connection() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    listener: socket.socket = bind("127.0.0.1", 0, "http_port")
    server = HttpServer(_answer, listener)
    await server.start()
    reader, writer = await asyncio.open_connection(*listener.getsockname())
    try:
        yield reader, writer
    finally:
        writer.close()
        await server.stop()


async def _talk(*pieces: bytes) -> bytes:
    async with _connection() as (reader, writer):
        for piece in pieces:
            writer.write(piece)
        return await asyncio.wait_for(reader.read(4096), TIMEOUT_S)


def test_a_request_with_an_ordinary_head_is_answered() -> None:
    """Headers of a usual size pass."""
    head = b"GET / HTTP/1.1\r\nhost: localhost\r\nx-long: " + b"v" * 8000 + b"\r\n\r\n"
    assert asyncio.run(_talk(head)).startswith(b"HTTP/1.1 200")


def test_endless_headers_are_refused() -> None:
    """A head that goes on and on is answered 431, and the connection is closed."""
    pieces = [b"GET / HTTP/1.1\r\nhost: localhost\r\n", *[b"x: " + b"v" * 8000 + b"\r\n"] * 64]
    assert asyncio.run(_talk(*pieces)).startswith(b"HTTP/1.1 431")


def test_an_unfinished_head_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that never finishes its headers gets 408 when its time is up."""
    monkeypatch.setattr(http_protocol, "HEAD_TIMEOUT_S", 0.1)
    assert asyncio.run(_talk(b"GET / HTTP/1.1\r\nhost: loc")).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize("piece", [b"x: " + b"v" * 8000 + b"\r\n", b"v" * 8000])
def test_endless_trailers_are_cut_off(piece: bytes) -> None:
    """What follows the last chunk has the bounds of a head: many lines, or one without an end."""

    async def flood() -> bytes:
        async with _connection() as (reader, writer):
            writer.write(b"POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: ")
            for _ in range(64):
                writer.write(piece)
            return await asyncio.wait_for(reader.read(), TIMEOUT_S)

    assert asyncio.run(flood()).startswith(b"HTTP/1.1 ")


def test_a_body_may_be_longer_than_a_head() -> None:
    """Only what is no body is counted; trailers of a usual size pass."""
    chunk = b"1000\r\n" + b"b" * 4096 + b"\r\n"
    head = b"POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n"
    again = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"

    async def send() -> bytes:
        async with _connection() as (reader, writer):
            writer.writelines([head, *[chunk] * 64, b"0\r\nx-sum: 1\r\n\r\n", again])
            return await asyncio.wait_for(reader.read(), TIMEOUT_S)

    assert asyncio.run(send()).count(b"HTTP/1.1 200") == 2
