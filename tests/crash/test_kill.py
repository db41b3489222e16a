"""Acknowledged is durable: SIGKILL at random moments under load, again and again, on one data directory."""

import os
import random
import threading
import time
from collections import Counter
from pathlib import Path

import grpc
import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.server_process import PROTOBUF, ServerProcess, running_server

KILLS = 22
SPANS_PER_REQUEST = 20
LONGEST_LIFE_S = 1.0
EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


class Sender(threading.Thread):
    """Sends requests one after the other until the server dies; remembers what was sent and what acknowledged."""

    def __init__(self, server: ServerProcess, door: str) -> None:
        super().__init__(daemon=True)
        self.sent: set[bytes] = set()
        self.acknowledged: set[bytes] = set()
        self._door = door
        self._server = server

    def run(self) -> None:
        if self._door == "http":
            with httpx.Client(timeout=10.0) as client:
                self._send_until_dead(lambda body: self._post(client, body))
        else:
            with grpc.insecure_channel(self._server.otlp_grpc) as channel:
                export = channel.unary_unary(EXPORT, request_serializer=None, response_deserializer=None)
                self._send_until_dead(lambda body: export(body, timeout=10) is not None)

    def _post(self, client: httpx.Client, body: bytes) -> bool:
        return client.post(f"http://{self._server.otlp_http}/v1/traces", content=body, headers=PROTOBUF).is_success

    def _send_until_dead(self, send) -> None:  # type: ignore[no-untyped-def]  # a local callable
        while True:
            request, span_ids = _make_request()
            self.sent |= span_ids
            try:
                if send(request):
                    self.acknowledged |= span_ids
            except (httpx.HTTPError, grpc.RpcError):
                return


def _make_request() -> tuple[bytes, set[bytes]]:
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    resource_spans.resource.attributes.add(key="service.name").value.string_value = "crash"
    spans = resource_spans.scope_spans.add().spans
    trace_id, now_ns = os.urandom(16), time.time_ns()
    for number in range(SPANS_PER_REQUEST):
        span = spans.add(trace_id=trace_id, span_id=os.urandom(8), name=f"step-{number}")
        span.start_time_unix_nano = span.end_time_unix_nano = now_ns
    return request.SerializeToString(), {span.span_id for span in spans}


def _stored_span_ids(server: ServerProcess) -> Counter[bytes]:
    found: Counter[bytes] = Counter()
    for data in server.export(service="crash"):
        found.update(
            span.span_id for outer in data.resource_spans for inner in outer.scope_spans for span in inner.spans
        )
    return found


def _summarised_spans(server: ServerProcess) -> int:
    counted: int = 0
    cursor: dict[str, str] = {}
    while True:
        page = server.get("/traces", limit=1000, service="crash", **cursor)
        counted += sum(int(summary["span_count"]) for summary in page["traces"])
        if page["next_cursor"] is None:
            return counted
        cursor = {"cursor": page["next_cursor"]}


@pytest.mark.timeout(300)
def test_every_acknowledged_span_survives_sigkill_exactly_once(tmp_path: Path) -> None:
    """After more than 20 kills under load, every acknowledged span is there once, and none that was never sent."""
    moments = random.Random(7)
    sent: set[bytes] = set()
    acknowledged: set[bytes] = set()
    for _ in range(KILLS):
        server = ServerProcess(tmp_path / "data")
        senders = [Sender(server, door) for door in ("http", "grpc", "http")]
        for sender in senders:
            sender.start()
        timer = threading.Timer(moments.uniform(0.05, LONGEST_LIFE_S), server.process.kill)
        timer.start()
        for sender in senders:
            sender.join(30)
        timer.join()
        server.kill()
        for sender in senders:
            sent |= sender.sent
            acknowledged |= sender.acknowledged
    with running_server(tmp_path / "data") as server:
        server.wait_loaded()
        stored = _stored_span_ids(server)
        summarised = _summarised_spans(server)
    assert len(acknowledged) > KILLS * SPANS_PER_REQUEST
    assert not acknowledged - set(stored), "acknowledged spans are lost"
    assert not {span_id for span_id, count in stored.items() if count != 1}, "spans are doubled"
    assert not set(stored) - sent, "spans are invented"
    assert summarised == stored.total(), "the summaries count other spans than are stored"
