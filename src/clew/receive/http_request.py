"""One HTTP request as ASGI gives it: its headers, and its body within limits on size and time."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from clew.errors import InputTooLarge, MalformedInput
from clew.receive.intake import Hold
from clew.receive.settings import ReceiveSettings

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_DRAIN_BYTES = 2**30


class HttpRequest:
    """`headers` has lower-case names; values of a repeated header are joined with commas."""

    def __init__(self, scope: Scope, receive: Receive, settings: ReceiveSettings) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query: str = scope.get("query_string", b"").decode("latin-1")
        self.headers = _headers(scope["headers"])
        self._receive = receive
        self._settings = settings
        self._more_body = True

    @property
    def body_is_read(self) -> bool:
        return not self._more_body

    def header(self, name: bytes) -> str:
        """The value as text, empty when there is none."""
        value = self.headers.get(name)
        return value.decode("latin-1") if value else ""

    async def read_body(self, hold: Hold) -> bytes:
        """The whole body as sent, counted in `hold` as it arrives.

        Raises InputTooLarge (at once when Content-Length says so), Overloaded, TimeoutError when the client is too
        slow, ConnectionResetError when it is gone.
        """
        self._refuse_declared_length()
        first = await self._next_chunk(self._settings.body_stall_timeout_s)
        hold.grow(len(first))
        if not self._more_body:
            return self._within_limit(first, 0)
        return await self._read_rest(first, hold)

    async def _read_rest(self, first: bytes, hold: Hold) -> bytes:
        body = bytearray(first)
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + self._settings.body_timeout_s
        while self._more_body:
            if loop.time() > deadline_s:
                raise TimeoutError(f"the body took more than {self._settings.body_timeout_s:g} s; send it again")
            chunk = await self._next_chunk(self._settings.body_stall_timeout_s)
            self._within_limit(chunk, len(body))
            hold.grow(len(chunk))
            body += chunk
        return bytes(body)

    def give_up_body(self) -> None:
        """Don't wait for the rest of the body any more."""
        self._more_body = False

    async def drain(self, max_bytes: int | None = None) -> None:
        """Read on and throw away, within limits: a client that is still sending would not see an answer."""
        limit_bytes = _DRAIN_BYTES if max_bytes is None else max_bytes
        drained_bytes = 0
        try:
            async with asyncio.timeout(self._settings.drain_timeout_s):
                while self._more_body and drained_bytes < limit_bytes:
                    drained_bytes += len(await self._next_chunk(self._settings.drain_timeout_s))
        except (TimeoutError, ConnectionResetError):
            return

    async def _next_chunk(self, timeout_s: float) -> bytes:
        try:
            async with asyncio.timeout(timeout_s):
                message = await self._receive()
        except TimeoutError:
            raise TimeoutError(f"no part of the body came for {timeout_s:g} s; send it again") from None
        if message["type"] == "http.disconnect":
            self._more_body = False
            raise ConnectionResetError("the client is gone")
        self._more_body = message.get("more_body", False)
        chunk: bytes = message.get("body", b"")
        return chunk

    def _refuse_declared_length(self) -> None:
        declared = self.header(b"content-length")
        if declared and not (declared.isascii() and declared.isdigit()):
            raise MalformedInput(f"Content-Length {declared[:40]!r} is no number")
        if declared and int(declared) > self._settings.max_body_bytes:
            raise self._too_large()

    def _within_limit(self, chunk: bytes, already_bytes: int) -> bytes:
        if already_bytes + len(chunk) > self._settings.max_body_bytes:
            raise self._too_large()
        return chunk

    def _too_large(self) -> InputTooLarge:
        limit = self._settings.max_body_bytes
        return InputTooLarge(f"the body has more than {limit} bytes; send smaller batches, or compress them")


def _headers(pairs: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    headers: dict[bytes, bytes] = {}
    for name, value in pairs:
        headers[name] = headers[name] + b", " + value if name in headers else value
    return headers
