"""gRPC between the services, without generated code: generic handlers whose messages are JSON."""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from opentelemetry import trace
from opentelemetry.instrumentation.grpc import client_interceptor, server_interceptor
from opentelemetry.instrumentation.grpc.grpcext import intercept_channel

from clew.demo.service import latency_s
from clew.demo.settings import Peers

Payload = Mapping[str, Any]
Method = Callable[[Payload], Payload]

THREADS = 8
MAX_ATTEMPTS = 3
BACKOFF_MEDIAN_MS = 60
RETRYABLE = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED})
_STATUS_OF: tuple[tuple[type[Exception], grpc.StatusCode], ...] = (
    (LookupError, grpc.StatusCode.NOT_FOUND),
    (ValueError, grpc.StatusCode.FAILED_PRECONDITION),
    (TimeoutError, grpc.StatusCode.UNAVAILABLE),
    (ConnectionError, grpc.StatusCode.UNAVAILABLE),
)
_EXCEPTION_OF: Mapping[grpc.StatusCode, type[Exception]] = {
    grpc.StatusCode.NOT_FOUND: LookupError,
    grpc.StatusCode.FAILED_PRECONDITION: ValueError,
    grpc.StatusCode.DEADLINE_EXCEEDED: TimeoutError,
}
_log = logging.getLogger(__name__)


def _encode(payload: Payload) -> bytes:
    return json.dumps(payload).encode()


def _decode(data: bytes) -> Payload:
    payload: Payload = json.loads(data)
    return payload


def status_of(error: Exception) -> grpc.StatusCode:
    """The gRPC status that tells a caller about an exception of a method."""
    return next((status for kind, status in _STATUS_OF if isinstance(error, kind)), grpc.StatusCode.INTERNAL)


class RpcService:
    """A service that answers the methods of one gRPC service, by name; `status_of` tells what they may raise."""

    def __init__(self, name: str, methods: Mapping[str, Method]) -> None:
        handlers = {method: _handler(work) for method, work in methods.items()}
        self._server = grpc.server(
            ThreadPoolExecutor(THREADS, thread_name_prefix="rpc"),
            interceptors=[server_interceptor()],  # type: ignore[no-untyped-call]  # partly typed
            options=[("grpc.so_reuseport", 0)],
        )
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, handlers),))

    def bind(self) -> int:
        port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()
        return port

    def serve(self, peers: Peers, stop: threading.Event) -> None:
        stop.wait()
        self._server.stop(grace=0.5).wait(1.0)


def _handler(work: Method) -> "grpc.RpcMethodHandler[Payload, Payload]":
    def call(request: Payload, context: grpc.ServicerContext) -> Payload:
        try:
            return work(request)
        except Exception as error:  # noqa: BLE001  # whatever went wrong, the caller gets a status
            return _refuse(error, context)

    return grpc.unary_unary_rpc_method_handler(call, request_deserializer=_decode, response_serializer=_encode)


def _refuse(error: Exception, context: grpc.ServicerContext) -> Payload:
    trace.get_current_span().record_exception(error)
    status = status_of(error)
    _log.log(logging.ERROR if status is grpc.StatusCode.INTERNAL else logging.WARNING, "%s: %s", status.name, error)
    # abort() would raise a bare Exception, which the instrumentation would record as a second one.
    context.set_code(status)
    context.set_details(f"{type(error).__name__}: {error}")
    return {}


class RpcClient:
    """Calls of one gRPC service; safe to share among threads."""

    def __init__(self, address: str, service: str) -> None:
        channel = grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)])
        self.close = channel.close
        self._channel = intercept_channel(channel, client_interceptor())  # type: ignore[no-untyped-call]  # partly typed
        self._service = service

    def call(self, method: str, request: Payload, timeout_s: float = 2.0) -> Payload:
        """The answer; what may be tried again is, MAX_ATTEMPTS in all.

        Raises LookupError, ValueError, TimeoutError or ConnectionError, by the status of the last attempt.
        """
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                return self._call_once(method, request, timeout_s)
            except grpc.RpcError as error:
                if attempt == MAX_ATTEMPTS or error.code() not in RETRYABLE:
                    raise _translated(f"{self._service}/{method}", error) from error
                _back_off(method, attempt, error)
        raise AssertionError("the last attempt returns or raises")

    def _call_once(self, method: str, request: Payload, timeout_s: float) -> Payload:
        path = f"/{self._service}/{method}"
        stub = self._channel.unary_unary(path, request_serializer=_encode, response_deserializer=_decode)
        answer: Payload = stub(request, timeout=timeout_s)
        return answer


def _translated(path: str, error: grpc.RpcError) -> Exception:
    kind = _EXCEPTION_OF.get(error.code(), ConnectionError)
    return kind(f"{path} answered {error.code().name}: {error.details()}")


def _back_off(method: str, attempt: int, error: grpc.RpcError) -> None:
    pause_s = latency_s(BACKOFF_MEDIAN_MS * 2 ** (attempt - 1))
    details: dict[str, str | int] = {
        "retry.attempt": attempt,
        "retry.reason": error.code().name,
        "retry.backoff_ms": round(pause_s * 1000),
    }
    trace.get_current_span().add_event(f"retry {method}", details)
    _log.warning("%s failed with %s, attempt %d follows", method, error.code().name, attempt + 1)
    time.sleep(pause_s)
