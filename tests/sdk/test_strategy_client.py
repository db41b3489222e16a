import socket
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from clew.errors import MalformedInput, RemoteError
from clew.sampling.answer import Answer
from clew.sdk.sampling_strategy import ProbabilisticStrategy
from clew.sdk.strategy_client import fetch_strategy
from tests.receive.sampling_doors import sampling_doors


class _Echo:
    """Answers with a probability, if the service is the one."""

    def answer(self, service: str, protocol: str) -> Answer:
        return Answer(0.25 if service == "a b&c/ü=%" else 0.5)


@pytest.mark.parametrize("path", ["", "/", "/sampling", "/sampling?x=1"])
def test_a_real_server_is_asked_for_the_service(path: str) -> None:
    """Whatever its name is made of, and whatever the address has behind the port."""
    with sampling_doors(_Echo()) as addresses:
        endpoint = f"http://{addresses['sampling_http']}{path}"
        assert fetch_strategy(endpoint, "a b&c/ü=%", 30) == ProbabilisticStrategy(0.25)
        assert fetch_strategy(endpoint, "", 30) == ProbabilisticStrategy(0.5)


def test_nobody_there_is_an_error_that_names_the_address() -> None:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(RemoteError, match=rf"127\.0\.0\.1:{port}/sampling\?service=shop.*is a server"):
        fetch_strategy(f"http://127.0.0.1:{port}/sampling", "shop", 5)


def test_a_server_that_says_nothing_is_not_waited_for() -> None:
    """Longer than the time that it has."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}/sampling"
        with pytest.raises(RemoteError, match="TimeoutError"):
            fetch_strategy(endpoint, "shop", 0.05)


class _Other(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        is_wrong = self.path.startswith("/wrong")
        content = b"not\x1b here" if is_wrong else b"<html>"
        self.send_response(404 if is_wrong else 200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # its name in the base class
        """The test's output stays its own."""


def test_another_server_at_that_port_is_told_as_such() -> None:
    """An error of its, with what it says as harmless text, and an answer that is none."""
    server = HTTPServer(("127.0.0.1", 0), _Other)
    thread = Thread(target=server.serve_forever)
    thread.start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    try:
        with pytest.raises(RemoteError, match=r"answered 404 'not\\x1b here'"):
            fetch_strategy(f"{endpoint}/wrong", "shop", 30)
        with pytest.raises(MalformedInput):
            fetch_strategy(endpoint, "shop", 30)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
