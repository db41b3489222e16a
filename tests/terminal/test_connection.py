from pathlib import Path
from typing import Any

import httpx
import pytest

from clew.api.app import build_app
from clew.authenticate.callers import Callers
from clew.errors import BadQuery, NotFound, Overloaded, QueryTooExpensive, RemoteError
from clew.model.trace import ServiceSummary
from clew.terminal.connection import PROTOBUF, REST, Connection, retry_after_s
from tests.api.memory_reader import MemoryReader, MemorySystem
from tests.api.serving import Served
from tests.authenticate.keys import open_keys


def test_json_and_bytes_are_read(server: str, reader: MemoryReader) -> None:
    """GET gives decoded JSON, or the bytes of the form asked for."""
    with Connection(server) as connection:
        assert connection.get_json(f"{REST}/traces", {"limit": 1, "service": ""})["next_cursor"] == "1"
        body = connection.get_bytes(f"{REST}/traces/{1:032x}", PROTOBUF)
    assert body == reader.held[(1).to_bytes(16, "big")].SerializeToString()


def test_the_key_comes_from_the_environment(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With CLEW_KEY a server that asks for keys answers; without a good one the error names the variable."""
    keys = open_keys(tmp_path)
    secret = keys.add("board", ["read"])
    readers = Callers(keys.ring, "default", require_keys=True)
    served.app = build_app(MemoryReader(), MemorySystem(), "default", tmp_path, readers=readers)
    for wrong in ("", "clew_wrong"):
        monkeypatch.setenv("CLEW_KEY", wrong)
        with Connection(served.url) as connection, pytest.raises(RemoteError, match="put one into CLEW_KEY") as refused:
            connection.get_json(f"{REST}/services")
        assert "clew_wrong" not in str(refused.value)
    monkeypatch.setenv("CLEW_KEY", f" {secret}\n")
    with Connection(served.url) as connection:
        assert connection.get_json(f"{REST}/services") == {"services": []}


@pytest.mark.parametrize(("variable", "value"), [("CLEW_KEY", "clew_é"), ("CLEW_CA_FILE", "missing.pem")])
def test_a_variable_that_is_wrong_is_named(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    """What can't be a key or an authority is told before anything is sent."""
    monkeypatch.setenv(variable, value)
    with pytest.raises(BadQuery, match=variable):
        Connection("http://127.0.0.1:1")


def test_an_address_may_lack_its_scheme(server: str) -> None:
    """`host:port` is enough, and a slash at the end does no harm."""
    with Connection(server.removeprefix("http://") + "/") as connection:
        assert connection.get_json(f"{REST}/status")["version"]


def test_no_server_says_what_to_do() -> None:
    """A refused connection names the address and how to start a Clew."""
    with Connection("http://127.0.0.1:1") as connection, pytest.raises(RemoteError, match="start one with `clew up`"):
        connection.get_json(f"{REST}/status")


def test_an_impossible_address_is_wrong_use() -> None:
    """What can't be an address is refused before anything is sent."""
    with pytest.raises(BadQuery, match="server: 'http://a:b:c' is no address"):
        Connection("http://a:b:c")


def test_a_server_that_is_no_clew_is_told_apart(server: str) -> None:
    """Another web server's answer is an error that says so, not a failure further on."""
    with Connection(server) as connection:
        with pytest.raises(RemoteError, match="is that the address of a Clew"):
            connection.get_json("/favicon.ico")
        with pytest.raises(RemoteError, match="doesn't answer like a Clew"):
            connection.get_json("/healthz")
        with pytest.raises(RemoteError, match="doesn't answer like a Clew"):
            connection.get_bytes("/healthz", PROTOBUF)


def test_a_name_that_a_server_does_not_go_by_is_told(served: Served) -> None:
    """The server's own words on a refused host (421) reach the person."""

    async def refuse(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 421, "headers": [(b"content-length", b"6")]})
        await send({"type": "http.response.body", "body": b"no: x\n"})

    served.app = refuse
    with Connection(served.url) as connection, pytest.raises(RemoteError, match=r"this server isn't asked by: no: x$"):
        connection.get_json(f"{REST}/status")


def test_a_wrong_parameter_and_an_unknown_trace(server: str) -> None:
    """400 with a key is a BadQuery of that key, 404 is NotFound."""
    with Connection(server) as connection:
        with pytest.raises(BadQuery, match=r"^limit: 'x' is no number") as caught:
            connection.get_json(f"{REST}/traces", {"limit": "x"})
        assert caught.value.key == "limit"
        with pytest.raises(NotFound, match="no trace"):
            connection.get_json(f"{REST}/traces/{9:032x}")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (QueryTooExpensive("ask for less"), QueryTooExpensive),
        (Overloaded("busy", 3.0), Overloaded),
        (RuntimeError("bug"), RemoteError),
    ],
)
def test_other_errors_keep_their_kind(
    server: str,
    reader: MemoryReader,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    expected: type[Exception],
) -> None:
    """What the server raised is raised here again, with its message where it has one."""

    def fail(tenant: str) -> list[ServiceSummary]:
        raise error

    monkeypatch.setattr(reader, "services", fail)
    with Connection(server) as connection, pytest.raises(expected) as caught:
        connection.get_json(f"{REST}/services")
    if isinstance(caught.value, Overloaded):
        assert caught.value.retry_after_s == 3.0


def test_a_stream_that_is_refused_raises(server: str) -> None:
    """A stream's refusal is read like any other."""
    with (
        Connection(server) as connection,
        pytest.raises(BadQuery, match="start: "),
        connection.stream(f"{REST}/export", {"start": "yesterday"}),
    ):
        pytest.fail("the stream began")


@pytest.mark.parametrize(("header", "seconds"), [("2", 2.0), ("0.5", 0.5), ("-3", 0.0), ("Fri, 21 Nov 2025", 1.0)])
def test_retry_after_is_read_or_guessed(header: str, seconds: float) -> None:
    """Seconds are taken as they are, a date as the default."""
    assert retry_after_s(httpx.Response(429, headers={"retry-after": header})) == seconds
    assert retry_after_s(httpx.Response(429), 0.25) == 0.25
