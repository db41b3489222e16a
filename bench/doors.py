"""What each door takes in on one core: a row per door, with one server that has them all.

python -m bench.doors [--seconds 15] [--udp-rate 60000]

Each door gets the same spans in its own format for so many seconds, as fast as it answers; what a span costs is the
server's CPU time until all of it can be searched, so it holds translation, check, journal, load and the merges that
began meanwhile. Nobody answers over UDP: there the rate is given, and the row tells what was lost.
"""

import argparse
import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.figures import print_table
from bench.foreign_requests import (
    ForeignTemplate,
    jaeger_batches,
    jaeger_binary_datagrams,
    jaeger_compact_datagrams,
    jaeger_post_spans,
    zipkin_json,
    zipkin_protobuf,
    zipkin_thrift,
)
from bench.ingest_cores import GENERATOR_CORE, SERVER_CORE
from bench.load import Send, grpc_sender, http_sender
from bench.server import BenchServer, running_server
from bench.skywalking_requests import skywalking_json, skywalking_protobuf
from bench.spans import SPANS_PER_REQUEST, RequestTemplate, build_templates

_TEMPLATES = 16
_CONNECTIONS = 64
_WARM_UP_S = 4.0


@dataclass(frozen=True, slots=True)
class _Door:
    """One way in: `connect` gives a sender on a connection of its own."""

    title: str
    address: str
    requests: Callable[[RequestTemplate], Iterator[ForeignTemplate]]
    connect: Callable[[str], Send]
    is_udp: bool = False


def main() -> None:
    """Print a row per door."""
    parser = argparse.ArgumentParser(description="What each door of Clew takes in on one core.")
    parser.add_argument("--seconds", type=float, default=15.0, help="how long each door is sent to")
    parser.add_argument("--udp-rate", type=int, default=60_000, help="spans/s offered over UDP")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {GENERATOR_CORE})
    print_table("doors, spans/s on one core", door_rows(arguments.seconds, arguments.udp_rate))


def door_rows(seconds: float, udp_rate: int) -> list[tuple[str, str]]:
    """Rows to print, one per door."""
    templates = build_templates(_TEMPLATES)
    families = {"CLEW_DOORS": "otlp,jaeger,zipkin,skywalking"}
    with tempfile.TemporaryDirectory() as scratch, running_server(Path(scratch), {SERVER_CORE}, families) as server:
        _measure(server, _DOORS[0], templates, _WARM_UP_S, None)
        return [
            (door.title, _measure(server, door, templates, seconds, udp_rate if door.is_udp else None))
            for door in _DOORS
        ]


def _http(path: str, media: str) -> Callable[[str], Send]:
    return partial(http_sender, path=path, media=media)


def _grpc(method: str) -> Callable[[str], Send]:
    return partial(grpc_sender, method=method)


def _udp(address: str) -> Send:
    host, port = address.rsplit(":", 1)
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.connect((host, int(port)))

    def send(body: bytes) -> bool:
        return sender.send(body) == len(body)

    return send


def _otlp(template: RequestTemplate) -> Iterator[ForeignTemplate]:
    yield ForeignTemplate(template.body, SPANS_PER_REQUEST, template.id_prefix, bytes)


_DOORS = (
    _Door(
        "OTLP gRPC",
        "otlp_grpc",
        _otlp,
        _grpc("/opentelemetry.proto.collector.trace.v1.TraceService/Export"),
    ),
    _Door("OTLP HTTP, protobuf", "otlp_http", _otlp, _http("/v1/traces", "application/x-protobuf")),
    _Door("Jaeger thrift over HTTP", "jaeger_http", jaeger_batches, _http("/api/traces", "application/x-thrift")),
    _Door("Jaeger thrift compact, UDP", "jaeger_compact", jaeger_compact_datagrams, _udp, is_udp=True),
    _Door("Jaeger thrift binary, UDP", "jaeger_binary", jaeger_binary_datagrams, _udp, is_udp=True),
    _Door("Jaeger gRPC", "jaeger_grpc", jaeger_post_spans, _grpc("/jaeger.api_v2.CollectorService/PostSpans")),
    _Door("Zipkin JSON, v2", "zipkin", zipkin_json, _http("/api/v2/spans", "application/json")),
    _Door("Zipkin protobuf, v2", "zipkin", zipkin_protobuf, _http("/api/v2/spans", "application/x-protobuf")),
    _Door("Zipkin thrift, v1", "zipkin", zipkin_thrift, _http("/api/v1/spans", "application/x-thrift")),
    _Door(
        "SkyWalking gRPC",
        "skywalking_grpc",
        skywalking_protobuf,
        _grpc("/skywalking.v3.TraceSegmentReportService/collectInSync"),
    ),
    _Door("SkyWalking JSON", "skywalking_http", skywalking_json, _http("/v3/segments", "application/json")),
)


def _measure(
    server: BenchServer, door: _Door, templates: list[RequestTemplate], seconds: float, spans_per_s: int | None
) -> str:
    requests = [request for template in templates for request in door.requests(template)]
    taken, cpu_s = _taken(server), server.cpu_s()
    sent, lasted_s = _send(door, server.addresses[door.address], requests, seconds, spans_per_s)
    accepted = _taken(server) - taken
    server.wait_loaded()
    cost_us = (server.cpu_s() - cpu_s) / accepted * 1e6
    lost = f" ({1 - accepted / sent:.2%} lost)" if door.is_udp else ""
    cost = f"{cost_us:.1f} us a span until searchable, that is {1e6 / cost_us:,.0f} spans/s"
    return f"{accepted / lasted_s:,.0f} spans/s accepted{lost}; {cost}"


def _taken(server: BenchServer) -> float:
    return sum(value for name, value in server.metrics().items() if name.startswith("clew_receive_records_total"))


def _send(
    door: _Door, address: str, requests: list[ForeignTemplate], seconds: float, spans_per_s: int | None
) -> tuple[int, float]:
    sent = [0] * _CONNECTIONS
    began_s = time.monotonic()

    def work(number: int) -> None:
        send, due_s = door.connect(address), began_s
        for turn in range(number, 1 << 60, _CONNECTIONS):
            if time.monotonic() - began_s >= seconds:
                return
            request = requests[turn % len(requests)]
            if spans_per_s is not None:
                due_s += request.spans * _CONNECTIONS / spans_per_s
                time.sleep(max(0.0, due_s - time.monotonic()))
            if send(request.fresh()):
                sent[number] += request.spans

    workers = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(_CONNECTIONS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    lasted_s = time.monotonic() - began_s
    time.sleep(1.0 if door.is_udp else 0.0)  # what is in the socket is taken, and nobody says so
    return sum(sent), lasted_s


if __name__ == "__main__":
    main()
