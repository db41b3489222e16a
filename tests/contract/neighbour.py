"""Another client, who sends good spans all the while and wants every one of them stored."""

import itertools
import os
import threading
import time
from collections import Counter
from types import TracebackType
from typing import Self

import grpc
import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.contract.compared import each_span
from tests.receive.grpc_calls import METHODS
from tests.server_process import PROTOBUF, ServerProcess

SPANS_PER_REQUEST = 20
PAUSE_S = 0.01
TIMEOUT_S = 60.0


class Neighbour:
    """Sends by gRPC and HTTP in turn, inside its `with` block; every request must be acknowledged in full."""

    def __init__(self, server: ServerProcess) -> None:
        self._server = server
        self._trace_ids: list[bytes] = []
        self._span_ids: set[bytes] = set()
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._failure: Exception | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving.set()
        self._thread.join(TIMEOUT_S)

    def assert_unharmed(self) -> None:
        """Everything was acknowledged, and each span is stored exactly once."""
        assert self._failure is None, f"the neighbour was refused: {self._failure!r}"
        assert len(self._trace_ids) >= 2, "the neighbour sent too little to tell"
        self._server.wait_loaded()
        stored: Counter[bytes] = Counter()
        for trace_id in self._trace_ids:
            stored.update(span.span_id for span in each_span(self._server.trace(trace_id)))
        assert stored == Counter(dict.fromkeys(self._span_ids, 1))

    def _run(self) -> None:
        try:
            url = f"http://{self._server.otlp_http}/v1/traces"
            with httpx.Client(timeout=TIMEOUT_S) as client, grpc.insecure_channel(self._server.otlp_grpc) as channel:
                export = channel.unary_unary(METHODS["traces"], None, None)
                for turn in itertools.count():
                    request = self._make_request()
                    if turn % 2:
                        answer = client.post(url, content=request, headers=PROTOBUF)
                        assert (answer.status_code, answer.content) == (200, b""), answer.text
                    else:
                        assert export(request, timeout=TIMEOUT_S) == b""
                    if self._leaving.wait(PAUSE_S) and turn:
                        return
        except Exception as failure:  # noqa: BLE001  # told to the test when it asks
            self._failure = failure

    def _make_request(self) -> bytes:
        request = ExportTraceServiceRequest()
        resource_spans = request.resource_spans.add()
        resource_spans.resource.attributes.add(key="service.name").value.string_value = "neighbour"
        spans = resource_spans.scope_spans.add().spans
        trace_id, now_ns = os.urandom(16), time.time_ns()
        for number in range(SPANS_PER_REQUEST):
            span = spans.add(trace_id=trace_id, span_id=os.urandom(8), name=f"step {number}")
            span.start_time_unix_nano = span.end_time_unix_nano = now_ns
        self._trace_ids.append(trace_id)
        self._span_ids |= {span.span_id for span in spans}
        return request.SerializeToString()
