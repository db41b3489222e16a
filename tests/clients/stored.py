"""A running Clew, asked what became of the trace that a client was told to send."""

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path

from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from tests.clients.described import Described, describe, difference
from tests.clients.programs import Ran
from tests.contract.compared import each_span
from tests.server_process import ServerProcess, running_server

ARRIVED_TIMEOUT_S = 30.0
# Clients read the wall clock once and count on from there, each in its own way.
_CLOCKS_DIFFER_NS = 1_000_000_000

# What clients are told that ask: services by their names, and nothing of all others.
STRATEGIES = {
    "default_strategy": {"type": "probabilistic", "param": 0},
    "service_strategies": [
        {"service": "probabilistic", "type": "probabilistic", "param": 1},
        {"service": "ratelimiting", "type": "ratelimiting", "param": 100},
        {
            "service": "operation",
            "type": "probabilistic",
            "param": 0,
            "operation_strategies": [{"operation": "place order", "type": "probabilistic", "param": 1}],
        },
    ],
}


class Stored:
    """What one server holds."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server

    def trace(self, trace_id: bytes, span_count: int) -> TracesData:
        """The trace as soon as it has so many spans: those that come by UDP are acknowledged to nobody."""
        deadline_s = time.monotonic() + ARRIVED_TIMEOUT_S
        while True:
            self.server.wait_loaded()
            trace = self.server.trace(trace_id)
            if len(each_span(trace)) >= span_count or time.monotonic() > deadline_s:
                return trace

    def assert_is(self, ran: Ran, expected: dict[str, Described]) -> TracesData:
        """The trace of a run is exactly the one expected, and its times are those of the run."""
        trace = self.trace(ran.trace_id, len(expected))
        found = difference(describe(trace), expected)
        assert not found, "\n".join(found)
        earliest_ns, latest_ns = ran.began_ns - _CLOCKS_DIFFER_NS, ran.ended_ns + _CLOCKS_DIFFER_NS
        for span in each_span(trace):
            assert earliest_ns <= span.start_time_unix_nano <= span.end_time_unix_nano <= latest_ns, span
        return trace


@contextlib.contextmanager
def running_clew(directory: Path, doors: str = "otlp") -> Iterator[Stored]:
    """A Clew that loads at once, and is stopped on leaving."""
    config, strategies = directory / "clew.toml", directory / "strategies.json"
    strategies.write_text(json.dumps(STRATEGIES))
    config.write_text(f'[journal]\nsegment_age_s = 0.05\n[sampling]\nstrategies_file = "{strategies}"\n')
    with running_server(directory / "data", ["--config", str(config)], doors=doors) as server:
        yield Stored(server)
