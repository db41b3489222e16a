import contextlib
import itertools
import queue
from collections.abc import Iterator

from opentelemetry.proto.trace.v1.trace_pb2 import Span

from clew.errors import StoreError
from clew.query.open_traces import Key, OpenTraces
from clew.query.trace_opener import TraceOpener
from clew.query.trace_window import TraceWindows
from tests.data_plane import TIMEOUT_S, DataPlane
from tests.store.segments import request_of

LEAST = 150
_STARTS_NS = itertools.count(2_500_000_000_000_000_000, 1_000_000_000)
"""Later than those of all other tests: of many huge traces, the latest are opened."""


class _Watched(OpenTraces):
    """Tells which traces were opened ahead, with how many spans; it can't open those of `failing` the first time."""

    def __init__(self, data_plane: DataPlane) -> None:
        super().__init__(data_plane.engine, huge_spans=LEAST)
        self.opened: queue.SimpleQueue[tuple[Key, int]] = queue.SimpleQueue()
        self.failing: set[Key] = set()

    def open(self, tenant: str, trace_id: bytes) -> TraceWindows:
        if (tenant, trace_id) in self.failing:
            self.failing.clear()
            self.opened.put(((tenant, trace_id), 0))
            raise StoreError("no luck; try again")
        windows = super().open(tenant, trace_id)
        self.opened.put(((tenant, trace_id), len(windows.index)))
        return windows

    def await_opened(self, key: Key) -> int:
        """The number of spans with which this trace is opened next; those of other tests are passed over."""
        while True:
            opened, span_count = self.opened.get(timeout=TIMEOUT_S)
            if opened == key:
                return span_count


@contextlib.contextmanager
def _running(data_plane: DataPlane, traces: OpenTraces) -> Iterator[TraceOpener]:
    opener = TraceOpener(data_plane.engine, traces)
    opener.start()
    try:
        yield opener
    finally:
        opener.stop()


def _put(data_plane: DataPlane, key: Key, first: int, count: int) -> None:
    start_ns = next(_STARTS_NS)
    spans = [
        Span(trace_id=key[1], span_id=number.to_bytes(8, "big"), start_time_unix_nano=start_ns)
        for number in range(first, first + count)
    ]
    data_plane.put(f"traces/{key[0]}", request_of("a", *spans).SerializeToString())


def test_huge_traces_are_opened_before_anybody_asks(data_plane: DataPlane, tenant: str) -> None:
    """One that was there at the start, and one that comes later; a window then finds it open."""
    early, late = (tenant, bytes(15) + b"\1"), (tenant, bytes(15) + b"\2")
    _put(data_plane, early, 1, LEAST)
    traces = _Watched(data_plane)
    with _running(data_plane, traces):
        assert traces.await_opened(early) == LEAST
        _put(data_plane, late, 1, LEAST + 1)
        assert traces.await_opened(late) == LEAST + 1
        windows = traces.windows(*late)
        assert traces.windows(*late) is windows


def test_a_trace_that_grows_is_opened_again(data_plane: DataPlane, tenant: str) -> None:
    """Without anybody asking, when enough spans came to be noticed."""
    key = (tenant, bytes(15) + b"\1")
    _put(data_plane, key, 1, LEAST)
    traces = _Watched(data_plane)
    with _running(data_plane, traces):
        assert traces.await_opened(key) == LEAST
        _put(data_plane, key, 1000, LEAST)
        assert traces.await_opened(key) == 2 * LEAST


def test_a_reader_who_misses_spans_has_them_soon(data_plane: DataPlane, tenant: str) -> None:
    """Too few to be noticed by size: the first window says that it lacks them, and has the trace opened again."""
    key = (tenant, bytes(15) + b"\1")
    _put(data_plane, key, 1, LEAST)
    traces = _Watched(data_plane)
    with _running(data_plane, traces):
        assert traces.await_opened(key) == LEAST
        _put(data_plane, key, 1000, 1)
        assert traces.windows(*key).newer_span_count == 1
        assert traces.await_opened(key) == LEAST + 1
        assert traces.windows(*key).newer_span_count == 0


def test_a_failure_ends_nothing(data_plane: DataPlane, tenant: str) -> None:
    """A trace that could not be opened ahead is opened when it grows."""
    key = (tenant, bytes(15) + b"\1")
    traces = _Watched(data_plane)
    with _running(data_plane, traces):
        traces.failing.add(key)
        _put(data_plane, key, 1, LEAST)
        assert traces.await_opened(key) == 0
        _put(data_plane, key, 1000, LEAST)
        assert traces.await_opened(key) == 2 * LEAST


def test_smaller_traces_are_left_to_their_readers(data_plane: DataPlane, tenant: str) -> None:
    """Only the huge one of two that come together is opened."""
    small, huge = (tenant, bytes(15) + b"\1"), (tenant, bytes(15) + b"\2")
    traces = _Watched(data_plane)
    with _running(data_plane, traces):
        _put(data_plane, small, 1, LEAST - 1)
        _put(data_plane, huge, 1, LEAST)
        assert traces.await_opened(huge) == LEAST
        assert small not in traces._opened


def test_nothing_is_outdated_once_the_opener_has_stopped(data_plane: DataPlane, tenant: str) -> None:
    """Nobody would open the trace again, so that windows wait for all spans, as before."""
    key = (tenant, bytes(15) + b"\1")
    _put(data_plane, key, 1, LEAST)
    traces = _Watched(data_plane)
    with _running(data_plane, traces):
        assert traces.await_opened(key) == LEAST
    _put(data_plane, key, 1000, 1)
    assert len(traces.windows(*key).index) == LEAST + 1
