import asyncio
import contextlib
import resource
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any

import pytest
import trustme
import uvloop

from clew.receive import http_protocol, listen
from clew.receive.certificates import Certificates, TlsSettings
from clew.receive.handshakes import Handshakes
from clew.receive.listen import HttpServer, bind

MOST = 4
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Echo(asyncio.Protocol):
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # always one of these
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._transport.write(data)


class _Place:
    """A listener with handshakes, and clients of its own."""

    def __init__(self, directory: Path, timeout_s: float) -> None:
        self._authority = trustme.CA()
        issued = self._authority.issue_cert("127.0.0.1")
        files = TlsSettings(directory / "cert.pem", directory / "key.pem")
        issued.cert_chain_pems[0].write_to_path(str(files.cert_file))
        issued.private_key_pem.write_to_path(str(files.key_file))
        self.certificates = Certificates(files)
        self.handshakes = Handshakes(self.certificates.context(), _Echo, MOST, timeout_s)
        self.trust = ssl.create_default_context()
        self._authority.configure_trust(self.trust)
        self.listener = bind("127.0.0.1", 0, "port")
        self.port = self.listener.getsockname()[1]
        self._streams: list[Stream] = []

    async def connect(self, **options: Any) -> Stream:
        """A client whose handshake is through."""
        return await self._open(ssl=self.trust, **options)

    async def connect_silently(self, said: bytes = b"") -> asyncio.StreamReader:
        """A client that says no more than this; what it reads is how the server parts with it."""
        reader, writer = await self._open()
        writer.write(said)
        return reader

    async def _open(self, **options: Any) -> Stream:
        where = {} if "sock" in options else {"host": "127.0.0.1", "port": self.port}
        stream = await asyncio.open_connection(**where, **options)
        self._streams.append(stream)
        return stream

    def leave(self) -> None:
        """All of its clients hang up."""
        for _, writer in self._streams:
            writer.transport.abort()


@contextlib.asynccontextmanager
async def _place(directory: Path, timeout_s: float = 60.0) -> AsyncIterator[_Place]:
    place = _Place(directory, timeout_s)
    with place.listener:
        place.handshakes.begin([place.listener])
        yield place
        await place.handshakes.end()
        place.leave()


def _run(scenario: Awaitable[None]) -> None:
    async def limited() -> None:
        await asyncio.wait_for(scenario, 30)

    uvloop.run(limited())


async def _is_parted(reader: asyncio.StreamReader) -> bool:
    try:
        return await reader.read(1) == b""
    except ConnectionError:
        return True


async def _echoes(stream: Stream, text: bytes) -> bool:
    reader, writer = stream
    writer.write(text)
    return await reader.readexactly(len(text)) == text


def test_the_client_that_began_first_makes_room_for_a_new_one(tmp_path: Path) -> None:
    """A crowd that keeps silent holds nobody up, and costs those of them who came last nothing."""

    async def scenario() -> None:
        async with _place(tmp_path) as place:
            silent = [await place.connect_silently() for _ in range(MOST)]
            assert await _echoes(await place.connect(), b"through")
            assert await _is_parted(silent[0])
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(_is_parted(silent[1]), 0.2)

    _run(scenario())


def test_who_is_through_takes_no_place(tmp_path: Path) -> None:
    """Twice as many connections as there may be handshakes are all served, silent ones beside them."""

    async def scenario() -> None:
        async with _place(tmp_path) as place:
            streams = [await place.connect() for _ in range(2 * MOST)]
            for _ in range(2 * MOST):
                await place.connect_silently()
            for number, stream in enumerate(streams):
                assert await _echoes(stream, b"%d" % number * 100_000)

    _run(scenario())


def test_a_handshake_has_its_time(tmp_path: Path) -> None:
    """Silence, and half a greeting, end when the time is over."""

    async def scenario() -> None:
        async with _place(tmp_path, timeout_s=0.2) as place:
            silent = await place.connect_silently()
            half = await place.connect_silently(b"\x16\x03\x01\x02\x00\x01")
            assert await _is_parted(silent)
            assert await _is_parted(half)

    _run(scenario())


def test_plain_text_and_strangers_are_parted_with(tmp_path: Path) -> None:
    """Neither a request without TLS nor a client of another authority holds anything, or anybody, up."""

    async def scenario() -> None:
        async with _place(tmp_path) as place:
            plain = await place.connect_silently(b"GET / HTTP/1.1\r\n\r\n")
            await plain.read()  # an alert, and the end
            with pytest.raises(ssl.SSLCertVerificationError):
                await asyncio.open_connection("127.0.0.1", place.port, ssl=ssl.create_default_context())
            assert await _echoes(await place.connect(), b"through")

    _run(scenario())


def test_at_the_end_nobody_is_left_waiting(tmp_path: Path) -> None:
    """Clients in the middle of a handshake see that it is over."""

    async def scenario() -> None:
        async with _place(tmp_path) as place:
            silent = await place.connect_silently()
            assert await _echoes(await place.connect(), b"through")  # so that the silent one is under way
            await place.handshakes.end()
            assert await _is_parted(silent)

    _run(scenario())


def test_want_of_descriptors_passes(tmp_path: Path) -> None:
    """Who knocks while there is no descriptor left is let in when there is one again: the silent give theirs up."""

    async def scenario() -> None:
        async with _place(tmp_path) as place:
            silent = await place.connect_silently()
            assert await _echoes(await place.connect(), b"through")
            soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            knocking = socket.create_connection(("127.0.0.1", place.port))
            resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
            try:
                assert await _is_parted(silent)
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            knocking.setblocking(False)
            stream = await place.connect(sock=knocking, server_hostname="127.0.0.1")
            assert await _echoes(stream, b"in at last")

    _run(scenario())


async def _answer(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


def test_clients_that_keep_silent_behind_their_handshake_make_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They say no farewell either, and hold no place for it: somebody who asks is answered, however many they are."""
    monkeypatch.setattr(listen, "_max_connections", lambda: 4 * MOST)
    monkeypatch.setattr(http_protocol, "LEAST_SILENCE_S", 0.0)
    place = _Place(tmp_path, 60.0)

    def connect() -> ssl.SSLSocket:
        plain = socket.create_connection(("127.0.0.1", place.port), timeout=20)
        return place.trust.wrap_socket(plain, server_hostname="127.0.0.1")

    def ask() -> bytes:
        with connect() as asking:
            asking.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            return asking.recv(100)

    async def scenario() -> None:
        server = HttpServer(_answer, place.listener, certificates=place.certificates)
        await server.start()
        silent = [await asyncio.to_thread(connect) for _ in range(12 * MOST)]
        assert (await asyncio.to_thread(ask)).startswith(b"HTTP/1.1 200")
        for each in silent:
            each.close()
        await server.stop()

    _run(scenario())
