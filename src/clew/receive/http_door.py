"""A door over HTTP: a body in some format, translated to OTLP, checked, and answered when the journal has synced it.

What differs from one family of clients to the next (paths, formats, answers) is a dialect; the way of a body is the
same for all.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from clew.authenticate.strangers import Strangers
from clew.errors import ForeignPage, InputTooLarge, JournalClosed, JournalError, Unauthenticated
from clew.journal.record import AppendResult
from clew.receive.admission import Caller
from clew.receive.counters import reason_of
from clew.receive.entrance import Entrance
from clew.receive.http_answer import Answer, Cors, send_answer
from clew.receive.http_request import HttpRequest, Receive, Scope, Send
from clew.receive.inflate import inflate
from clew.receive.intake import Hold, append_checked, record_key, stream_name
from clew.wire.otlp_check import CheckedRequest

_LOG = logging.getLogger(__name__)
_INLINE_TEXT_BYTES = 16 * 1024  # converting JSON costs ten times as much as checking protobuf


@dataclass(frozen=True, slots=True)
class BodyForm:
    """How a body is written. `to_otlp` translates it (None: it is OTLP) and raises InputRefused when it can't.

    `is_costly`: the translation takes far more time and memory than the check, as for JSON read by Python. `quick`
    translates most bodies at no great cost, and says None to the others.
    """

    to_otlp: Callable[[bytes], bytes] | None = None
    is_costly: bool = False
    quick: Callable[[bytes], bytes | None] | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """A request that is durable: what the check left of it, and whether it had been stored before."""

    signal: str
    checked: CheckedRequest
    result: AppendResult


class HttpDialect(Protocol):
    """What a family of clients sends, and what it wants to hear."""

    @property
    def protocol(self) -> str:
        """The name in metrics."""

    @property
    def signals(self) -> Mapping[str, str]:
        """What is sent to each path: `traces`, `logs` or `metrics`."""

    def other(self, request: HttpRequest) -> Answer:
        """The answer to all but a POST to one of the paths."""

    def form(self, request: HttpRequest, signal: str) -> BodyForm:
        """How the body is written, by the headers. MAY raise UnsupportedInput."""

    def accepted(self, request: HttpRequest, stored: Stored) -> Answer:
        """The answer when all is durable."""

    def refused(self, request: HttpRequest, error: Exception) -> Answer:
        """The answer when nothing was stored; MUST have one for any error."""


class HttpDoor:
    """An ASGI application; raw, because a framework would cost more than all the rest of an export."""

    def __init__(self, dialect: HttpDialect, entrance: Entrance) -> None:
        self._dialect = dialect
        self._entrance = entrance
        self._settings = entrance.settings
        self._counters = entrance.counters
        self._cors = Cors(entrance.settings)
        self._strangers = Strangers()

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
        signal = self._dialect.signals.get(request.path)
        if signal is not None and request.method == "OPTIONS":
            return self._cors.preflight(request)
        if signal is None or request.method != "POST":
            return self._dialect.other(request)
        return await self._export(request, signal)

    async def _export(self, request: HttpRequest, signal: str) -> Answer:
        caller = None
        try:
            self._refuse_foreign_page(request)
            caller = self._entrance.admission.admit(request.headers)
            form = self._dialect.form(request, signal)
            stream = stream_name(signal, caller.tenant)
            key = _key(request, stream)
            with self._entrance.in_flight.hold() as hold:
                body = await request.read_body(hold)
                work = _Work(self._entrance, signal, form, caller, request.header(b"content-encoding"))
                checked = await self._check(work, body, hold)
                result = await self._store_paid(caller, stream, checked, key)
        except asyncio.CancelledError:  # the server stops, and has waited for this client long enough
            request.give_up_body()
            return self._refuse(request, signal, JournalClosed("Clew is stopping; send it again when it is back"))
        except Exception as error:  # noqa: BLE001  # whatever happened, the client gets an answer, and it is counted
            if isinstance(error, Unauthenticated):
                await self._strangers.hold()
            return self._refuse(request, signal, error, caller)
        self._count(signal, checked, result, caller)
        return self._dialect.accepted(request, Stored(signal, checked, result))

    def _refuse_foreign_page(self, request: HttpRequest) -> None:
        if not self._cors.allows(request):
            origin = request.header(b"origin")[:200]
            raise ForeignPage(
                f"pages of {origin} may not send spans; add this origin to cors_allow_origins to allow it"
            )

    def _refuse(self, request: HttpRequest, signal: str, error: Exception, caller: Caller | None = None) -> Answer:
        reason = reason_of(error)
        if caller is not None:
            caller.refused(reason)
        self._counters.refused(self._dialect.protocol, signal, reason)
        if reason == "disconnected":
            raise error
        if reason == "internal":
            _LOG.exception("an export of %s failed", signal, exc_info=error)
        return self._dialect.refused(request, error)

    def _count(self, signal: str, checked: CheckedRequest, result: AppendResult, caller: Caller) -> None:
        protocol = self._dialect.protocol
        if result is AppendResult.REPEATED:
            self._counters.repeated(protocol, signal)
            caller.refund(checked.span_count, len(checked.payload))
        else:
            self._counters.accepted(protocol, signal, checked.span_count, checked.rejected, len(checked.payload))
            caller.accepted(checked.span_count, checked.rejected, len(checked.payload))

    async def _check(self, work: "_Work", body: bytes, hold: Hold) -> CheckedRequest:
        settings = self._settings
        is_slow = work.form.is_costly and work.form.quick is None
        max_bytes = settings.max_json_bytes if is_slow else settings.max_inflated_bytes
        is_quick = not is_slow and not self._entrance.has_rules
        inline_bytes = min(settings.inline_bytes if is_quick else _INLINE_TEXT_BYTES, max_bytes)
        if len(body) <= inline_bytes:
            try:
                return work.inflate_and_check(body, hold, inline_bytes, _INLINE_TEXT_BYTES)
            except InputTooLarge:
                pass  # small on the wire and large inside, or costly: that is for a thread, and for the real limit
        check = partial(work.inflate_and_check, body, hold, max_bytes, settings.max_json_bytes)
        return await asyncio.get_running_loop().run_in_executor(self._entrance.threads, check)

    async def _store_paid(
        self, caller: Caller, stream: str, checked: CheckedRequest, key: bytes | None
    ) -> AppendResult:
        try:
            return await self._store(stream, checked, key)
        except BaseException:  # also when the server stops: the client will send it again
            caller.refund(checked.span_count, len(checked.payload))
            raise

    async def _store(self, stream: str, checked: CheckedRequest, key: bytes | None) -> AppendResult:
        loop = asyncio.get_running_loop()
        durable: asyncio.Future[AppendResult] = loop.create_future()

        def on_done(result: AppendResult | Exception) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_resolve, durable, result)

        append_checked(self._entrance.intake, stream, checked, key, on_done)
        try:
            async with asyncio.timeout(self._settings.journal_timeout_s):
                return await durable
        except TimeoutError:
            raise JournalError("the disk is too slow to say yet whether this is stored; send it again") from None


@dataclass(frozen=True, slots=True)
class _Work:
    """What is to be done with a body that is there."""

    entrance: Entrance
    signal: str
    form: BodyForm
    caller: Caller
    encoding: str

    def inflate_and_check(self, body: bytes, hold: Hold, max_bytes: int, max_costly_bytes: int) -> CheckedRequest:
        """Raises InputTooLarge beyond `max_bytes`, and beyond `max_costly_bytes` when it takes a costly translation."""
        inflated = inflate(body, self.encoding, max_bytes)
        if inflated is not body:
            hold.grow(len(inflated))
        checked = self.entrance.check(self.signal, self._translate(inflated, max_costly_bytes), self.caller.limits)
        self.caller.pay(checked)
        return checked

    def _translate(self, inflated: bytes, max_costly_bytes: int) -> bytes:
        form = self.form
        if form.to_otlp is None:
            return inflated
        translated = form.quick(inflated) if form.quick else None
        if translated is not None:
            return translated
        if not form.is_costly:
            return form.to_otlp(inflated)
        if len(inflated) > max_costly_bytes:
            raise InputTooLarge(f"such a body may have {max_costly_bytes} bytes; send smaller batches")
        if len(inflated) <= _INLINE_TEXT_BYTES:
            return form.to_otlp(inflated)
        with self.entrance.large_texts:
            return form.to_otlp(inflated)


def _key(request: HttpRequest, stream: str) -> bytes | None:
    value = request.headers.get(b"idempotency-key")
    return None if value is None else record_key(stream, value.decode("latin-1"))


def _resolve(durable: asyncio.Future[AppendResult], result: AppendResult | Exception) -> None:
    if durable.done():
        return
    if isinstance(result, Exception):
        durable.set_exception(result)
    else:
        durable.set_result(result)


async def _live(receive: Receive, send: Send) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return
