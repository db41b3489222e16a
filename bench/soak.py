"""`make soak`: half of the load that a server can take, for an hour; each minute a line, at the end what must hold.

python -m bench.soak [--minutes 60] [--rate SPANS_PER_S] [--door grpc|http]

It fails when a span that was acknowledged is not stored, or one is stored twice, or memory grows: the maximum of the
last quarter must be within 15 % of that of the second one (in the first, caches and the engine's memory fill).
"""

import argparse
import contextlib
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.figures import percentile
from bench.freshness import FreshnessProbe
from bench.load import LoadReport, Send, grpc_sender, http_sender, run_load
from bench.server import BenchServer, running_server
from bench.spans import SPANS_PER_REQUEST, RequestTemplate, build_templates

SERVER_CORE, GENERATOR_CORE = 0, 1
FULL_RATE = 120_000
"""Spans per second that `make bench` reaches on one core of the machine the figures are from; --rate says another."""
MEMORY_GROWTH = 1.15
_TEMPLATES = 64
_WARM_UP_S = 5.0
_SAMPLE_S = 5.0
_MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Sample:
    """What the server holds at a moment."""

    memory_bytes: int
    parts: int
    disk_bytes: int
    journal_bytes: int


class Sampler:
    """A thread that looks every few seconds; `samples` grows until it is stopped."""

    def __init__(self, server: BenchServer) -> None:
        self.samples: list[Sample] = []
        self._server = server
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(_SAMPLE_S):
            self.samples.append(take_sample(self._server))


def take_sample(server: BenchServer) -> Sample:
    """The figures now."""
    metrics = server.metrics()
    parts = sum(value for name, value in metrics.items() if name.startswith("clew_store_parts"))
    memory = metrics["process_resident_memory_bytes"]
    waiting = metrics["clew_journal_waiting_bytes"]
    return Sample(int(memory), int(parts), _disk_bytes(server.data_dir), int(waiting))


def _disk_bytes(directory: Path) -> int:
    """What all files take; loads and merges remove some of them at any time."""
    taken_bytes = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                taken_bytes += (Path(folder) / name).stat().st_blocks * 512
    return taken_bytes


def main() -> int:
    """Print a line a minute; the exit code is 1 when something does not hold."""
    arguments = _arguments()
    os.sched_setaffinity(0, {GENERATOR_CORE})
    templates = build_templates(_TEMPLATES)
    with tempfile.TemporaryDirectory() as scratch, running_server(Path(scratch), {SERVER_CORE}) as server:
        run_load(_sender(arguments.door, server), templates, arguments.rate / 4, _WARM_UP_S)
        server.wait_loaded()
        stored_before = server.get("/status")["store"]["spans"]
        print(f"{arguments.rate:,} spans/s over {arguments.door} for {arguments.minutes:g} minutes")
        sampler = Sampler(server)
        sent = [
            _hold_a_minute(server, sampler, templates, arguments, minute)
            for minute in range(1, max(1, round(arguments.minutes)) + 1)
        ]
        sampler.stop()
        server.wait_loaded()
        status = server.get("/status")
    return _judge(sum(sent), status, stored_before, [sample.memory_bytes for sample in sampler.samples])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Half load for a long time.")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--rate", type=int, default=FULL_RATE // 2, help="spans/s")
    parser.add_argument("--door", choices=("grpc", "http"), default="grpc")
    return parser.parse_args()


def _sender(door: str, server: BenchServer) -> Callable[[], Send]:
    if door == "grpc":
        return lambda: grpc_sender(server.otlp_grpc)
    return lambda: http_sender(server.otlp_http)


def _hold_a_minute(
    server: BenchServer, sampler: Sampler, templates: list[RequestTemplate], arguments: argparse.Namespace, minute: int
) -> int:
    """The spans that were acknowledged in a minute, with those of the freshness probe."""
    probe = FreshnessProbe(server)
    report = run_load(_sender(arguments.door, server), templates, arguments.rate, _MINUTE_S)
    probe.stop()
    _print_minute(minute, report, probe.seconds, sampler.samples[-1])
    return report.accepted_spans + len(probe.seconds)


def _print_minute(minute: int, report: LoadReport, waits_s: list[float], sample: Sample) -> None:
    print(
        f"{time.strftime('%H:%M:%S')} minute {minute}: accepted {report.accepted_spans:,} spans,"
        f" refused {report.refused_requests * SPANS_PER_REQUEST:,}; journal {sample.journal_bytes / 1e6:.1f} MB;"
        f" fresh p50 {percentile(waits_s, 0.5):.2f} s, p99 {percentile(waits_s, 0.99):.2f} s;"
        f" RSS {sample.memory_bytes / 1e6:.0f} MB; {sample.parts} parts; disk {sample.disk_bytes / 1e6:.0f} MB",
        flush=True,
    )


def _judge(accepted: int, status: dict[str, Any], before: int, memory_bytes: list[int]) -> int:
    stored = status["store"]["spans"] - before
    troubles = []
    if stored != accepted:
        troubles.append(f"{accepted:,} spans were acknowledged, and {stored:,} are stored")
    if status["load"]["quarantined_files"]:
        troubles.append(f"{status['load']['quarantined_files']} files were set aside")
    second, last = _second_and_last_quarter(memory_bytes)
    if last > MEMORY_GROWTH * second:
        troubles.append(f"memory grew from {second / 1e6:.0f} MB to {last / 1e6:.0f} MB")
    print(f"stored {stored:,} of {accepted:,} acknowledged; RSS {second / 1e6:.0f} MB, at the end {last / 1e6:.0f} MB")
    for trouble in troubles:
        print(f"FAILED: {trouble}")
    return int(bool(troubles))


def _second_and_last_quarter(memory_bytes: list[int]) -> tuple[int, int]:
    """The maxima of the second and of the last quarter of the samples."""
    quarter = len(memory_bytes) // 4
    assert quarter, "too short a time to tell whether memory grows; take --minutes 1 or more"
    return max(memory_bytes[quarter : 2 * quarter]), max(memory_bytes[-quarter:])


if __name__ == "__main__":
    sys.exit(main())
