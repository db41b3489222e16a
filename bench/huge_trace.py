"""`make bench-huge`: one trace of a million spans, sent, loaded, opened, and read by windows that are all checked.

python -m bench.huge_trace [--spans 1000000] [--rounds 50] [--starts 5]
"""

import argparse
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx

from bench.figures import percentile, print_table
from bench.load import http_sender
from bench.server import BenchServer, running_server
from bench.trace_tree import make_trace
from bench.window_checks import WindowChecks

_SPANS_PER_REQUEST = 500
_CONNECTIONS = 2
_PAUSE_S = 0.05


def main() -> None:
    """Send the trace, then print how long the very first windows and those of each kind take."""
    arguments = _arguments()
    trace = make_trace(arguments.spans, time.time_ns() - 3600_000_000_000)
    bodies = list(trace.requests(_SPANS_PER_REQUEST))
    with tempfile.TemporaryDirectory() as scratch:
        with running_server(Path(scratch), {0, 1}) as server:
            sent_s = send(server, iter(bodies))
            loaded_s = server.wait_loaded(600)
            loaded_bytes = server.peak_memory_bytes()
            loaded = FirstWindows(server, trace.trace_id)
            with WindowChecks(f"http://{server.http}/api/clew/v1", trace) as checks:
                checks.run(arguments.rounds)
            peak_bytes = server.peak_memory_bytes()
        started = [_start_again(Path(scratch), trace.trace_id) for _ in range(arguments.starts)]
    rate = arguments.spans / sent_s
    print_table(
        f"a trace of {arguments.spans:,} spans in {len(bodies):,} requests",
        [
            ("sent, all acknowledged", f"{sent_s:.1f} s ({rate:,.0f} spans/s)"),
            ("loaded after the last one", f"{loaded_s:.1f} s"),
            *_rows("right after loading", [loaded]),
            *_rows("right after a start", started),
            *(
                (kind, f"p50 {percentile(s, 0.5) * 1e3:.0f} ms, p99 {percentile(s, 0.99) * 1e3:.0f} ms")
                for kind, s in checks.seconds.items()
            ),
            ("peak memory of the server, loading", f"{loaded_bytes / 1e6:.0f} MB"),
            ("peak memory of the server, in all", f"{peak_bytes / 1e6:.0f} MB"),
        ],
    )


class FirstWindows:
    """The first windows that anybody asks a server for: the summary, then the top of the tree, then until all is in."""

    def __init__(self, server: BenchServer, trace_id: bytes) -> None:
        self._url = f"http://{server.http}/api/clew/v1/traces/{trace_id.hex()}"
        began_s = time.perf_counter()
        self.newer_span_count = self._ask("/summary")
        self.summary_s = time.perf_counter() - began_s
        top_began_s = time.perf_counter()
        self._ask("/tree")
        self.top_s = time.perf_counter() - top_began_s
        while self._ask("/summary"):
            time.sleep(_PAUSE_S)
        self.complete_s = time.perf_counter() - began_s

    def _ask(self, path: str) -> int:
        answer = httpx.get(f"{self._url}{path}", timeout=60.0).raise_for_status().json()
        return int(answer.get("newer_span_count", 0))


def _start_again(scratch: Path, trace_id: bytes) -> FirstWindows:
    (scratch / "ready.json").unlink()
    with running_server(scratch, {0, 1}) as server:
        while httpx.get(f"http://{server.http}/readyz").is_error:
            time.sleep(_PAUSE_S)
        return FirstWindows(server, trace_id)


def _rows(when: str, firsts: Sequence[FirstWindows]) -> Iterator[tuple[str, str]]:
    """Medians."""
    for kind, seconds in (
        ("summary", [first.summary_s for first in firsts]),
        ("top", [first.top_s for first in firsts]),
        ("every span in it", [first.complete_s for first in firsts]),
    ):
        yield f"{when}: {kind}", f"{percentile(seconds, 0.5) * 1e3:.0f} ms"
    yield f"{when}: spans that the first answer lacks", f"{max(first.newer_span_count for first in firsts):,}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="One huge trace: load, open, windows.")
    parser.add_argument("--spans", type=int, default=1_000_000)
    parser.add_argument("--starts", type=int, default=5, help="how often the server is started again")
    parser.add_argument("--rounds", type=int, default=50, help="how often each kind of window is asked for")
    return parser.parse_args()


def send(server: BenchServer, bodies: Iterator[bytes]) -> float:
    """Send every request until it is acknowledged, over a few connections; the seconds it took."""
    lock = threading.Lock()
    began_s = time.monotonic()

    def work() -> None:
        post = http_sender(server.otlp_http)
        while True:
            with lock:
                body = next(bodies, None)
            if body is None:
                return
            while not post(body):
                time.sleep(_PAUSE_S)

    workers = [threading.Thread(target=work, daemon=True) for _ in range(_CONNECTIONS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return time.monotonic() - began_s


if __name__ == "__main__":
    main()
