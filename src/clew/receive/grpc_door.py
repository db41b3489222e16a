"""A door over gRPC: raw message bytes, translated to OTLP, checked, and answered when the journal has synced them.

grpcio's synchronous server with handlers on bytes takes two thirds of the CPU time of its asyncio one; a call holds a
thread from its headers until its message is durable. A unary handler would hear of a call only when its message is
there, and a call without one would hold its thread for ever; so the handlers take a stream of requests, of which there
is one, and whoever doesn't send it in time is cut off. On the wire there is no difference.

A real stream may last as long as its client, which sends a message now and then: it is cut off after a longer silence,
its messages are counted as they become durable, and a bad one harms none of the others.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent import futures
from dataclasses import dataclass
from pathlib import Path

import grpc

from clew.errors import (
    AccessRefused,
    ConfigurationError,
    ForeignPage,
    InputRefused,
    InputTooLarge,
    JournalError,
    MalformedInput,
    Overloaded,
    PermissionDenied,
    Unauthenticated,
    UnsupportedInput,
)
from clew.journal.record import AppendResult
from clew.receive.admission import Caller
from clew.receive.counters import reason_of
from clew.receive.durable import Durable
from clew.receive.entrance import Entrance
from clew.receive.http_answer import JOURNAL_RETRY_AFTER_S
from clew.receive.intake import record_key, stream_name
from clew.receive.settings import ReceiveSettings
from clew.receive.silent_calls import SilentCalls
from clew.wire.otlp_answer import status_answer
from clew.wire.otlp_check import CheckedRequest

_LOG = logging.getLogger(__name__)
_CODES: tuple[tuple[type[Exception], grpc.StatusCode], ...] = (
    (MalformedInput, grpc.StatusCode.INVALID_ARGUMENT),
    # Not RESOURCE_EXHAUSTED: some SDKs would send the same again, and it would never fit.
    (InputTooLarge, grpc.StatusCode.INVALID_ARGUMENT),
    (UnsupportedInput, grpc.StatusCode.UNIMPLEMENTED),
    (ForeignPage, grpc.StatusCode.PERMISSION_DENIED),
    (PermissionDenied, grpc.StatusCode.PERMISSION_DENIED),
    (Unauthenticated, grpc.StatusCode.UNAUTHENTICATED),
    (Overloaded, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (JournalError, grpc.StatusCode.UNAVAILABLE),
)
_NOTHING = CheckedRequest(b"", 0, 0, "")
_KEEPALIVE_MS, _KEEPALIVE_TIMEOUT_MS = 60_000, 20_000


def _nothing(_: CheckedRequest) -> bytes:
    return b""


@dataclass(frozen=True, slots=True)
class GrpcExport:
    """A method that takes spans or log records in.

    `protocol` is the name in metrics. `to_otlp` translates a message (None: it is OTLP) and raises InputRefused when it
    can't; `answer` makes the response of what the check left (of a stream: of its last message). With `is_stream` a
    call may bring any number of messages, also none, and is answered when all are durable; when some were refused, with
    the reason of the first. `translator` makes a `to_otlp` for one call, where a message leans on those before it.
    """

    service: str
    name: str
    protocol: str
    signal: str
    to_otlp: Callable[[bytes], bytes] | None = None
    answer: Callable[[CheckedRequest], bytes] = _nothing
    is_stream: bool = False
    translator: Callable[[], Callable[[bytes], bytes]] | None = None


@dataclass(frozen=True, slots=True)
class GrpcQuestion:
    """A method that stores nothing: each message (of a stream: the last one) is answered by `answer`.

    `answer` MAY raise InputRefused or another error of Clew; of a stream without messages it gets none, b"".
    `discards` is (protocol, signal) of what its messages hold, when they hold something, for metrics. It takes the same
    key as an export, for calls share the threads of a port, unless `is_for_everybody`.
    """

    service: str
    name: str
    answer: Callable[[bytes], bytes]
    is_stream: bool = False
    discards: tuple[str, str] | None = None
    is_for_everybody: bool = False


GrpcMethod = GrpcExport | GrpcQuestion


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that accepts calls; `address` is `host:port` with the real port."""

    address: str
    server: grpc.Server

    def stop(self, grace_s: float) -> None:
        """Refuse new calls, give those under way `grace_s` seconds, and return when all have ended."""
        self.server.stop(grace_s).wait()


def start_grpc(
    host: str,
    port: int,
    methods: Sequence[GrpcMethod],
    entrance: Entrance,
    socket_path: Path | None = None,
    *,
    credentials: grpc.ServerCredentials | None = None,
) -> RunningServer:
    """Listen (port 0: on a free one; on a Unix socket as well); with credentials, the port speaks TLS.

    Raises ConfigurationError when that can't be had.
    """
    settings = entrance.settings
    threads = futures.ThreadPoolExecutor(settings.grpc_threads, thread_name_prefix="clew-grpc")
    options = _options(settings, has_streams=any(method.is_stream for method in methods))
    server = grpc.server(threads, options=options, maximum_concurrent_rpcs=settings.grpc_max_concurrent_rpcs)
    unary, streams = SilentCalls(settings.grpc_message_timeout_s), SilentCalls(settings.grpc_stream_silence_s)
    server.add_generic_rpc_handlers(
        [_handler(method, entrance, streams if method.is_stream else unary) for method in methods]
    )
    bracketed = f"[{host}]" if ":" in host else host
    wanted = f"{bracketed}:{port}"
    try:
        bound = server.add_insecure_port(wanted) if credentials is None else server.add_secure_port(wanted, credentials)
        if socket_path is not None:
            server.add_insecure_port(f"unix:{socket_path}")
    except RuntimeError as error:
        raise ConfigurationError(f"can't listen for gRPC on {wanted}; choose another port: {error}") from error
    server.start()
    return RunningServer(f"{bracketed}:{bound}", server)


def _options(settings: ReceiveSettings, has_streams: bool) -> Sequence[tuple[str, int]]:
    if has_streams:  # the end of a connection would break them off, with what is under way: ask it for life instead
        lasting = (("grpc.keepalive_time_ms", _KEEPALIVE_MS), ("grpc.keepalive_timeout_ms", _KEEPALIVE_TIMEOUT_MS))
    else:
        lasting = (
            ("grpc.max_connection_age_ms", int(settings.grpc_max_connection_age_s * 1000)),
            ("grpc.max_connection_age_grace_ms", int(settings.grpc_connection_grace_s * 1000)),
        )
    return (
        *lasting,
        ("grpc.max_receive_message_length", settings.max_inflated_bytes),
        ("grpc.so_reuseport", 0),  # else a second Clew would quietly take half of the calls
        ("grpc.max_connection_idle_ms", int(settings.grpc_max_connection_idle_s * 1000)),
        ("grpc.server_handshake_timeout_ms", int(settings.grpc_message_timeout_s * 1000)),
        ("grpc.max_concurrent_streams", settings.grpc_max_connection_rpcs),
    )


def _handler(
    method: GrpcMethod, entrance: Entrance, silent_calls: SilentCalls
) -> "grpc.GenericRpcHandler[bytes, bytes]":
    def handle(requests: Iterator[bytes], context: grpc.ServicerContext) -> bytes:
        return _Call(method, entrance, silent_calls, context).run(requests)

    handler = grpc.stream_unary_rpc_method_handler(handle)
    return grpc.method_handlers_generic_handler(method.service, {method.name: handler})


class _Call:
    """One call, on a thread of its own."""

    def __init__(
        self, method: GrpcMethod, entrance: Entrance, silent_calls: SilentCalls, context: grpc.ServicerContext
    ) -> None:
        self._method = method
        self._entrance = entrance
        self._silent_calls = silent_calls
        self._context = context
        self._caller: Caller | None = None

    def run(self, requests: Iterator[bytes]) -> bytes:
        method = self._method
        try:
            if isinstance(method, GrpcQuestion):
                return self._question(method, requests)
            return self._export(method, requests)
        except grpc.RpcError:  # its client is gone, or Clew stops: nobody hears an answer
            if isinstance(method, GrpcExport):
                self._entrance.counters.refused(method.protocol, method.signal, "disconnected")
            return b""
        except Exception as error:  # noqa: BLE001  # whatever happened, the client gets an answer, and it is counted
            if isinstance(method, GrpcExport):
                self._entrance.counters.refused(method.protocol, method.signal, reason_of(error))
                if self._caller is not None:
                    self._caller.refused(reason_of(error))
            _refuse(self._context, error)
            return b""

    def _question(self, method: GrpcQuestion, requests: Iterator[bytes]) -> bytes:
        if not method.is_for_everybody:
            self._entrance.admission.admit(_headers(self._context))
        answer = None
        for request in self._messages(method, requests):
            answer = method.answer(request)
            if method.discards is not None:
                self._entrance.counters.discarded(*method.discards)
        return method.answer(b"") if answer is None else answer

    def _messages(self, method: GrpcMethod, requests: Iterator[bytes]) -> Iterator[bytes]:
        """All messages of a stream, else the one that there must be; ends a call that is silent for too long.

        A stream that is cut off, or whose client is gone, ends here: what came before is as good as any.
        """
        if not method.is_stream:
            request = self._next(requests)
            if request is None:
                raise MalformedInput("the call has no message; send one request in it")
            yield request
            return
        while True:
            try:
                request = self._next(requests)
            except (grpc.RpcError, TimeoutError):
                return
            if request is None:
                return
            yield request

    def _next(self, requests: Iterator[bytes]) -> bytes | None:
        number = self._silent_calls.begin(self._context.cancel)
        try:
            return next(requests, None)
        finally:
            if not self._silent_calls.end(number):
                raise TimeoutError("the call sent no message in time")

    def _export(self, method: GrpcExport, requests: Iterator[bytes]) -> bytes:
        headers = _headers(self._context)
        caller = self._caller = self._entrance.admission.admit(headers)
        stream = stream_name(method.signal, caller.tenant)
        key = headers.get(b"idempotency-key")
        record = None if key is None else record_key(stream, key.decode("latin-1"))
        to_otlp = method.to_otlp if method.translator is None else method.translator()
        durable = Durable(self._entrance, stream)
        call = _Export(self._entrance, method, caller, to_otlp, durable)
        try:
            for request in self._messages(method, requests):
                if call.seen:  # a key may have been revoked since, and a stream lasts for days
                    call.caller = self._caller = self._entrance.admission.admit(headers)
                call.take(request, record)
                record = None
            result = durable.wait()
        except Exception:
            if durable.messages:
                call.count(AppendResult.STORED)
            call.caller.refund(*durable.under_way())
            raise
        finally:
            durable.give_up()
        if call.count(result):
            self._context.set_trailing_metadata((("idempotency-replayed", "true"),))
        call.raise_refused()
        return method.answer(call.last)


@dataclass(slots=True)
class _Export:
    """The messages of one call on their way: what they are for, and what became of them."""

    entrance: Entrance
    method: GrpcExport
    caller: Caller
    to_otlp: Callable[[bytes], bytes] | None
    durable: Durable
    last: CheckedRequest = _NOTHING
    seen: int = 0
    refused: int = 0
    first_refusal: InputRefused | None = None

    def take(self, request: bytes, key: bytes | None) -> None:
        """Queue a message. Raises when it is bad, unless others may be good."""
        self.seen += 1
        try:
            self.last = self._queue(request, key)
        except InputRefused as error:
            if not self.method.is_stream:
                raise
            self._refuse(error)
        if self.method.is_stream:
            self.durable.look()
            if self.durable.messages:
                self.count(AppendResult.STORED)

    def _queue(self, request: bytes, key: bytes | None) -> CheckedRequest:
        self.durable.hold(len(request))
        translated = request if self.to_otlp is None else self.to_otlp(request)
        checked = self.entrance.check(self.method.signal, translated, self.caller.limits)
        self.caller.pay(checked)
        try:
            self.durable.append(checked, key)
        except Exception:
            self.caller.refund(checked.span_count, len(checked.payload))
            raise
        return checked

    def _refuse(self, error: InputRefused) -> None:
        self.refused += 1
        if self.first_refusal is None:
            self.first_refusal = error  # counted with the call, which ends with it
        else:
            self.entrance.counters.refused(self.method.protocol, self.method.signal, reason_of(error))

    def count(self, result: AppendResult) -> bool:
        """Count what is durable and isn't counted yet; True when it had been stored before."""
        counters, durable = self.entrance.counters, self.durable
        if result is AppendResult.REPEATED:
            counters.repeated(self.method.protocol, self.method.signal)
            self.caller.refund(durable.records, durable.payload_bytes)
            return True
        if durable.messages or not self.seen:
            counts = durable.records, durable.rejected, durable.payload_bytes
            counters.accepted(self.method.protocol, self.method.signal, *counts)
            self.caller.accepted(*counts)
            durable.forget_counts()
        return False

    def raise_refused(self) -> None:
        """Raises the first refusal of a stream, with the number of all."""
        if self.first_refusal is not None:
            kept = "" if self.refused == self.seen else "; the others are stored"
            message = f"{self.refused} of {self.seen} messages refused{kept}: {self.first_refusal}"
            raise type(self.first_refusal)(message) from self.first_refusal


def _headers(context: grpc.ServicerContext) -> Mapping[bytes, bytes]:
    headers: dict[bytes, bytes] = {}
    for name, value in context.invocation_metadata() or ():
        text = value.encode("latin-1") if isinstance(value, str) else value
        key = name.encode("latin-1")
        headers[key] = headers[key] + b", " + text if key in headers else text
    return headers


def _refuse(context: grpc.ServicerContext, error: Exception) -> None:
    code = next((code for kind, code in _CODES if isinstance(error, kind)), None)
    message = str(error)
    if isinstance(error, TimeoutError):
        code = grpc.StatusCode.DEADLINE_EXCEEDED
    if code is None:
        _LOG.exception("an export failed", exc_info=error)
        code = grpc.StatusCode.UNAVAILABLE  # not INTERNAL: a client would throw its spans away
        message = "an internal error; Clew's log has the reason, and the same again may do"
    status = status_answer(code.value[0], message, as_json=False, retry_after_s=_retry_after_s(error))
    context.set_code(code)
    context.set_details(message)
    context.set_trailing_metadata((("grpc-status-details-bin", status),))


def _retry_after_s(error: Exception) -> float | None:
    if isinstance(error, InputRefused | AccessRefused | TimeoutError):
        return None
    return error.retry_after_s if isinstance(error, Overloaded) else JOURNAL_RETRY_AFTER_S
