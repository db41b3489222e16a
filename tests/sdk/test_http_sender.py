import gzip
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

from clew.errors import ConfigurationError
from clew.sdk.http_sender import HttpEndpoint, HttpSender, rejected_spans
from clew.sdk.reporter import Delivered, Refused, TryLater

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class _Collector:
    """A real HTTP server that answers in turn, and 200 afterwards."""

    answers: list[Answer] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    connections: set[tuple[str, int]] = field(default_factory=set)
    url: str = ""


@contextmanager
def _collector(*answers: Answer, tls: ssl.SSLContext | None = None) -> Iterator[_Collector]:
    collector = _Collector(list(answers))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            collector.bodies.append(self.rfile.read(int(self.headers["content-length"])))
            collector.headers.append({key.lower(): value for key, value in self.headers.items()} | {":path": self.path})
            collector.connections.add(self.client_address)
            status, headers, content = collector.answers.pop(0) if collector.answers else (200, {}, b"")
            self.send_response(status)
            for key, value in {"content-length": str(len(content)), **headers}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # its name in the base class
            """The test's output stays its own."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    collector.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_port}/v1/traces"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_requests_go_over_one_connection() -> None:
    """With the content type of OTLP, and the headers that were given."""
    with _collector() as collector:
        sender = HttpSender(HttpEndpoint(collector.url + "?a=b", {"authorization": "Bearer key"}))
        assert sender.send(b"one") == Delivered()
        assert sender.send(b"two") == Delivered()
        sender.close()
    assert collector.bodies == [b"one", b"two"]
    assert len(collector.connections) == 1
    headers = collector.headers[0]
    assert headers["content-type"] == "application/x-protobuf"
    assert headers["authorization"] == "Bearer key"
    assert headers[":path"] == "/v1/traces?a=b"
    assert headers["user-agent"].startswith("clew-python/")


def test_requests_may_be_compressed() -> None:
    """With gzip, and a header that says so."""
    with _collector() as collector:
        sender = HttpSender(HttpEndpoint(collector.url, gzip=True))
        assert sender.send(b"x" * 1000) == Delivered()
        sender.close()
    assert gzip.decompress(collector.bodies[0]) == b"x" * 1000
    assert collector.headers[0]["content-encoding"] == "gzip"


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_server_that_is_busy_is_asked_again_when_it_said(status: int) -> None:
    """In seconds, at a date, or when we think best."""
    later = formatdate(time.time() + 20, usegmt=True)
    with _collector(
        (status, {"retry-after": "7"}, b"busy"),
        (status, {"retry-after": later}, b""),
        (status, {"retry-after": "?"}, b""),
    ) as collector:
        sender = HttpSender(HttpEndpoint(collector.url))
        first, second, third = (sender.send(b"x") for _ in range(3))
        sender.close()
    assert isinstance(first, TryLater)
    assert first.after_s == 7
    assert f"{status} busy" in first.reason
    assert isinstance(second, TryLater)
    assert second.after_s is not None
    assert 10 < second.after_s <= 20
    assert isinstance(third, TryLater)
    assert third.after_s is None


@pytest.mark.parametrize("status", [400, 401, 404, 413, 500])
def test_a_refusal_has_its_reason(status: int) -> None:
    """In the server's words, as far as they are text."""
    with _collector((status, {}, b"the key is \x00\xff not good")) as collector:
        sender = HttpSender(HttpEndpoint(collector.url))
        outcome = sender.send(b"x")
        sender.close()
    assert isinstance(outcome, Refused)
    assert f"{status} the key is" in outcome.reason
    assert "\x00" not in outcome.reason


def test_rejected_spans_are_read_from_the_answer() -> None:
    """Of a partial success; any other answer has rejected nothing."""
    partial = ExportTracePartialSuccess(rejected_spans=300, error_message="ids")
    content = ExportTraceServiceResponse(partial_success=partial).SerializeToString()
    with _collector((200, {}, content)) as collector:
        sender = HttpSender(HttpEndpoint(collector.url))
        assert sender.send(b"x") == Delivered(300)
        sender.close()
    for other in (b"", b"hello", b"\x0a", b"\x0a\x02\x12\x00", b"\x0a\x02\x08\xff"):
        assert rejected_spans(other) == 0


def test_a_connection_that_was_closed_meanwhile_is_made_again() -> None:
    """The request isn't lost for it, and the application waits for nothing."""
    with _collector((200, {"connection": "close"}, b"")) as collector:
        sender = HttpSender(HttpEndpoint(collector.url))
        assert sender.send(b"one") == Delivered()
        assert sender.send(b"two") == Delivered()
        sender.close()
    assert len(collector.connections) == 2


def test_nobody_at_the_other_end_is_a_reason_to_wait() -> None:
    """With the address, so that one can see where it went."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1/traces"
    outcome = HttpSender(HttpEndpoint(url)).send(b"x")
    assert isinstance(outcome, TryLater)
    assert url in outcome.reason


def test_a_server_that_never_answers_costs_the_timeout_only() -> None:
    """Then the request is tried later."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        sender = HttpSender(HttpEndpoint(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.1))
        assert isinstance(sender.send(b"x"), TryLater)
        sender.close()


def test_what_talks_something_else_is_no_collector() -> None:
    """An answer that isn't HTTP is tried later, and named."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def chat() -> None:
            connection, _ = listener.accept()
            connection.recv(65536)
            connection.sendall(b"SSH-2.0-nothing\r\n")
            connection.close()

        thread = threading.Thread(target=chat)
        thread.start()
        sender = HttpSender(HttpEndpoint(f"http://127.0.0.1:{listener.getsockname()[1]}"))
        assert isinstance(sender.send(b"x"), TryLater)
        thread.join()
        sender.close()


def test_a_server_is_believed_with_the_authority_that_was_given(tmp_path: Path) -> None:
    """Over TLS; without it the certificate is worth nothing, and nothing is sent."""
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with _collector(tls=server) as collector:
        sender = HttpSender(HttpEndpoint(collector.url, tls=trusting))
        assert sender.send(b"x") == Delivered()
        sender.close()
        doubting = HttpSender(HttpEndpoint(collector.url))
        outcome = doubting.send(b"secret")
        doubting.close()
    assert isinstance(outcome, TryLater)
    assert "CERTIFICATE_VERIFY_FAILED" in outcome.reason
    assert collector.bodies == [b"x"]


@pytest.mark.parametrize("url", ["", "127.0.0.1:4318", "grpc://127.0.0.1:4317", "http://"])
def test_what_is_no_address_is_told(url: str) -> None:
    """Before anything is sent, with what to write instead."""
    with pytest.raises(ConfigurationError, match="no address of a collector; write http://host:4318"):
        HttpSender(HttpEndpoint(url))


def test_a_child_of_a_fork_takes_a_connection_of_its_own() -> None:
    """And the parent's goes on: the child said no farewell on it."""
    with _collector() as collector:
        sender = HttpSender(HttpEndpoint(collector.url))
        assert sender.send(b"parent") == Delivered()
        sender_of_child = HttpSender(HttpEndpoint(collector.url))
        sender_of_child._connection = sender._connection  # as a fork leaves it, but for the descriptor
        connection, sender._connection = sender._connection, None
        assert connection is not None
        assert connection.sock is not None
        twin = connection.sock.dup()
        sender_of_child.forget()
        assert sender_of_child.send(b"child") == Delivered()
        sender_of_child.close()
        twin.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nagain")
        assert twin.recv(100).startswith(b"HTTP/1.1 200")
        twin.close()
    assert collector.bodies == [b"parent", b"child", b"again"]
