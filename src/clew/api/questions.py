"""Questions on their way through the API: stopped when their client leaves, timed and counted when answered."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from litestar.enums import ScopeType
from litestar.types import (
    ASGIApp,
    HTTPReceiveMessage,
    Message,
    Receive,
    Scope,
    Send,
    WebSocketReceiveMessage,
)

from clew.model.histogram import Histogram, HistogramCounts
from clew.model.question import Question, asking
from clew.model.span_context import SpanContext, span_below

_READING = ("GET", "HEAD")
"""What changes something is finished, whether or not somebody waits for it."""
_READ_AHEAD = 2
"""Messages read before anybody asks for them: an empty body, and the end of the connection."""
LATENCY_BOUNDS_S = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
_REASONS = {400: "bad_query", 404: "not_found", 422: "limit", 429: "overloaded", 500: "failed", 503: "cancelled"}

_Received = HTTPReceiveMessage | WebSocketReceiveMessage


@dataclass(frozen=True, slots=True)
class Answered:
    """A question whose answer was sent, or whose client left; moments are Unix ns.

    `status` is the HTTP status, 0 when nothing was sent; `route` the path with its parameters in braces; `span` what
    it is in a trace, if it is traced.
    """

    question: Question
    method: str
    route: str
    path: str
    span: SpanContext | None
    status: int
    ended_unix_nano: int


@dataclass(frozen=True, slots=True)
class QuestionCounts:
    """A moment's figures; keys are kinds, for refusals (kind, reason)."""

    latency: dict[str, HistogramCounts]
    refused: dict[tuple[str, str], int]
    under_way: int


class QuestionLog:
    """Times and counts questions by kind; from any thread. `observe` hears of each one that is over.

    With an observer questions are traced: each has a span, below that of its caller.
    """

    def __init__(self, observe: Callable[[Answered], None] | None = None) -> None:
        self._observe = observe
        self._lock = threading.Lock()
        self._latency: dict[str, Histogram] = {}
        self._refused: Counter[tuple[str, str]] = Counter()
        self._under_way = 0

    def begin(self, traceparent: str) -> SpanContext | None:
        """A question came in; its span, if it is traced."""
        with self._lock:
            self._under_way += 1
        return None if self._observe is None else span_below(traceparent)

    def end(self, answered: Answered, latency_s: float) -> None:
        """It is over: answered after `latency_s`, or refused."""
        question = answered.question
        reason = "cancelled" if question.is_withdrawn else question.refusal or _REASONS.get(answered.status, "")
        with self._lock:
            self._under_way -= 1
            if reason:
                self._refused[question.kind, reason] += 1
            histogram = self._latency.setdefault(question.kind, Histogram(LATENCY_BOUNDS_S))
        if not reason:
            histogram.observe(latency_s)
        if self._observe is not None:
            self._observe(answered)

    def snapshot(self) -> QuestionCounts:
        """All figures of one moment."""
        with self._lock:
            latency = {kind: histogram.snapshot() for kind, histogram in self._latency.items()}
            return QuestionCounts(latency, dict(self._refused), self._under_way)


class WatchQuestions:
    """Middleware around each route: whoever hangs up needs no answer, and the engine none of the work for it.

    The kind of a question is its route's operation id, so that there are as many as there are routes. What machines
    ask about the system (tag `system`) is no question.
    """

    def __init__(self, app: ASGIApp, log: QuestionLog) -> None:
        self._app = app
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and listen meanwhile whether the client is still there."""
        handler = scope.get("route_handler")
        if scope["type"] != ScopeType.HTTP or "system" in (getattr(handler, "tags", None) or ()):
            await self._app(scope, receive, send)
            return
        question = Question(str(getattr(handler, "operation_id", None) or "other"))
        line = _Line(question, receive, send)
        line.span = self._log.begin(dict(scope["headers"]).get(b"traceparent", b"").decode("latin-1"))
        try:
            with asking(question):
                await self._listen_while_answering(scope, line)
        finally:
            self._log.end(_answered(scope, line), line.latency_s)

    async def _listen_while_answering(self, scope: Scope, line: "_Line") -> None:
        if scope.get("method") not in _READING:
            await self._app(scope, line.receive_from_client, line.send)
            return
        listening = asyncio.create_task(line.listen())
        try:
            await self._app(scope, line.receive, line.send)
        finally:
            listening.cancel()


class _Line:
    """The connection to the client, with what passed over it."""

    def __init__(self, question: Question, receive: Receive, send: Send) -> None:
        self.question = question
        self.status = 0
        self.span: SpanContext | None = None
        self.latency_s = 0.0
        self._began_s = time.perf_counter()
        self.receive_from_client = receive
        self._send = send
        self._messages: asyncio.Queue[_Received] = asyncio.Queue(_READ_AHEAD)
        self._is_over = False

    async def listen(self) -> None:
        """Read ahead until the client hangs up; before the answer is complete, that withdraws the question."""
        while True:
            message = await self.receive_from_client()
            if message["type"] == "http.disconnect" and not self._is_over:
                self.question.withdraw()
            await self._messages.put(message)
            if message["type"] == "http.disconnect":
                return

    async def receive(self) -> _Received:
        return await self._messages.get()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.latency_s = time.perf_counter() - self._began_s
            if self.span is not None:
                message["headers"] = [*message["headers"], (b"traceresponse", self.span.traceresponse.encode())]
        elif message["type"] == "http.response.body" and not message.get("more_body", False):
            self._is_over = True
        await self._send(message)


def _answered(scope: Scope, line: _Line) -> Answered:
    return Answered(
        question=line.question,
        method=str(scope.get("method", "GET")),
        route=str(scope.get("path_template") or scope["path"]),
        path=scope["path"],
        span=line.span,
        status=line.status,
        ended_unix_nano=time.time_ns(),
    )
