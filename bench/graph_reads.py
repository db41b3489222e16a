"""How often the service graph reads each span at a low rate, by when its passes are.

`python -m bench.graph_reads` makes minutes of traffic (one load a second, each trace with a link to the one before) and
passes as time goes by, without waiting for it: seconds are those of the spans.
"""

import argparse
import secrets
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew.analyse.analyst import pause_s
from clew.analyse.graph_computation import GraphComputation
from clew.journal.record import encode_record
from clew.journal.segment import Segment, segment_name
from clew.store.engine import Engine
from clew.store.graph_windows import GraphWindows
from clew.store.load import load_segment
from clew.store.migrate import migrate

_BEGIN_S = int(datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp())
_FRESHNESS_S = 2.0
_CALLS = (("shop", 2), ("shop", 3), ("cart", 2), ("cart", 4), ("mailer", 5))
"""The services and kinds of the spans of a trace, each below the one before."""


def main() -> None:
    """Write a line for each way to place the passes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=10)
    minutes = parser.parse_args().minutes
    ways: dict[str, Callable[[float], float]] = {
        "every 10 s, whenever it was started": lambda _: 10.7,
        "every 30 s, after minutes and their halves": lambda now_s: pause_s(now_s, 30.0),
    }
    for way, pause in ways.items():
        reads, passes = _run(minutes, pause)
        sys.stdout.write(f"{way}: {passes} passes, each span read {reads:.2f} times\n")


def _run(minutes: int, pause: Callable[[float], float]) -> tuple[float, int]:
    with tempfile.TemporaryDirectory() as directory:
        engine = Engine(Path(directory) / "store")
        migrate(engine)
        computation, handle = GraphComputation(GraphWindows(engine)), engine.trusted()
        link, passes, next_pass_s = b"", 0, _BEGIN_S + pause(_BEGIN_S)
        # Two minutes more without traffic, for the passes that find what was left.
        for second in range(60 * (minutes + 2)):
            while next_pass_s < _BEGIN_S + second + _FRESHNESS_S:
                computation.catch_up()
                passes += 1
                next_pass_s += pause(next_pass_s)
            if second < 60 * minutes:
                request, link = _trace(_BEGIN_S + second, link)
                load_segment(handle, _segment(Path(directory), second, request))
        engine.close()
    return computation.spans / (60 * minutes * len(_CALLS)), passes


def _trace(second: int, link: bytes) -> tuple[bytes, bytes]:
    """A trace of that second that links to another, and what the next one has to link to: its ids."""
    request, trace_id, parent = ExportTraceServiceRequest(), secrets.token_bytes(16), b""
    for service, kind in _CALLS:
        group = request.resource_spans.add()
        group.resource.attributes.add(key="service.name").value.string_value = service
        span = group.scope_spans.add().spans.add(trace_id=trace_id, span_id=secrets.token_bytes(8), name="work")
        span.parent_span_id, parent = parent, span.span_id
        span.kind = kind  # type: ignore[assignment]  # a number is what the enumeration is
        span.start_time_unix_nano, span.end_time_unix_nano = second * 10**9, second * 10**9 + 10**6
    if link:
        span.links.add(trace_id=link[:16], span_id=link[16:])
    return request.SerializeToString(), trace_id + parent


def _segment(directory: Path, number: int, payload: bytes) -> Segment:
    created_ms, stream = _BEGIN_S * 1000, "traces/default"
    path = directory / segment_name(number + 1, created_ms, stream)
    path.write_bytes(b"".join(encode_record(payload)))
    return Segment(number + 1, created_ms, stream, path, path.stat().st_size)


if __name__ == "__main__":
    main()
