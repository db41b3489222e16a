"""A small OTLP backend on loopback that keeps what it is sent, for the tests to look at."""

import contextlib
import gzip
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

import grpc
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

Value = str | int | float | bool | list[str]


def value_of(value: AnyValue) -> Value:
    """The Python value of an attribute; arrays are of strings here."""
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [element.string_value for element in value.array_value.values]
    found: Value = getattr(value, kind) if kind else ""
    return found


def attributes_of(pairs: Iterator[KeyValue]) -> dict[str, Value]:
    """Attributes as a dictionary."""
    return {pair.key: value_of(pair.value) for pair in pairs}


@dataclass(frozen=True)
class Seen:
    """A span with the service that sent it and the way it came, `grpc` or `http`."""

    service: str
    span: Span
    resource: dict[str, Value]
    transport: str

    @property
    def name(self) -> str:
        return self.span.name

    @property
    def attributes(self) -> dict[str, Value]:
        return attributes_of(iter(self.span.attributes))

    @property
    def failed(self) -> bool:
        return self.span.status.code == Status.STATUS_CODE_ERROR

    @property
    def duration_ns(self) -> int:
        return self.span.end_time_unix_nano - self.span.start_time_unix_nano

    @property
    def exceptions(self) -> list[dict[str, Value]]:
        """The attributes of its exception events."""
        return [attributes_of(iter(event.attributes)) for event in self.span.events if event.name == "exception"]


Trace = list[Seen]


class Collector:
    """Takes OTLP over gRPC and HTTP; `await_trace` and `await_spans` wait for what a test needs."""

    def __init__(self) -> None:
        self._traces: dict[bytes, Trace] = {}
        self.logs: list[tuple[str, LogRecord]] = []
        self._changed = threading.Condition()
        self._grpc = grpc.server(ThreadPoolExecutor(4))
        self._grpc.add_generic_rpc_handlers(tuple(_grpc_handlers(self.take_spans, self.take_logs)))
        self.otlp_grpc = f"127.0.0.1:{self._grpc.add_insecure_port('127.0.0.1:0')}"
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _http_handler(self.take_spans, self.take_logs))
        self._http.daemon_threads = True
        self.otlp_http = f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        self._grpc.start()
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._grpc.stop(0)
        self._http.shutdown()
        self._http.server_close()

    def take_spans(self, data: bytes, transport: str) -> bytes:
        """Keep the spans of a request."""
        request = ExportTraceServiceRequest.FromString(data)
        with self._changed:
            for batch in request.resource_spans:
                resource = attributes_of(iter(batch.resource.attributes))
                for scope in batch.scope_spans:
                    for span in scope.spans:
                        seen = Seen(str(resource["service.name"]), span, resource, transport)
                        self._traces.setdefault(span.trace_id, []).append(seen)
            self._changed.notify_all()
        return ExportTraceServiceResponse().SerializeToString()

    def take_logs(self, data: bytes, transport: str) -> bytes:
        """Keep the log records of a request."""
        request = ExportLogsServiceRequest.FromString(data)
        with self._changed:
            for batch in request.resource_logs:
                service = str(attributes_of(iter(batch.resource.attributes))["service.name"])
                self.logs += [(service, record) for scope in batch.scope_logs for record in scope.log_records]
            self._changed.notify_all()
        return ExportLogsServiceResponse().SerializeToString()

    def spans(self) -> list[Seen]:
        """Everything so far."""
        with self._changed:
            return [seen for trace in self._traces.values() for seen in trace]

    def await_trace(self, wanted: Callable[[Trace], bool], timeout_s: float = 30.0) -> Trace:
        """The first trace that is as wanted; fails when there is none in time."""

        def found() -> Trace | None:
            return next((trace for trace in self._traces.values() if wanted(trace)), None)

        with self._changed:
            trace = self._changed.wait_for(found, timeout_s)
            assert trace is not None, f"no such trace among {len(self._traces)} within {timeout_s} s"
            return list(trace)

    def await_span(self, wanted: Callable[[Seen], bool], timeout_s: float = 30.0) -> Seen:
        """The first span that is as wanted; fails when there is none in time."""
        trace = self.await_trace(lambda trace: any(map(wanted, trace)), timeout_s)
        return next(filter(wanted, trace))

    def await_log(self, wanted: Callable[[str, LogRecord], bool], timeout_s: float = 30.0) -> LogRecord:
        """The first log record that is as wanted; fails when there is none in time."""

        def found() -> LogRecord | None:
            return next((record for service, record in self.logs if wanted(service, record)), None)

        with self._changed:
            record = self._changed.wait_for(found, timeout_s)
            assert record is not None, f"no such log record among {len(self.logs)} within {timeout_s} s"
            return record


Take = Callable[[bytes, str], bytes]


def _grpc_handlers(take_spans: Take, take_logs: Take) -> Iterator["grpc.GenericRpcHandler[bytes, bytes]"]:
    for signal, take in (("trace", take_spans), ("logs", take_logs)):
        service = f"opentelemetry.proto.collector.{signal}.v1.{signal.capitalize()}Service"
        handler = grpc.unary_unary_rpc_method_handler(lambda data, _context, take=take: take(data, "grpc"))
        yield grpc.method_handlers_generic_handler(service, {"Export": handler})


def _http_handler(take_spans: Take, take_logs: Take) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                data = gzip.decompress(data)
            take = {"/v1/traces": take_spans, "/v1/logs": take_logs}[self.path]
            answer = take(data, "http")
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # ending services don't wait
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is http.server's
            pass

    return Handler
