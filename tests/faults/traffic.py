"""Clients that send while something goes wrong, and what must be true afterwards."""

import http.client
import itertools
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Self

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.receive.grpc_calls import METHODS
from tests.server_process import PROTOBUF, ServerProcess

SPANS_PER_REQUEST = 20
SERVICE = "faults"
TIMEOUT_S = 60.0
PAUSE_S = 0.005
GLANCE_S = 0.05


def make_request(spans: int = SPANS_PER_REQUEST, filler: int = 0) -> tuple[bytes, set[bytes]]:
    """A request of one trace with fresh ids, and the ids of its spans; `filler`: bytes of text more on each span."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.add(key="service.name").value.string_value = SERVICE
    trace_id, now_ns = os.urandom(16), time.time_ns()
    scope = group.scope_spans.add()
    for number in range(spans):
        span = scope.spans.add(trace_id=trace_id, span_id=os.urandom(8), name=f"step-{number}")
        span.start_time_unix_nano = span.end_time_unix_nano = now_ns
        if filler:
            span.attributes.add(key="filler").value.string_value = os.urandom(filler // 2).hex()
    return request.SerializeToString(), {span.span_id for span in scope.spans}


class Traffic:
    """Two clients, one by HTTP and one by gRPC, that send inside the `with` block and note what they were told."""

    def __init__(self, server: ServerProcess, spans: int = SPANS_PER_REQUEST, filler: int = 0) -> None:
        self.sent: set[bytes] = set()
        self.acknowledged: set[bytes] = set()
        self.answers: Counter[str] = Counter()
        self.slowest_s = 0.0
        self._server = server
        self._shape = (spans, filler)
        self._leaving = threading.Event()
        self._changed = threading.Condition()
        self._threads = [threading.Thread(target=each, daemon=True) for each in (self._send_http, self._send_grpc)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()

    def leave(self) -> None:
        """Send no more, and return when the last answers are there."""
        self._leaving.set()
        for thread in self._threads:
            thread.join(TIMEOUT_S)

    def wait_for(self, *answers: str, more: int = 5) -> None:
        """Return when each of these answers came `more` times more than by now."""
        with self._changed:
            goals = {answer: self.answers[answer] + more for answer in answers}
            assert self._changed.wait_for(
                lambda: all(self.answers[answer] >= goal for answer, goal in goals.items()), TIMEOUT_S
            ), f"waited for {goals}, got {self.answers}; the server said:\n{''.join(self._server.stderr[-20:])}"

    def _send_http(self) -> None:
        self._send_until_left(lambda body: _post(self._server.otlp_http, body))

    def _send_grpc(self) -> None:
        with grpc.insecure_channel(self._server.otlp_grpc, options=[("grpc.enable_retries", 0)]) as channel:
            export = channel.unary_unary(METHODS["traces"], None, None)
            self._send_until_left(lambda body: _call(export, body))

    def _send_until_left(self, send: Callable[[bytes], str]) -> None:
        for _ in itertools.takewhile(lambda _: not self._leaving.wait(PAUSE_S), itertools.count()):
            body, span_ids = make_request(*self._shape)
            self.sent |= span_ids
            began_s = time.monotonic()
            answer = send(body)
            with self._changed:
                self.slowest_s = max(self.slowest_s, time.monotonic() - began_s)
                self.answers[answer] += 1
                if answer in ("200", "OK"):
                    self.acknowledged |= span_ids
                self._changed.notify_all()


def _post(address: str, body: bytes) -> str:
    connection = http.client.HTTPConnection(address, timeout=TIMEOUT_S)
    try:
        connection.request("POST", "/v1/traces", body, PROTOBUF)
        answer = connection.getresponse()
        answer.read()
        assert answer.status != 429 or answer.headers["retry-after"], "told to go away, and not when to come back"
        return str(answer.status)
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()


def _call(export: Callable[..., bytes], body: bytes) -> str:
    try:
        export(body, timeout=TIMEOUT_S)
    except grpc.RpcError as error:
        return str(error.code().name)
    return "OK"


def stored_span_ids(server: ServerProcess) -> Counter[bytes]:
    """The ids of all spans that the clients' service has in the store, counted."""
    found: Counter[bytes] = Counter()
    for data in server.export(service=SERVICE):
        found.update(
            span.span_id for group in data.resource_spans for scope in group.scope_spans for span in scope.spans
        )
    return found


def assert_exactly_once(server: ServerProcess, acknowledged: set[bytes], sent: set[bytes]) -> None:
    """Each acknowledged span is found once, and none that nobody sent; what was sent without answer may be there."""
    server.wait_loaded()
    stored = stored_span_ids(server)
    assert acknowledged, "nothing was acknowledged, so that nothing is shown"
    assert not acknowledged - set(stored), f"{len(acknowledged - set(stored))} acknowledged spans are lost"
    assert not {span_id for span_id, count in stored.items() if count != 1}, "spans are doubled"
    assert not set(stored) - sent, "spans are invented"


def wait_until(holds: Callable[[], bool], why: str) -> None:
    """Return when it holds; there is no event to wait for in another process."""
    deadline_s = time.monotonic() + TIMEOUT_S
    while not holds():
        assert time.monotonic() < deadline_s, why
        time.sleep(GLANCE_S)
