"""HTTP/1.1 with bounds that uvicorn doesn't have: on a request's head, its size and its time, and on silent clients."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 64 << 10
HEAD_TIMEOUT_S = 15.0
LEAST_SILENCE_S = 2.0
_SPARE_CONNECTIONS = 8
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class BoundedHttpProtocol(HttpToolsProtocol):
    """Closes connections whose request line, headers or trailers are endless, or whose head never ends; and, when there
    are as many as there may be, for each new one the one that its client has been silent on for longest.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._framing_bytes = 0
        self._is_in_head = True
        self._head_deadline: asyncio.TimerHandle | None = None
        self._heard_s = self.loop.time()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn declares it
        """Start the clock of the first head."""
        super().connection_made(transport)
        self._expect_head()
        if self.limit_concurrency is not None and len(self.connections) > self.limit_concurrency - _SPARE_CONNECTIONS:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._stop_clock()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Start the clock of another head on the same connection."""
        self._expect_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is whole; what follows is bounded by the application."""
        self._is_in_head = False
        self._framing_bytes = 0
        self._stop_clock()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """The client is sending what it came for."""
        self._framing_bytes = 0
        super().on_body(body)

    def data_received(self, data: bytes) -> None:
        """Count bytes that are no body before they are parsed and kept: of a head, of chunk extensions and trailers."""
        self._heard_s = self.loop.time()
        self._framing_bytes += len(data)
        if self._framing_bytes > MAX_HEAD_BYTES + len(data):
            self._refuse(_TOO_LARGE)
            return
        super().data_received(data)

    @property
    def is_waiting_for_client(self) -> bool:
        """Whether it is the client's turn to send: a request's head, or the rest of its body."""
        return self._is_in_head or bool(getattr(self.cycle, "more_body", False))

    def _make_room(self) -> None:
        silent_since_s = self.loop.time() - LEAST_SILENCE_S
        silent = [
            other
            for other in self.connections
            if isinstance(other, BoundedHttpProtocol)
            and other._heard_s < silent_since_s
            and other.is_waiting_for_client
            and not other.transport.is_closing()
        ]
        if silent:
            min(silent, key=lambda other: other._heard_s)._make_way()

    def _make_way(self) -> None:
        """At once: over TLS a farewell takes two, and who says none would keep the place that is needed."""
        self._refuse(_TOO_SLOW)
        if self.transport.get_extra_info("sslcontext") is not None:
            self.transport.abort()

    def _expect_head(self) -> None:
        self._is_in_head = True
        self._framing_bytes = 0
        self._stop_clock()
        self._head_deadline = self.loop.call_later(HEAD_TIMEOUT_S, self._refuse, _TOO_SLOW)

    def _stop_clock(self) -> None:
        if self._head_deadline is not None:
            self._head_deadline.cancel()
            self._head_deadline = None

    def _refuse(self, answer: bytes) -> None:
        self._stop_clock()
        if not self.transport.is_closing():
            if self._is_in_head or not getattr(self.cycle, "response_started", False):
                self.transport.write(answer)
            self.transport.close()
