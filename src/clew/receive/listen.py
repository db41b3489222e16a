"""Sockets and the HTTP servers on them, in one event loop, without signal handlers of their own."""

import asyncio
import contextlib
import errno
import json
import resource
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import uvicorn

from clew.errors import ConfigurationError
from clew.receive.certificates import Certificates
from clew.receive.handshakes import Handshakes
from clew.receive.http_protocol import BoundedHttpProtocol

_BACKLOG = 2048
_KEEP_ALIVE_S = 75
_STOP_GRACE_S = 5
_RESERVED_DESCRIPTORS = 512
_FEWEST_CONNECTIONS = 64
_MOST_CONNECTIONS = 4096
_MOST_HANDSHAKES = 256
_SHARES = 10  # seven HTTP servers, what is in their handshakes, and gRPC


def bind(host: str, port: int, key: str) -> socket.socket:
    """A listening TCP socket. Raises ConfigurationError that names the setting when the address can't be had."""
    return _bind(socket.SOCK_STREAM, host, port, key)


def bind_udp(host: str, port: int, key: str) -> socket.socket:
    """The same for UDP."""
    return _bind(socket.SOCK_DGRAM, host, port, key)


def _bind(kind: socket.SocketKind, host: str, port: int, key: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, kind)
    try:
        if kind == socket.SOCK_STREAM:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        if kind == socket.SOCK_STREAM:
            listener.listen(_BACKLOG)
    except (OSError, UnicodeError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        if isinstance(error, UnicodeError | socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            raise ConfigurationError(
                f"can't listen on host {host} ({reason}); set host to an address of this machine, such as 127.0.0.1"
            ) from error
        raise ConfigurationError(
            f"can't listen on {host} port {port} ({reason}); stop what uses it, or set {key} to another port (0: any)"
        ) from error
    return listener


def address_of(listener: socket.socket) -> str:
    """`host:port` of a bound socket, with brackets around an IPv6 host."""
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def write_ready_file(path: Path, addresses: Mapping[str, str]) -> None:
    """Tell whoever waits for it that everything listens, and where; the file appears whole."""
    scratch = path.with_name(path.name + ".new")
    scratch.write_text(json.dumps(addresses))
    scratch.replace(path)


def raise_descriptor_limit() -> None:
    """Allow this process as many file descriptors as it may have: each connection takes one, and 1024 are soon gone."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _max_connections() -> int:
    """A server's share of the file descriptors, less those that the journal and the engine need."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(_FEWEST_CONNECTIONS, min(_MOST_CONNECTIONS, (soft - _RESERVED_DESCRIPTORS) // _SHARES))


class HttpServer(uvicorn.Server):
    """uvicorn on sockets that are already bound; starts and stops when told. With certificates it speaks TLS."""

    def __init__(self, app: Any, *listeners: socket.socket, certificates: Certificates | None = None) -> None:
        most = _max_connections()
        super().__init__(
            uvicorn.Config(
                app,
                http=BoundedHttpProtocol,
                loop="uvloop",
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=_KEEP_ALIVE_S,
                timeout_graceful_shutdown=_STOP_GRACE_S,
                backlog=_BACKLOG,
                limit_concurrency=most,
            )
        )
        self._listeners = list(listeners)
        self._handshakes = (
            None
            if certificates is None
            else Handshakes(certificates.context(), self._make_protocol, min(_MOST_HANDSHAKES, most // 4))
        )
        self._serving: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the composition root."""
        yield

    async def start(self) -> None:
        """Return once requests are served. Raises RuntimeError when the application refuses to start."""
        self._serving = asyncio.create_task(self._serve_socket())
        while not self.started:
            if self._serving.done():
                self._serving.result()
                raise RuntimeError("the HTTP server ended before it was up")
            await asyncio.sleep(0.005)
        if self._handshakes is not None:
            self._handshakes.begin(self._listeners)

    async def stop(self) -> None:
        """Answer what is being asked, then close."""
        if self._handshakes is not None:
            await self._handshakes.end()
            for listener in self._listeners:
                listener.close()
        self.should_exit = True
        if self._serving is not None:
            await self._serving

    async def _serve_socket(self) -> None:
        try:
            await self.serve(sockets=self._listeners if self._handshakes is None else [])
        except SystemExit as leaving:  # uvicorn would end the process, and nothing would be closed in order
            raise RuntimeError("the application refused to start; its reason is in the log") from leaving

    def _make_protocol(self) -> asyncio.Protocol:
        """As uvicorn makes them where it accepts connections itself."""
        return BoundedHttpProtocol(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)
