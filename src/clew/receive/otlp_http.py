"""OTLP over HTTP: `POST /v1/traces` and `/v1/logs`, answered when the journal has synced the bytes."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from clew.errors import InputTooLarge, JournalClosed, JournalError, UnsupportedInput
from clew.journal.record import AppendResult
from clew.receive.counters import ReceiveCounters, reason_of
from clew.receive.http_answer import (
    JSON,
    PROTOBUF,
    Answer,
    Cors,
    answer_error,
    foreign_page,
    not_found,
    only_post,
    refusal,
    send_answer,
)
from clew.receive.http_request import HttpRequest, Receive, Scope, Send
from clew.receive.inflate import inflate
from clew.receive.intake import (
    LOGS,
    METRICS,
    TRACES,
    Hold,
    InFlightBytes,
    Intake,
    append_checked,
    record_key,
    stream_name,
)
from clew.receive.settings import ReceiveSettings
from clew.wire.otlp_answer import METRICS_NOT_STORED, UNIMPLEMENTED, export_answer
from clew.wire.otlp_check import CheckedRequest, CheckLimits, check_logs, check_traces
from clew.wire.otlp_json import logs_json_to_otlp, traces_json_to_otlp

_LOG = logging.getLogger(__name__)
_SIGNALS = {"/v1/traces": TRACES, "/v1/logs": LOGS, "/v1/metrics": METRICS}
_CHECKS: dict[str, Callable[[bytes, CheckLimits], CheckedRequest]] = {TRACES: check_traces, LOGS: check_logs}
_FROM_JSON = {TRACES: traces_json_to_otlp, LOGS: logs_json_to_otlp}
_MEDIA = {
    "application/x-protobuf": PROTOBUF,
    "application/protobuf": PROTOBUF,
    "application/vnd.google.protobuf": PROTOBUF,
    "application/json": JSON,
}
_INLINE_JSON_BYTES = 16 * 1024  # converting JSON costs ten times as much as checking protobuf


def build_app(settings: ReceiveSettings, intake: Intake, counters: ReceiveCounters) -> "OtlpHttpApp":
    """The ASGI application; it may be served on several ports at once. Call its `close` after the servers stopped."""
    return OtlpHttpApp(settings, intake, counters)


@dataclass(frozen=True, slots=True)
class _Export:
    """What the headers say about a body."""

    signal: str
    media: str
    encoding: str


class OtlpHttpApp:
    """Raw ASGI, because a framework would cost more than all the rest of an export."""

    def __init__(self, settings: ReceiveSettings, intake: Intake, counters: ReceiveCounters) -> None:
        self._settings = settings
        self._intake = intake
        self._counters = counters
        self._cors = Cors(settings)
        self._limits = CheckLimits(attributes=settings.max_attributes)
        self._in_flight = InFlightBytes(settings.max_in_flight_bytes, settings.retry_after_s)
        self._large_json = threading.Lock()  # one at a time: the worst takes 0.35 GB
        self._threads = ThreadPoolExecutor(settings.check_threads, thread_name_prefix="clew-check")

    def close(self) -> None:
        """Ends the threads."""
        self._threads.shutdown()

    @property
    def in_flight_bytes(self) -> int:
        """The bytes of requests that aren't answered yet."""
        return self._in_flight.held_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        if scope["type"] != "http":
            return
        request = HttpRequest(scope, receive, self._settings)
        try:
            answer = await self._answer(request)
        except ConnectionResetError:
            return
        await send_answer(send, request, answer, self._cors.headers(request))

    async def _answer(self, request: HttpRequest) -> Answer:
        media = _MEDIA.get(request.header(b"content-type").partition(";")[0].strip().lower(), "")
        signal = _SIGNALS.get(request.path)
        if signal is None:
            return not_found(request.path, media or JSON)
        if request.method == "OPTIONS":
            return self._cors.preflight(request)
        if request.method != "POST":
            return only_post(media or JSON)
        if not self._cors.allows(request):
            self._counters.refused("http", signal, "origin")
            return foreign_page(request.header(b"origin"), media or JSON)
        if signal == METRICS:
            self._counters.refused("http", signal, "unsupported")
            return refusal(404, UNIMPLEMENTED, METRICS_NOT_STORED, media or JSON)
        return await self._export(request, signal, media)

    async def _export(self, request: HttpRequest, signal: str, media: str) -> Answer:
        try:
            _refuse_unknown_media(request, media)
            export = _Export(signal, media, request.header(b"content-encoding"))
            stream = stream_name(signal, self._settings.tenant)
            key = self._key(request, stream)
            with self._in_flight.hold() as hold:
                body = await request.read_body(hold)
                checked = await self._check(export, body, hold)
                result = await self._store(stream, checked, key)
        except asyncio.CancelledError:  # the server stops, and has waited for this client long enough
            request.give_up_body()
            return self._refuse(JournalClosed("Clew is stopping; send it again when it is back"), signal, media)
        except Exception as error:  # noqa: BLE001  # whatever happened, the client gets an answer, and it is counted
            return self._refuse(error, signal, media)
        if result is AppendResult.REPEATED:
            self._counters.repeated("http", signal)
        else:
            self._counters.accepted("http", signal, checked.span_count, checked.rejected, len(checked.payload))
        return _accepted(signal, checked, media, result)

    def _refuse(self, error: Exception, signal: str, media: str) -> Answer:
        reason = reason_of(error)
        self._counters.refused("http", signal, reason)
        if reason == "disconnected":
            raise error
        if reason == "internal":
            _LOG.exception("an export of %s failed", signal, exc_info=error)
        return answer_error(error, media or JSON)

    @staticmethod
    def _key(request: HttpRequest, stream: str) -> bytes | None:
        value = request.headers.get(b"idempotency-key")
        return None if value is None else record_key(stream, value.decode("latin-1"))

    async def _check(self, export: "_Export", body: bytes, hold: Hold) -> CheckedRequest:
        settings = self._settings
        is_json = export.media == JSON
        max_bytes = settings.max_json_bytes if is_json else settings.max_inflated_bytes
        inline_bytes = min(_INLINE_JSON_BYTES if is_json else settings.inline_bytes, max_bytes)
        check = partial(self._inflate_and_check, export, body, hold)
        if len(body) <= inline_bytes:
            try:
                return check(inline_bytes)
            except InputTooLarge:
                pass  # small on the wire and large inside: that is for a thread, and for the real limit
        return await asyncio.get_running_loop().run_in_executor(self._threads, check, max_bytes)

    def _inflate_and_check(self, export: "_Export", body: bytes, hold: Hold, max_bytes: int) -> CheckedRequest:
        inflated = inflate(body, export.encoding, max_bytes)
        if inflated is not body:
            hold.grow(len(inflated))
        if export.media == JSON:
            inflated = self._convert(export, inflated)
        return _CHECKS[export.signal](inflated, self._limits)

    def _convert(self, export: "_Export", text: bytes) -> bytes:
        if len(text) <= _INLINE_JSON_BYTES:
            return _FROM_JSON[export.signal](text)
        with self._large_json:
            return _FROM_JSON[export.signal](text)

    async def _store(self, stream: str, checked: CheckedRequest, key: bytes | None) -> AppendResult:
        loop = asyncio.get_running_loop()
        durable: asyncio.Future[AppendResult] = loop.create_future()

        def on_done(result: AppendResult | Exception) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_resolve, durable, result)

        append_checked(self._intake, stream, checked, key, on_done)
        try:
            async with asyncio.timeout(self._settings.journal_timeout_s):
                return await durable
        except TimeoutError:
            raise JournalError("the disk is too slow to say yet whether this is stored; send it again") from None


def _resolve(durable: asyncio.Future[AppendResult], result: AppendResult | Exception) -> None:
    if durable.done():
        return
    if isinstance(result, Exception):
        durable.set_exception(result)
    else:
        durable.set_result(result)


def _refuse_unknown_media(request: HttpRequest, media: str) -> None:
    if not media:
        sent = request.header(b"content-type")[:80]
        raise UnsupportedInput(f"Content-Type {sent!r} isn't understood; send {PROTOBUF} or {JSON}")


def _accepted(signal: str, checked: CheckedRequest, media: str, result: AppendResult) -> Answer:
    headers = [(b"idempotency-replayed", b"true")] if result is AppendResult.REPEATED else []
    body = export_answer(signal, checked.rejected, checked.reason, media == JSON)
    return Answer(200, body, media, headers)


async def _live(receive: Receive, send: Send) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return
