import asyncio
import json
from typing import Any

import pytest

from clew.errors import ClewError, InputTooLarge, JournalError, MalformedInput, Overloaded, UnsupportedInput
from clew.receive.http_answer import JSON, Answer, Cors, answer_error, send_answer
from clew.receive.http_request import HttpRequest, Message
from clew.receive.settings import ReceiveSettings


def _request(origin: str | None = None, **headers: str) -> HttpRequest:
    async def receive() -> Message:
        return {"type": "http.request", "body": b"rest", "more_body": False}

    pairs = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    if origin is not None:
        pairs.append((b"origin", origin.encode()))
    scope: dict[str, Any] = {"method": "POST", "path": "/v1/traces", "headers": pairs}
    return HttpRequest(scope, receive, ReceiveSettings())


@pytest.mark.parametrize(
    ("error", "status", "code", "retry_after"),
    [
        (MalformedInput("x"), 400, 3, None),
        (InputTooLarge("x"), 413, 3, None),
        (UnsupportedInput("x"), 415, 12, None),
        (TimeoutError("x"), 408, 4, None),
        (Overloaded("x", 0.2), 429, 8, b"1"),
        (JournalError("x"), 503, 14, b"5"),
        (ClewError("x"), 503, 13, b"5"),
        (KeyError("x"), 503, 13, b"5"),
    ],
)
def test_every_error_has_its_status(error: Exception, status: int, code: int, retry_after: bytes | None) -> None:
    """Refusals are final, the rest may be retried after a whole number of seconds, at least one."""
    answer = answer_error(error, JSON)
    assert (answer.status, json.loads(answer.body)["code"]) == (status, code)
    assert dict(answer.headers).get(b"retry-after") == retry_after


def test_only_listed_origins_may_send() -> None:
    """With a list of origins, those are echoed, strangers get nothing, and caches are told."""
    cors = Cors(ReceiveSettings(cors_allow_origins=("https://a.example",)))
    known = dict(cors.headers(_request("https://a.example")))
    assert known[b"access-control-allow-origin"] == b"https://a.example"
    assert known[b"vary"] == b"origin"
    assert cors.headers(_request("https://b.example")) == [(b"vary", b"origin")]
    assert cors.headers(_request()) == []


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "http://localhost",
        "https://localhost:3000",
        "http://127.0.0.1:8080",
        "http://127.1.2.3",
        "http://[::1]:5173",
        "https://a.example",
    ],
)
def test_programs_pages_of_this_machine_and_listed_ones_may_send(origin: str | None) -> None:
    """A page under development needs no setting."""
    cors = Cors(ReceiveSettings(cors_allow_origins=("https://a.example",)))
    assert cors.allows(_request(origin))
    assert (b"access-control-allow-origin" in dict(cors.headers(_request(origin)))) == (origin is not None)


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "http://attacker.example:4318",
        "http://localhost.attacker.example",
        "http://127.0.0.1.attacker.example",
        "http://attacker.example:80@127.0.0.1",
        "http://localhost:3000, http://attacker.example",
        "http://127.0.0.1:9/page",
        "http://192.168.1.7",
        "http://a.example",
        "https://a.example:444",
        "ftp://localhost",
        "http://[::1",
        "localhost",
    ],
)
def test_other_pages_may_not_send(origin: str) -> None:
    """Whatever a page may be called, and however it looks like this machine; `*` lets all of them in."""
    cors = Cors(ReceiveSettings(cors_allow_origins=("https://a.example",)))
    assert not cors.allows(_request(origin))
    assert b"access-control-allow-origin" not in dict(cors.headers(_request(origin)))
    assert Cors(ReceiveSettings(cors_allow_origins=("*",))).allows(_request(origin))


@pytest.mark.parametrize("asked", ["", "x" * 1001, "a\nb: c"])
def test_a_strange_list_of_headers_is_not_echoed(asked: str) -> None:
    """Without a plain list of headers the page is told the usual ones."""
    answer = Cors(ReceiveSettings()).preflight(_request("https://a.example", access_control_request_headers=asked))
    allowed = dict(answer.headers)[b"access-control-allow-headers"]
    assert b"content-encoding" in allowed
    assert b"idempotency-key" in allowed


@pytest.mark.parametrize(("status", "closes"), [(200, False), (413, True)])
def test_an_early_refusal_reads_on_and_closes(status: int, closes: bool) -> None:
    """An error sent before the body was read ends the connection, after the rest was taken from the client."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    request = _request()
    asyncio.run(send_answer(send, request, Answer(status, b"why", JSON), []))
    assert request.body_is_read == closes
    assert ((b"connection", b"close") in sent[0]["headers"]) == closes
    assert b"".join(message["body"] for message in sent[1:]) == b"why"
    assert [message.get("more_body", False) for message in sent[1:]] == ([True, False] if closes else [False])
