"""A gateway on a real socket that answers as a test says, and keeps what it was sent."""

import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from clew.receive.inflate import inflate

Answer = tuple[int, Mapping[str, str], bytes]
TAKEN: Answer = (200, {"Content-Type": "application/x-protobuf"}, b"")
NONE: Answer = (0, {}, b"")
"""The connection is closed without an answer."""


@dataclass(frozen=True, slots=True)
class Posted:
    """One request; header names are lower case, the body is inflated."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def key(self) -> str:
        return self.headers["idempotency-key"]


@dataclass
class ScriptedGateway:
    """`answers` are given first, in order; then each request is answered `always`. `arrived` is set by each request."""

    answers: list[Answer] = field(default_factory=list)
    always: Answer = TAKEN
    posted: list[Posted] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)
    may_answer: threading.Event = field(default_factory=threading.Event)
    port: int = 0
    scheme: str = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def taken(self) -> list[bytes]:
        """The bodies that came under new keys."""
        return list({posted.key: posted.body for posted in self.posted}.values())

    def answer(self, posted: Posted) -> Answer:
        self.posted.append(posted)
        answer = self.answers.pop(0) if self.answers else self.always
        self.arrived.set()
        self.may_answer.wait(20)
        return answer


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no news."""


def _handler(gateway: ScriptedGateway) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._reply(gateway.answer(Posted(self.path, {}, b"")))

        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers["content-length"]))
            body = inflate(body, headers.get("content-encoding", ""), 1 << 30)
            self._reply(gateway.answer(Posted(self.path, headers, body)))

        def _reply(self, answer: Answer) -> None:
            status, headers, content = answer
            if answer == NONE:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            """Tests say what they need to say."""

    return Handler


@contextmanager
def scripted_gateway(
    port: int = 0, kind: type[ScriptedGateway] = ScriptedGateway, tls: ssl.SSLContext | None = None
) -> Iterator[ScriptedGateway]:
    """A gateway that listens until the block ends."""
    gateway = kind()
    gateway.may_answer.set()
    server = _Server(("127.0.0.1", port), _handler(gateway))
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        gateway.scheme = "https"
    gateway.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield gateway
    finally:
        gateway.may_answer.set()
        server.shutdown()
        thread.join(20)
        server.server_close()
