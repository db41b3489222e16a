import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from clew.errors import InputTooLarge, MalformedInput, Overloaded
from clew.receive.http_request import HttpRequest, Message
from clew.receive.intake import InFlightBytes
from clew.receive.settings import ReceiveSettings

SETTINGS = ReceiveSettings(max_body_bytes=10, body_stall_timeout_s=0.05, body_timeout_s=0.1, drain_timeout_s=0.05)


def _request(messages: list[Message], headers: list[tuple[bytes, bytes]] | None = None) -> HttpRequest:
    """A request whose body arrives as the given messages, and then nothing."""
    left: Iterator[Message] = iter(messages)

    async def receive() -> Message:
        for message in left:
            return message
        await asyncio.Event().wait()
        raise AssertionError("an event that nobody sets")

    scope: dict[str, Any] = {"method": "POST", "path": "/v1/traces", "headers": headers or []}
    return HttpRequest(scope, receive, SETTINGS)


def _chunk(body: bytes, more_body: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more_body}


def _read(request: HttpRequest, max_bytes: int = 100) -> tuple[bytes, int]:
    """The body, and the bytes that were held when it was read."""
    in_flight = InFlightBytes(max_bytes, 1.0)

    async def read() -> tuple[bytes, int]:
        with in_flight.hold() as hold:
            return await request.read_body(hold), in_flight.held_bytes

    try:
        return asyncio.run(read())
    finally:
        assert in_flight.held_bytes == 0


def test_repeated_headers_are_joined() -> None:
    """Two Content-Encoding headers are the same as one with a comma."""
    request = _request([], [(b"content-encoding", b"gzip"), (b"a", b"1"), (b"content-encoding", b"zstd")])
    assert request.header(b"content-encoding") == "gzip, zstd"
    assert request.header(b"missing") == ""


@pytest.mark.parametrize("messages", [[_chunk(b"abcde", False)], [_chunk(b"ab"), _chunk(b"cde"), _chunk(b"", False)]])
def test_a_body_is_read_in_one_or_many_chunks(messages: list[Message]) -> None:
    """The chunks are put together, and counted."""
    request = _request(messages)
    assert _read(request) == (b"abcde", 5)
    assert request.body_is_read


@pytest.mark.parametrize(
    ("messages", "headers"),
    [
        ([], [(b"content-length", b"11")]),
        ([_chunk(b"x" * 11, False)], []),
        ([_chunk(b"x" * 6), _chunk(b"x" * 5)], []),
        ([], [(b"content-length", b"9" * 30)]),
    ],
)
def test_a_body_over_the_limit_is_too_large(messages: list[Message], headers: list[tuple[bytes, bytes]]) -> None:
    """Whether it is announced or just comes, more than the limit is refused."""
    with pytest.raises(InputTooLarge):
        _read(_request(messages, headers))


@pytest.mark.parametrize("length", [b"-1", b"ten", b"1_0", "١".encode(), b"10, 10"])  # noqa: RUF001  # a digit, but not ASCII
def test_a_length_that_is_no_number_is_malformed(length: bytes) -> None:
    """Content-Length is digits."""
    with pytest.raises(MalformedInput):
        _read(_request([], [(b"content-length", length)]))


def test_a_body_that_finds_no_room_is_sent_away() -> None:
    """What arrives is counted as it arrives, so that an announcement alone takes nothing from others."""
    with pytest.raises(Overloaded):
        _read(_request([_chunk(b"ab"), _chunk(b"cd")], [(b"content-length", b"8")]), max_bytes=3)


@pytest.mark.parametrize("messages", [[], [_chunk(b"ab")], [_chunk(b"")] * 3])
def test_silence_times_out(messages: list[Message]) -> None:
    """A body that stops arriving raises TimeoutError."""
    with pytest.raises(TimeoutError, match="no part of the body"):
        _read(_request(messages))


def test_a_client_that_is_gone_is_a_reset() -> None:
    """A disconnect within the body raises, and there is nothing left to read."""
    request = _request([_chunk(b"ab"), {"type": "http.disconnect"}])
    with pytest.raises(ConnectionResetError):
        _read(request)
    assert request.body_is_read


@pytest.mark.parametrize(
    "messages", [[_chunk(b"x" * 99), _chunk(b"", False)], [_chunk(b"")], [{"type": "http.disconnect"}]]
)
def test_draining_always_ends(messages: list[Message]) -> None:
    """Throwing away the rest ends with the body, with the client, or with patience."""
    request = _request(messages)
    asyncio.run(request.drain())
    assert request.body_is_read == (messages[-1] != _chunk(b""))
