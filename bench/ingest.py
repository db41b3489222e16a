"""`make bench`: generator and server on one core each; what is accepted, how soon it is found, what it costs.

python -m bench.ingest [--seconds 60] [--runs 3] [--rate 140000] [--http-rate 140000] [--door-seconds 15]

Each run offers the rate over OTLP/gRPC for so many seconds to one server, which keeps what it has; printed are the
medians of the runs, then one run over OTLP/HTTP, then where the CPU time went, then a row for each door. Without a
rate, a trial says what a span costs, and the runs offer what takes 65 % of the core at that cost: merges come later.
"""

import argparse
import os
import statistics
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.doors import door_rows
from bench.figures import percentile, print_table
from bench.freshness import FreshnessProbe
from bench.ingest_cores import GENERATOR_CORE, SERVER_CORE
from bench.load import grpc_sender, http_sender, run_load
from bench.profile import cpu_by_thread_name, sampled_shares, thread_rows
from bench.server import BenchServer, running_server
from bench.spans import SPANS_PER_REQUEST, RequestTemplate, build_templates

_TEMPLATES = 128
_WARM_UP_S = 5.0
_TRIAL_S = 20.0
_TRIAL_RATE = 60_000
_TRIAL_SHARE = 0.65
_RATE_STEP = 5_000
_MEMORY_INTERVAL_S = 1.0
_LONGEST_HTTP_S = 60.0
_UDP_RATE = 60_000


@dataclass(frozen=True, slots=True)
class RunFigures:
    """One run at one rate."""

    spans_per_s: float
    refused_requests: int
    fresh_p50_s: float
    fresh_p99_s: float
    probes: int
    lag_bytes: int
    drain_s: float
    cpu_us_per_span: float
    memory_bytes: tuple[int, int]
    thread_costs: list[tuple[str, str]]


def main() -> None:
    """Print the figures."""
    arguments = _arguments()
    os.sched_setaffinity(0, {GENERATOR_CORE})
    templates = build_templates(_TEMPLATES)
    size = sum(len(template.body) for template in templates) / len(templates) / SPANS_PER_REQUEST
    print(f"requests of {SPANS_PER_REQUEST} spans, {size:.0f} bytes of OTLP a span")
    with tempfile.TemporaryDirectory() as scratch, running_server(Path(scratch), {SERVER_CORE}) as server:
        run_load(lambda: grpc_sender(server.otlp_grpc), templates, 20_000, _WARM_UP_S)
        rate = arguments.rate or _bearable_rate(server, templates)
        runs = [_run(server, "grpc", templates, rate, arguments.seconds) for _ in range(arguments.runs)]
        _print_runs(f"OTLP/gRPC, {rate:,} spans/s offered for {arguments.seconds:.0f} s", runs)
        http_rate = rate if arguments.http_rate is None else arguments.http_rate
        if http_rate:
            over_http = _run(server, "http", templates, http_rate, min(arguments.seconds, _LONGEST_HTTP_S))
            _print_runs(f"OTLP/HTTP, {http_rate:,} spans/s offered", [over_http])
        _print_cost(server, runs)
        print_table("CPU by thread, last gRPC run", runs[-1].thread_costs)
        with sampled_shares(server.pid) as shares:
            run_load(lambda: grpc_sender(server.otlp_grpc), templates, rate, min(arguments.seconds, 15.0))
        missing = [("-", "perf is not installed")]
        print_table("CPU by work (perf)", shares.by_work or missing)
        print_table("CPU by library (perf)", shares.by_library or missing)
    if arguments.door_seconds:
        print_table("doors, spans/s on one core", door_rows(arguments.door_seconds, _UDP_RATE))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Ingest figures of Clew on one core.")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long each run lasts")
    parser.add_argument("--runs", type=int, default=3, help="runs over gRPC, of which the medians are printed")
    parser.add_argument("--rate", type=int, default=None, help="offered spans/s over gRPC; what a trial finds bearable")
    parser.add_argument("--http-rate", type=int, default=None, help="over HTTP; the same rate, or 0 to leave it out")
    parser.add_argument("--door-seconds", type=float, default=15.0, help="for each other door; 0 to leave them out")
    return parser.parse_args()


def _bearable_rate(server: BenchServer, templates: list[RequestTemplate]) -> int:
    trial = _run(server, "grpc", templates, _TRIAL_RATE, _TRIAL_S)
    print(f"a trial at {_TRIAL_RATE:,} spans/s: {trial.cpu_us_per_span:.1f} us of CPU a span", flush=True)
    return max(_RATE_STEP, int(_TRIAL_SHARE * 1e6 / trial.cpu_us_per_span) // _RATE_STEP * _RATE_STEP)


def _run(server: BenchServer, door: str, templates: list[RequestTemplate], rate: int, seconds: float) -> RunFigures:
    sender = _senders(server)[door]
    probe, memory = FreshnessProbe(server), _MemorySampler(server)
    cpu_before_s, threads_before = server.cpu_s(), cpu_by_thread_name(server.pid)
    report = run_load(sender, templates, rate, seconds)
    lag_bytes = server.get("/status")["journal"]["waiting_bytes"]
    probe.stop()
    drain_s = server.wait_loaded()
    return RunFigures(
        report.spans_per_s,
        report.refused_requests,
        percentile(probe.seconds, 0.5),
        percentile(probe.seconds, 0.99),
        len(probe.seconds),
        lag_bytes,
        drain_s,
        (server.cpu_s() - cpu_before_s) / report.accepted_spans * 1e6,
        memory.stop(),
        thread_rows(threads_before, cpu_by_thread_name(server.pid), report.accepted_spans),
    )


def _senders(server: BenchServer) -> dict[str, Callable[[], Callable[[bytes], bool]]]:
    return {"grpc": lambda: grpc_sender(server.otlp_grpc), "http": lambda: http_sender(server.otlp_http)}


class _MemorySampler:
    """The server's resident size once a second; `stop` gives the largest of the second and of the last quarter."""

    def __init__(self, server: BenchServer) -> None:
        self._server = server
        self._samples: list[int] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def stop(self) -> tuple[int, int]:
        self._stopping.set()
        self._thread.join()
        quarter = max(1, len(self._samples) // 4)
        return max(self._samples[quarter : 2 * quarter] or self._samples), max(self._samples[-quarter:])

    def _sample(self) -> None:
        self._samples.append(self._server.memory_bytes())
        while not self._stopping.wait(_MEMORY_INTERVAL_S):
            self._samples.append(self._server.memory_bytes())


def _print_runs(title: str, runs: list[RunFigures]) -> None:
    def median(figure: Callable[[RunFigures], float]) -> float:
        return statistics.median(map(figure, runs))

    refused = sum(run.refused_requests for run in runs)
    early, late = median(lambda run: run.memory_bytes[0]) / 1e6, median(lambda run: run.memory_bytes[1]) / 1e6
    accepted = f"{median(lambda run: run.spans_per_s):,.0f} spans/s ({refused} requests refused)"
    lag = f"{median(lambda run: run.lag_bytes) / 1e6:.0f} MB, loaded {median(lambda run: run.drain_s):.1f} s later"
    each = ", ".join(f"{run.fresh_p99_s:.2f}" for run in runs)
    print_table(
        f"{title}: median of {len(runs)}",
        [
            ("accepted and durable", accepted),
            ("searchable after, p50", f"{median(lambda run: run.fresh_p50_s):.2f} s"),
            ("searchable after, p99", f"{median(lambda run: run.fresh_p99_s):.2f} s (runs: {each})"),
            ("probes in a run", f"{median(lambda run: run.probes):.0f}"),
            ("journal at the end", lag),
            ("server CPU", f"{median(lambda run: run.cpu_us_per_span):.1f} us per span"),
            ("memory, second and last quarter", f"{early:.0f} MB, {late:.0f} MB"),
        ],
    )


def _print_cost(server: BenchServer, runs: list[RunFigures]) -> None:
    settled_s = server.wait_merged()
    store = server.get("/status")["store"]
    print_table(
        f"cost of {store['spans']:,} spans",
        [
            (
                "on disk, all tables and indexes",
                f"{store['bytes'] / store['spans']:.1f} bytes per span ({settled_s:.0f} s after the last run)",
            ),
            ("peak memory of the server", f"{server.peak_memory_bytes() / 1e6:.0f} MB"),
            ("runs", str(len(runs))),
        ],
    )


if __name__ == "__main__":
    main()
