"""Compresses answers for clients that accept it: zstd, else gzip. Traces shrink to a tenth."""

from collections.abc import Callable

import anyio
import zstandard
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPResponseStartEvent, Message, Receive, Scope, Send
from zlib_ng import zlib_ng

MINIMUM_BYTES = 1024
# Bodies above this are compressed beside the event loop: gzip takes a millisecond for about this much.
THREAD_BYTES = 128 * 1024
_COMPRESSIBLE = ("text/", "application/json", "application/vnd.oai.openapi+json", "application/x-protobuf", "image/svg")
_WITHOUT_BODY = (204, 304)


def _zstd(body: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=3).compress(body)


def _gzip(body: bytes) -> bytes:
    # Level 1 of zlib-ng costs a tenth of zlib's default and gives about the same size on OTLP.
    return bytes(zlib_ng.compress(body, 1, 31))


_ENCODERS: dict[str, Callable[[bytes], bytes]] = {"zstd": _zstd, "gzip": _gzip}


def choose_encoding(accept_encoding: str) -> str | None:
    """`zstd`, `gzip` or None, by what an Accept-Encoding header allows."""
    allowed = set()
    for part in accept_encoding.lower().split(","):
        name, _, parameters = part.partition(";")
        weight = parameters.replace(" ", "").removeprefix("q=")
        if not parameters or weight.strip("0.") != "":
            allowed.add(name.strip())
    return next((name for name in _ENCODERS if name in allowed), None)


class CompressAnswers:
    """ASGI middleware for answers that are sent in one piece; streams pass as they are."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes everything on, with compressed bodies."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        accepted = dict(scope["headers"]).get(b"accept-encoding", b"").decode("latin-1")
        await self._app(scope, receive, _CompressingSend(send, choose_encoding(accepted)))


class _CompressingSend:
    """Holds the start of an answer back until its body shows whether to compress it."""

    def __init__(self, send: Send, encoding: str | None) -> None:
        self._send = send
        self._encoding = encoding
        self._start: HTTPResponseStartEvent | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        if message["type"] == "http.response.body" and self._start is not None:
            start, self._start = self._start, None
            headers = MutableScopeHeaders.from_message(start)
            if _is_compressible(start, headers) and not message.get("more_body", False):
                message["body"] = await self._compress(message["body"], headers)
            await self._send(start)
        await self._send(message)

    async def _compress(self, body: bytes, headers: MutableScopeHeaders) -> bytes:
        headers["vary"] = ", ".join(filter(None, [headers.get("vary"), "Accept-Encoding"]))
        if self._encoding is None or len(body) < MINIMUM_BYTES:
            return body
        encode = _ENCODERS[self._encoding]
        compressed = encode(body) if len(body) < THREAD_BYTES else await anyio.to_thread.run_sync(encode, body)
        headers["content-encoding"] = self._encoding
        headers["content-length"] = str(len(compressed))
        return compressed


def _is_compressible(start: HTTPResponseStartEvent, headers: MutableScopeHeaders) -> bool:
    media_type = headers.get("content-type", "")
    return (
        media_type.startswith(_COMPRESSIBLE)
        and not media_type.startswith("application/x-protobuf-delimited")
        and "content-encoding" not in headers
        and start["status"] not in _WITHOUT_BODY
    )
