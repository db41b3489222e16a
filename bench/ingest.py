"""`make bench`: generator and server on one core each; what is accepted, how soon it is found, what it costs.

python -m bench.ingest [--seconds 60] [--rates 80000,120000] [--door grpc|http]
"""

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from bench.figures import percentile, print_table
from bench.freshness import FreshnessProbe
from bench.load import LoadReport, grpc_sender, http_sender, run_load
from bench.server import BenchServer, running_server
from bench.spans import SPANS_PER_REQUEST, RequestTemplate, build_templates

SERVER_CORE, GENERATOR_CORE = 0, 1
_TEMPLATES = 64
_QUERIES = 100
_WARM_UP_S = 5.0


def main() -> None:
    """Print the figures of one door: each rate in turn, then queries on all that was stored."""
    arguments = _arguments()
    os.sched_setaffinity(0, {GENERATOR_CORE})
    templates = build_templates(_TEMPLATES)
    size = sum(len(template.body) for template in templates) / len(templates) / SPANS_PER_REQUEST
    print(f"requests of {SPANS_PER_REQUEST} spans, {size:.0f} bytes of OTLP a span, over {arguments.door}")
    with tempfile.TemporaryDirectory() as scratch, running_server(Path(scratch), {SERVER_CORE}) as server:
        run_load(_sender(arguments.door, server), templates, 20_000, _WARM_UP_S)
        prefixes: list[bytes] = []
        for rate in arguments.rates:
            prefixes += _measure_rate(server, arguments, templates, rate)
        _measure_queries(server, prefixes)
        _measure_cost(server)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Ingest figures of Clew on one core.")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long each rate is held")
    parser.add_argument("--door", choices=("grpc", "http"), default="grpc")
    parser.add_argument(
        "--rates",
        type=lambda text: [int(part) for part in text.split(",")],
        default=[80_000],
        help="offered spans/s, one after the other",
    )
    return parser.parse_args()


def _sender(door: str, server: BenchServer) -> Callable[[], Callable[[bytes], bool]]:
    if door == "grpc":
        return lambda: grpc_sender(server.otlp_grpc)
    return lambda: http_sender(server.otlp_http)


def _measure_rate(
    server: BenchServer, arguments: argparse.Namespace, templates: list[RequestTemplate], rate: int
) -> list[bytes]:
    probe = FreshnessProbe(server)
    cpu_before_s = server.cpu_s()
    report = run_load(_sender(arguments.door, server), templates, rate, arguments.seconds)
    lag_bytes = server.get("/status")["journal"]["waiting_bytes"]
    probe.stop()
    drain_s = server.wait_loaded()
    cpu_s = server.cpu_s() - cpu_before_s
    _print_rate(rate, report, probe.seconds, f"{lag_bytes / 1e6:.0f} MB, loaded {drain_s:.1f} s later", cpu_s)
    return report.trace_id_prefixes


def _print_rate(rate: int, report: LoadReport, waits_s: list[float], lag: str, cpu_s: float) -> None:
    print_table(
        f"offered {rate:,} spans/s for {report.seconds:.0f} s",
        [
            ("accepted and durable", f"{report.spans_per_s:,.0f} spans/s ({report.refused_requests} requests refused)"),
            ("searchable after, p50", f"{percentile(waits_s, 0.5):.2f} s ({len(waits_s)} probes)"),
            ("searchable after, p99", f"{percentile(waits_s, 0.99):.2f} s"),
            ("journal at the end", lag),
            ("server CPU", f"{cpu_s / report.accepted_spans * 1e6:.1f} us per span"),
        ],
    )


def _measure_queries(server: BenchServer, prefixes: list[bytes]) -> None:
    spans = server.get("/status")["store"]["spans"]
    newest = server.get("/traces", limit="1000")["traces"]
    random_source = random.Random(1)
    classes: dict[str, Callable[[], dict[str, str] | str]] = {
        "trace by id": lambda: "/traces/" + random_source.choice(newest)["trace_id"],
        "latest 20 of a service, last 15 min": lambda: {"service": "payment", "start": "now-15m"},
        "attribute user.id, last 15 min": lambda: {
            "attr": f"user.id=user-{random_source.randrange(20_000)}",
            "start": "now-15m",
        },
        "service + operation + attribute + duration": lambda: {
            "service": "cart",
            "operation": f"/cart/operation-{random_source.randrange(8)}",
            "attr": "http.response.status_code=500",
            "min_duration": "200ms",
            "start": "now-15m",
        },
    }
    rows = []
    with httpx.Client(base_url=f"http://{server.http}/api/clew/v1", timeout=60.0) as client:
        for name, make in classes.items():
            seconds = [_time_query(client, make()) for _ in range(_QUERIES)]
            p50_ms, p99_ms = (percentile(seconds, share) * 1e3 for share in (0.5, 0.99))
            rows.append((name, f"p50 {p50_ms:.0f} ms, p99 {p99_ms:.0f} ms"))
    print_table(f"queries over {spans:,} spans, {len(prefixes):,} requests, one client", rows)


def _time_query(client: httpx.Client, query: dict[str, str] | str) -> float:
    began_s = time.perf_counter()
    answer = client.get(query) if isinstance(query, str) else client.get("/traces", params=query)
    answer.raise_for_status()
    return time.perf_counter() - began_s


def _measure_cost(server: BenchServer) -> None:
    store = server.get("/status")["store"]
    print_table(
        "cost",
        [
            ("on disk, all tables and indexes", f"{store['bytes'] / store['spans']:.1f} bytes per span"),
            ("peak memory of the server", f"{server.peak_memory_bytes() / 1e6:.0f} MB"),
        ],
    )


if __name__ == "__main__":
    main()
