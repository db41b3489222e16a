"""Send requests at a chosen rate by OTLP/gRPC or OTLP/HTTP, with several in flight, as exporters do."""

import http.client
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import grpc

from bench.spans import SPANS_PER_REQUEST, RequestTemplate

_EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
Send = Callable[[bytes], bool]


@dataclass(slots=True)
class LoadReport:
    """What a load came to; `refused` are requests that were told to come back (they aren't sent again)."""

    accepted_requests: int = 0
    refused_requests: int = 0
    seconds: float = 0.0
    trace_id_prefixes: list[bytes] = field(default_factory=list)

    @property
    def accepted_spans(self) -> int:
        return self.accepted_requests * SPANS_PER_REQUEST

    @property
    def spans_per_s(self) -> float:
        return self.accepted_spans / self.seconds


def grpc_sender(address: str, method: str = _EXPORT) -> Send:
    """Sends one request over a channel of its own; False when refused."""
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_send_message_length", -1)]
    channel = grpc.insecure_channel(address, options)
    export = channel.unary_unary(method, request_serializer=None, response_deserializer=None)

    def send(body: bytes) -> bool:
        try:
            export(body, timeout=30)
        except grpc.RpcError:
            return False
        return True

    return send


def http_sender(address: str, path: str = "/v1/traces", media: str = "application/x-protobuf") -> Send:
    """Sends one request over a kept connection; False when refused."""
    host, port = address.rsplit(":", 1)
    connection = http.client.HTTPConnection(host, int(port), timeout=30)

    def send(body: bytes) -> bool:
        connection.request("POST", path, body, {"Content-Type": media})
        answer = connection.getresponse()
        answer.read()
        return answer.status < 300

    return send


def run_load(
    make_sender: Callable[[], Send],
    templates: list[RequestTemplate],
    spans_per_s: float | None,
    seconds: float,
    connections: int = 8,
) -> LoadReport:
    """Send for `seconds` at `spans_per_s` in all (None: as fast as answers come), over several connections."""
    report = LoadReport()
    lock = threading.Lock()
    turns: queue.SimpleQueue[float] = queue.SimpleQueue()
    began_s = time.monotonic()
    interval_s = 0.0 if spans_per_s is None else SPANS_PER_REQUEST / spans_per_s
    turns.put(began_s)

    def work(number: int) -> None:
        send = make_sender()
        for turn in range(number, 1 << 60, connections):
            due_s = turns.get()
            turns.put(max(due_s + interval_s, time.monotonic() - 0.1 if interval_s else 0.0))
            if due_s - began_s >= seconds or time.monotonic() - began_s >= seconds:
                return
            time.sleep(max(0.0, due_s - time.monotonic()))
            body, prefix = templates[turn % len(templates)].fresh()
            accepted = send(body)
            with lock:
                if accepted:
                    report.accepted_requests += 1
                    report.trace_id_prefixes.append(prefix)
                else:
                    report.refused_requests += 1

    workers = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(connections)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    report.seconds = time.monotonic() - began_s
    return report
