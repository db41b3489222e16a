"""OTLP over gRPC: raw request bytes to the check, an answer when the journal has synced them.

grpcio's synchronous server with handlers on bytes takes two thirds of the CPU time of its asyncio one; a call holds a
thread from its headers until its message is durable. A unary handler would hear of a call only when its message is
there, and a call without one would hold its thread for ever; so the handlers take a stream of requests, of which there
is one, and whoever doesn't send it in time is cut off. On the wire there is no difference.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
from dataclasses import dataclass
from queue import Empty, SimpleQueue

import grpc

from clew.errors import (
    ConfigurationError,
    InputRefused,
    InputTooLarge,
    JournalError,
    MalformedInput,
    Overloaded,
    UnsupportedInput,
)
from clew.journal.record import AppendResult
from clew.receive.counters import ReceiveCounters, reason_of
from clew.receive.http_answer import JOURNAL_RETRY_AFTER_S
from clew.receive.intake import (
    LOGS,
    METRICS,
    TRACES,
    InFlightBytes,
    Intake,
    append_checked,
    record_key,
    stream_name,
)
from clew.receive.settings import ReceiveSettings
from clew.receive.silent_calls import SilentCalls
from clew.wire.otlp_answer import METRICS_NOT_STORED, export_answer, status_answer
from clew.wire.otlp_check import CheckedRequest, CheckLimits, check_logs, check_traces

_LOG = logging.getLogger(__name__)
_CHECKS: dict[str, Callable[[bytes, CheckLimits], CheckedRequest]] = {TRACES: check_traces, LOGS: check_logs}
_SERVICES = {
    TRACES: "opentelemetry.proto.collector.trace.v1.TraceService",
    LOGS: "opentelemetry.proto.collector.logs.v1.LogsService",
    METRICS: "opentelemetry.proto.collector.metrics.v1.MetricsService",
}
_CODES: tuple[tuple[type[Exception], grpc.StatusCode], ...] = (
    (MalformedInput, grpc.StatusCode.INVALID_ARGUMENT),
    # Not RESOURCE_EXHAUSTED: some SDKs would send the same again, and it would never fit.
    (InputTooLarge, grpc.StatusCode.INVALID_ARGUMENT),
    (UnsupportedInput, grpc.StatusCode.UNIMPLEMENTED),
    (Overloaded, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (JournalError, grpc.StatusCode.UNAVAILABLE),
)


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that accepts calls; `address` is `host:port` with the real port."""

    address: str
    server: grpc.Server

    def stop(self, grace_s: float) -> None:
        """Refuse new calls, give those under way `grace_s` seconds, and return when all have ended."""
        self.server.stop(grace_s).wait()


def start(settings: ReceiveSettings, intake: Intake, counters: ReceiveCounters) -> RunningServer:
    """Listen for OTLP/gRPC; raises ConfigurationError when the address can't be had."""
    threads = futures.ThreadPoolExecutor(settings.grpc_threads, thread_name_prefix="clew-grpc")
    server = grpc.server(threads, options=_options(settings), maximum_concurrent_rpcs=settings.grpc_max_concurrent_rpcs)
    door = _Door(settings, intake, counters)
    server.add_generic_rpc_handlers([_handler(signal, door) for signal in _SERVICES])
    host = f"[{settings.grpc_host}]" if ":" in settings.grpc_host else settings.grpc_host
    wanted = f"{host}:{settings.grpc_port}"
    try:
        port = server.add_insecure_port(wanted)
    except RuntimeError as error:
        raise ConfigurationError(f"can't listen for OTLP/gRPC on {wanted}; choose another port: {error}") from error
    server.start()
    return RunningServer(f"{host}:{port}", server)


def _options(settings: ReceiveSettings) -> Sequence[tuple[str, int]]:
    return (
        ("grpc.max_receive_message_length", settings.max_inflated_bytes),
        ("grpc.so_reuseport", 0),  # else a second Clew would quietly take half of the calls
        ("grpc.max_connection_age_ms", int(settings.grpc_max_connection_age_s * 1000)),
        ("grpc.max_connection_age_grace_ms", int(settings.grpc_connection_grace_s * 1000)),
        ("grpc.max_connection_idle_ms", int(settings.grpc_max_connection_idle_s * 1000)),
        ("grpc.server_handshake_timeout_ms", int(settings.grpc_message_timeout_s * 1000)),
        ("grpc.max_concurrent_streams", settings.grpc_max_connection_rpcs),
    )


def _handler(signal: str, door: "_Door") -> "grpc.GenericRpcHandler[bytes, bytes]":
    def export(requests: Iterator[bytes], context: grpc.ServicerContext) -> bytes:
        request = door.receive(signal, requests, context)
        return door.export(signal, request, context)

    method = grpc.stream_unary_rpc_method_handler(export)
    return grpc.method_handlers_generic_handler(_SERVICES[signal], {"Export": method})


class _Door:
    """What all calls share."""

    def __init__(self, settings: ReceiveSettings, intake: Intake, counters: ReceiveCounters) -> None:
        self._settings = settings
        self._intake = intake
        self._counters = counters
        self._limits = CheckLimits(attributes=settings.max_attributes)
        self._silent_calls = SilentCalls(settings.grpc_message_timeout_s)
        self._in_flight = InFlightBytes(settings.max_in_flight_bytes, settings.retry_after_s)

    def receive(self, signal: str, requests: Iterator[bytes], context: grpc.ServicerContext) -> bytes | None:
        """The call's message, None when it has none; a call that sends nothing for too long ends here."""
        number = self._silent_calls.begin(context.cancel)
        try:
            return next(requests, None)
        finally:
            if not self._silent_calls.end(number):
                self._counters.refused("grpc", signal, "timeout")

    def export(self, signal: str, request: bytes | None, context: grpc.ServicerContext) -> bytes:
        try:
            if signal == METRICS:
                raise UnsupportedInput(METRICS_NOT_STORED)
            if request is None:
                raise MalformedInput("the call has no message; send one Export request in it")
            stream = stream_name(signal, self._settings.tenant)
            key = _key(stream, context)
            with self._in_flight.hold() as hold:
                hold.grow(len(request))
                checked = _CHECKS[signal](request, self._limits)
                result = self._store(stream, checked, key)
        except Exception as error:  # noqa: BLE001  # whatever happened, the client gets an answer, and it is counted
            self._counters.refused("grpc", signal, reason_of(error))
            _refuse(context, error)
            return b""
        return self._accept(signal, checked, result, context)

    def _store(self, stream: str, checked: CheckedRequest, key: bytes | None) -> AppendResult:
        done: SimpleQueue[AppendResult | Exception] = SimpleQueue()
        append_checked(self._intake, stream, checked, key, done.put)
        try:
            result = done.get(timeout=self._settings.journal_timeout_s)
        except Empty:
            raise JournalError("the disk is too slow to say yet whether this is stored; send it again") from None
        if isinstance(result, Exception):
            raise result
        return result

    def _accept(
        self, signal: str, checked: CheckedRequest, result: AppendResult, context: grpc.ServicerContext
    ) -> bytes:
        if result is AppendResult.REPEATED:
            self._counters.repeated("grpc", signal)
            context.set_trailing_metadata((("idempotency-replayed", "true"),))
        else:
            self._counters.accepted("grpc", signal, checked.span_count, checked.rejected, len(checked.payload))
        return export_answer(signal, checked.rejected, checked.reason, as_json=False)


def _key(stream: str, context: grpc.ServicerContext) -> bytes | None:
    for name, value in context.invocation_metadata() or ():
        if name == "idempotency-key":
            return record_key(stream, value if isinstance(value, str) else value.decode("latin-1"))
    return None


def _refuse(context: grpc.ServicerContext, error: Exception) -> None:
    code = next((code for kind, code in _CODES if isinstance(error, kind)), None)
    message = str(error)
    if code is None:
        _LOG.exception("an export failed", exc_info=error)
        code = grpc.StatusCode.UNAVAILABLE  # not INTERNAL: a client would throw its spans away
        message = "an internal error; Clew's log has the reason, and the same again may do"
    status = status_answer(code.value[0], message, as_json=False, retry_after_s=_retry_after_s(error))
    context.set_code(code)
    context.set_details(message)
    context.set_trailing_metadata((("grpc-status-details-bin", status),))


def _retry_after_s(error: Exception) -> float | None:
    if isinstance(error, InputRefused):
        return None
    return error.retry_after_s if isinstance(error, Overloaded) else JOURNAL_RETRY_AFTER_S
