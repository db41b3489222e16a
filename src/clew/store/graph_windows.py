"""What computing the service graph reads and writes: windows of traces that start in the same minute.

Which windows have changed follows from the blocks of `trace_starts`: each load adds one, numbered in the order in
which they became visible, so that no load is missed, whatever the clocks say, and none is seen twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import orjson
from clickhouse_connect.driver.exceptions import ClickHouseError

from clew.errors import StoreError
from clew.model.duration_histogram import Counts
from clew.model.ids import halves
from clew.model.service_graph import EdgeFigures, EdgeKey
from clew.store.engine import Engine
from clew.store.engine_errors import short
from clew.store.native_blocks import Texts, read_columns
from clew.store.span_columns import Float64s, Int32s, Int64s, UInt8s, UInt64s
from clew.store.statement import statement
from clew.store.told_probability import probability_of

LOOK_BACK_DAYS = 7
"""A trace whose parts came further apart than this counts as two: what is older isn't searched for it."""
_ARRIVALS_AT_ONCE = 100_000
_TOLD = 5
"""The place of what spans tell in a row of `count_untold_spans.sql`."""
_SETTINGS = {"max_threads": 1, "max_memory_usage": 1 << 30, "max_execution_time": 60, "optimize_move_to_prewhere": 1}

Edges = Mapping[tuple[int, EdgeKey, float], EdgeFigures]
"""By minute of the call, edge, and the probability by which the trace was kept (0: it doesn't tell)."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Blocks of one day's partition of `trace_starts`: above `after`, up to `upto`; `are_all`: nothing else came."""

    received_day: date
    after: int
    upto: int
    are_all: bool = False


@dataclass(frozen=True, slots=True)
class ChangedWindow:
    """A window whose edges may have changed; `may_shrink` when a trace may have turned out to start elsewhere."""

    tenant: str
    window: int
    may_shrink: bool


@dataclass(frozen=True, slots=True)
class WindowTrace:
    """A trace, the minute in which it starts, that in which it ends, and its spans."""

    trace_id: bytes
    window: int
    last_minute: int
    span_count: int


@dataclass(frozen=True, slots=True)
class WindowSpans:
    """Columns of spans; ids are big-endian numbers, `peer` holds those encoded KeyValues that were asked for.

    `probability`: by which a span says it was kept, 0 when it doesn't.
    """

    trace_high: UInt64s
    trace_low: UInt64s
    span_id: UInt64s
    parent_span_id: UInt64s
    start_time_unix_nano: UInt64s
    duration_ns: Int64s
    kind: Int32s
    is_error: UInt8s
    probability: Float64s
    service: Texts
    peer: Texts


@dataclass(frozen=True, slots=True)
class UntoldCounts:
    """Spans of an operation in one minute that tell no probability, in traces whose root tells this one."""

    minute: int
    service: str
    name: str
    kind: int
    probability: float
    span_count: int
    error_count: int
    duration_sum_ns: int
    histogram: Counts


@dataclass(frozen=True, slots=True)
class StoredSpan:
    """A span at one of the ends of a link."""

    trace_id: bytes
    span_id: bytes
    kind: int
    service: str
    start_time_unix_nano: int
    duration_ns: int
    is_error: bool


@dataclass(frozen=True, slots=True)
class LinkingSpan:
    """A span with its parent's id, the (trace id, span id) of each of its links, and the probability that it tells."""

    span: StoredSpan
    parent_span_id: bytes
    links: tuple[tuple[bytes, bytes], ...]
    probability: float


class GraphWindows:
    """Statements on a handle of its own, from one thread."""

    def __init__(self, engine: Engine) -> None:
        self._handle = engine.trusted()
        ((self._generation,),) = self._rows("last_graph_generation.sql", {})

    def next_arrivals(self) -> Arrivals | None:
        """What came and isn't in the graph yet, oldest day first and no more than can be looked at in one go."""
        positions = {day: block for day, block, _ in self._rows("list_graph_positions.sql", {})}
        days = self._rows("list_arrivals.sql", {})
        waiting = [(day, last) for day, last in days if last != positions.get(day, 0)]
        for number, (day, last_block) in enumerate(waiting, 1):
            after = positions.get(day, 0)
            # Block numbers begin anew when all partitions were dropped and Clew was started again.
            arrivals = self._arrivals(day, after if after < last_block else 0)
            if arrivals is not None:
                return replace(arrivals, are_all=arrivals.upto >= last_block and number == len(waiting))
        return None

    def _arrivals(self, day: date, after: int) -> Arrivals | None:
        upto, traces = after, 0
        for block, count in self._rows("count_arrivals.sql", {"received_day": day, "after": after}):
            if traces and traces + count > _ARRIVALS_AT_ONCE:
                break
            upto, traces = block, traces + count
        return Arrivals(day, after, upto) if traces else None

    def changed_windows(self, arrivals: Arrivals) -> list[ChangedWindow]:
        """The windows whose edges may have changed with what came, by tenant and time."""
        parameters = {"received_day": arrivals.received_day, "after": arrivals.after, "upto": arrivals.upto}
        changed = {(tenant.decode(), window) for tenant, window in self._rows("find_linking_windows.sql", parameters)}
        left: set[tuple[str, int]] = set()
        rows = self._rows("find_arrived_windows.sql", parameters | {"look_back_days": LOOK_BACK_DAYS})
        for tenant, window, moved, last_minute in rows:
            changed.add((tenant.decode(), window))
            if moved:
                former = self._former_windows(tenant.decode(), window, last_minute, moved)
                left |= {(tenant.decode(), each) for each in former if each != window}
        return [ChangedWindow(tenant, window, (tenant, window) in left) for tenant, window in sorted(changed | left)]

    def _former_windows(self, tenant: str, window: int, last_minute: int, trace_ids: Sequence[bytes]) -> list[int]:
        parameters = {
            "tenant": tenant,
            "first_minute": window,
            "last_minute": last_minute,
            "trace_ids": _hex(trace_ids),
            "traces": len(trace_ids),
        }
        return [each for (each,) in self._rows("find_former_windows.sql", parameters)]

    def span_counts(self, tenant: str, windows: Sequence[int]) -> dict[int, int]:
        """How many spans each of the windows had when it was computed; those never computed are left out."""
        rows = self._rows("list_graph_windows.sql", {"tenant": tenant, "windows": list(windows)})
        return {window: span_count for window, span_count in rows}  # noqa: C416 - rows are no pairs to mypy

    def traces(self, tenant: str, windows: Sequence[int]) -> list[WindowTrace]:
        """The traces that start in the windows."""
        parameters = {"tenant": tenant, "windows": list(windows), "look_back_days": LOOK_BACK_DAYS}
        return [WindowTrace(*row) for row in self._rows("list_window_traces.sql", parameters)]

    def spans(self, tenant: str, traces: Sequence[WindowTrace], keys: Sequence[str]) -> WindowSpans:
        """The spans of these traces; of attributes only those with one of the keys."""
        sql = statement("read_window_spans.sql")
        try:
            native = self._handle.raw_query(
                sql, parameters=_within(tenant, traces) | {"keys": list(keys)}, fmt="Native", settings=_SETTINGS
            )
        except ClickHouseError as error:
            raise StoreError(short(error)) from None
        (high, low, span_id, parent, start, duration, kind, is_error), (service, told, peer) = read_columns(
            native, 8, 3
        )
        probability = np.array([probability_of(text) for text in told.values], np.float64)[told.codes]
        return WindowSpans(
            high, low, span_id, parent, start, duration, kind, is_error, probability, service=service, peer=peer
        )

    def linking_spans(self, tenant: str, traces: Sequence[WindowTrace]) -> list[LinkingSpan]:
        """Those spans of these traces that have links."""
        return [_linking_span(row) for row in self._rows("read_window_links.sql", _within(tenant, traces))]

    def linked_spans(self, tenant: str, keys: Sequence[tuple[bytes, bytes]]) -> list[StoredSpan]:
        """The stored spans with these (trace id, span id), which MUST have 16 and 8 bytes."""
        parameters = {
            "tenant": tenant,
            "span_keys": "".join(trace.hex() + span.hex() for trace, span in keys),
            "spans": len(keys),
        }
        return [
            StoredSpan(trace_id, span_id, kind, service.decode(), start, duration, bool(is_error))
            for trace_id, span_id, kind, service, start, duration, is_error in self._rows(
                "read_linked_spans.sql", parameters
            )
        ]

    def untold(
        self, tenant: str, traces: Sequence[WindowTrace], probabilities: Mapping[tuple[int, int], float]
    ) -> list[tuple[int, UntoldCounts]]:
        """With their window, the spans that tell nothing, of those traces (in halves) of which `probabilities` has what
        the root tells.
        """
        known = [(trace, probabilities.get(halves(trace.trace_id))) for trace in traces] if probabilities else []
        told = [(trace, probability) for trace, probability in known if probability is not None]
        if not told:
            return []
        parameters = _within(tenant, [trace for trace, _ in told]) | {
            "windows": [trace.window for trace, _ in told],
            "probabilities": [probability for _, probability in told],
        }
        rows = self._rows("count_untold_spans.sql", parameters)
        return [(row[0], _untold_counts(row[1:])) for row in rows if not probability_of(row[_TOLD])]

    def record(
        self,
        tenant: str,
        windows: Mapping[int, Edges],
        span_counts: Mapping[int, int],
        untold: Iterable[tuple[int, UntoldCounts]] = (),
    ) -> None:
        """Replace what windows have, each at once for every reader; `span_counts`: 0 for a window that it lacks."""
        self._generation += 1
        counts: dict[int, list[UntoldCounts]] = {window: [] for window in windows}
        for window, each in untold:
            counts[window].append(each)
        rows = [
            (
                window,
                max([window, *(minute for minute, _, _ in edges), *(each.minute for each in counts[window])]),
                span_counts.get(window, 0),
                [_edge_row(*edge) for edge in edges.items()],
                [_untold_row(each) for each in counts[window]],
            )
            for window, edges in windows.items()
        ]
        parameters = {"tenant": tenant, "generation": self._generation, "rows": orjson.dumps(rows).decode()}
        self._command("record_graph_windows.sql", parameters)

    def record_links(self, tenant: str, links: Iterable[tuple[bytes, int]]) -> None:
        """Note that spans in a window link to a trace."""
        rows = [(trace_id.hex(), window) for trace_id, window in sorted(set(links))]
        if rows:
            self._command("record_graph_links.sql", {"tenant": tenant, "rows": orjson.dumps(rows).decode()})

    def record_position(self, arrivals: Arrivals) -> None:
        """All windows that changed with these arrivals are recorded."""
        self._generation += 1
        parameters = {
            "received_day": arrivals.received_day,
            "block_number": arrivals.upto,
            "generation": self._generation,
        }
        self._command("record_graph_position.sql", parameters)

    def _rows(self, name: str, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        try:
            result = self._handle.query(
                statement(name), parameters=dict(parameters), query_formats={"String": "bytes"}, settings=_SETTINGS
            )
        except ClickHouseError as error:
            raise StoreError(short(error)) from None
        rows: Sequence[Sequence[Any]] = result.result_rows
        return rows

    def _command(self, name: str, parameters: Mapping[str, Any]) -> None:
        try:
            self._handle.command(statement(name), parameters=dict(parameters))
        except ClickHouseError as error:
            raise StoreError(short(error)) from None


def _linking_span(row: Sequence[Any]) -> LinkingSpan:
    trace_id, span_id, parent, kind, service, start, duration, is_error, told, linked_traces, linked_spans = row
    span = StoredSpan(trace_id, span_id, kind, service.decode(), start, duration, bool(is_error))
    links = set(zip(linked_traces, linked_spans, strict=True))
    return LinkingSpan(span, parent, tuple(sorted(links)), probability_of(told))


def _within(tenant: str, traces: Sequence[WindowTrace]) -> dict[str, Any]:
    """All minutes between the first and the last, or, when each trace ends by the minute after, only those two."""
    windows = {trace.window for trace in traces}
    are_short = all(trace.last_minute <= trace.window + 1 for trace in traces)
    return {
        "tenant": tenant,
        "trace_ids": _hex(trace.trace_id for trace in traces),
        "traces": len(traces),
        "first_minute": min(windows),
        "last_minute": max(trace.last_minute for trace in traces),
        "minutes": sorted(windows | {window + 1 for window in windows}) if are_short else [],
    }


def _hex(ids: Iterable[bytes]) -> str:
    return "".join(each.hex() for each in ids)


def _edge_row(place: tuple[int, EdgeKey, float], figures: EdgeFigures) -> tuple[object, ...]:
    minute, key, probability = place
    return (
        minute,
        key.client.type,
        key.client.name,
        key.server.type,
        key.server.name,
        key.kind,
        probability,
        figures.call_count,
        figures.error_count,
        _histogram_row(figures.client_histogram),
        _histogram_row(figures.server_histogram),
    )


def _untold_counts(row: Sequence[Any]) -> UntoldCounts:
    minute, service, name, kind, _, probability, spans, errors, duration_sum_ns, histogram = row
    counts = dict(zip(*histogram, strict=True))
    return UntoldCounts(
        minute, service.decode(), name.decode(), kind, probability, spans, errors, duration_sum_ns, counts
    )


def _untold_row(counts: UntoldCounts) -> tuple[object, ...]:
    return (
        counts.minute,
        counts.service,
        counts.name,
        counts.kind,
        counts.probability,
        counts.span_count,
        counts.error_count,
        counts.duration_sum_ns,
        _histogram_row(counts.histogram),
    )


def _histogram_row(counts: Counts) -> tuple[list[int], list[float]]:
    buckets = sorted(counts)
    return buckets, [counts[bucket] for bucket in buckets]
