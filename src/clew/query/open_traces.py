"""Traces kept open: their indexes, as long as there is room for them."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TypeAlias

import numpy as np
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from clew.errors import NotFound, QueryTooExpensive
from clew.query.service_names import ServiceNames
from clew.query.span_ref import parse_ref
from clew.query.trace_index import build_index
from clew.query.trace_window import TraceWindows
from clew.query.typed_value import attribute_forms, typed_values
from clew.store.engine import Engine
from clew.store.read_tree import (
    TraceExtent,
    extent_between,
    find_spans_by_attribute,
    find_trace_extent,
    read_span,
    read_span_columns,
    read_span_logs,
    read_spans_between,
)
from clew.store.span_columns import SpanColumns, UInt64s

MAX_OPEN_BYTES = 256 << 20
"""About three traces of a million spans. The one asked for last is kept whatever it takes."""
MAX_SPANS = 4_000_000
"""Opening takes about 250 bytes a span for a moment: 1 GB."""

HUGE_SPANS = 100_000
"""From here on opening takes longer than a window may: 0.1 s."""

Key: TypeAlias = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class _Opened:
    span_count: int
    windows: TraceWindows


class OpenTraces:
    """Opens traces for windows; from any thread. Opening is for one at a time, so that memory stays bounded.

    `on_outdated`, when there is one, is called when windows lack spans; it must have somebody `open` the trace soon.
    """

    def __init__(self, engine: Engine, max_bytes: int = MAX_OPEN_BYTES, huge_spans: int = HUGE_SPANS) -> None:
        self.huge_spans = huge_spans
        self.on_outdated: Callable[[Key], None] | None = None
        self._engine = engine
        self._names = ServiceNames(engine)
        self._max_bytes = max_bytes
        self._opened: OrderedDict[Key, _Opened] = OrderedDict()
        self._lock = threading.Lock()
        self._opening = threading.Lock()

    def windows(self, tenant: str, trace_id: bytes) -> TraceWindows:
        """The trace with every span that is stored by now; a huge one that is open may lack `newer_span_count` of them.

        Raises NotFound, QueryTooExpensive.
        """
        key, extent = (tenant, trace_id), self._extent(tenant, trace_id)
        return self._kept(key, extent) or self._outdated(key, extent) or self._open_alone(key)

    def open(self, tenant: str, trace_id: bytes) -> TraceWindows:
        """The trace with every span that is stored by now. Raises NotFound, QueryTooExpensive."""
        key = tenant, trace_id
        return self._kept(key, self._extent(*key)) or self._open_alone(key)

    def parts(self, tenant: str, trace_id: bytes, part_spans: int) -> Iterator[TracesData]:
        """All spans of a trace, whole, by start: about `part_spans` at a time, more when that many start at once."""
        starts = np.sort(self.open(tenant, trace_id).index.columns.start_time_unix_nano)
        # A bound is the first moment of a part; spans that start at one moment stay in one part.
        bounds = np.unique(starts[::part_spans]).tolist()
        for first_ns, next_ns in zip_longest(bounds, bounds[1:], fillvalue=int(starts[-1]) + 1):
            yield read_spans_between(self._engine, tenant, trace_id, first_ns, next_ns - 1)

    def span(self, tenant: str, trace_id: bytes, ref: str) -> TracesData:
        """One span, whole. Raises BadQuery for what is no ref, NotFound."""
        span_id, twin = parse_ref(ref)
        extent = self._extent_of_span(tenant, trace_id, span_id)
        found = read_span(self._engine, tenant, trace_id, extent, span_id, twin=twin)
        if not found.resource_spans:
            raise NotFound(f"no span {ref} is in this trace; it may be late, or its id mistyped")
        return found

    def span_logs(self, tenant: str, trace_id: bytes, ref: str) -> LogsData:
        """The log records of a span; those of all spans that have its id. Raises BadQuery for what is no ref."""
        span_id, _ = parse_ref(ref)
        return read_span_logs(self._engine, tenant, trace_id, span_id)

    def ids_with_attribute(self, tenant: str, trace_id: bytes, key: str, typed: str) -> UInt64s:
        """The ids of the spans that have the attribute, at any level, with a value that the text may mean."""
        extent, attributes = self._extent(tenant, trace_id), attribute_forms(key, typed_values(typed))
        return find_spans_by_attribute(self._engine, tenant, trace_id, extent, attributes)

    def _extent(self, tenant: str, trace_id: bytes) -> TraceExtent:
        extent = find_trace_extent(self._engine, tenant, trace_id)
        if extent is None:
            raise NotFound(f"no span of trace {trace_id.hex()} is stored here; it may be late, or its id mistyped")
        return extent

    def _extent_of_span(self, tenant: str, trace_id: bytes, span_id: bytes) -> TraceExtent:
        """The minutes in which to look for a span: of an open trace those in which it starts, else all."""
        extent = self._extent(tenant, trace_id)
        windows = self._kept((tenant, trace_id), extent)
        starts = windows.starts_of(span_id) if windows is not None else []
        return extent_between(extent.span_count, min(starts), max(starts)) if starts else extent

    def _kept(self, key: Key, extent: TraceExtent) -> TraceWindows | None:
        with self._lock:
            opened = self._opened.get(key)
            if opened is None or opened.span_count != extent.span_count:
                return None
            self._opened.move_to_end(key)
            return opened.windows

    def _outdated(self, key: Key, extent: TraceExtent) -> TraceWindows | None:
        """A huge trace as it was when it was opened, if only spans were added since."""
        on_outdated = self.on_outdated
        with self._lock:
            opened = self._opened.get(key)
        if on_outdated is None or opened is None:
            return None
        if not self.huge_spans <= opened.span_count < extent.span_count <= MAX_SPANS:
            return None
        on_outdated(key)
        return TraceWindows(opened.windows.index, extent.span_count - opened.span_count)

    def _open_alone(self, key: Key) -> TraceWindows:
        with self._opening:
            # Another thread may have opened it, or more spans may have come, while this one waited.
            extent = self._extent(*key)
            return self._kept(key, extent) or self._open(key, extent)

    def _open(self, key: Key, extent: TraceExtent) -> TraceWindows:
        if extent.span_count > MAX_SPANS:
            raise QueryTooExpensive(
                f"the trace has {extent.span_count:,} spans, and {MAX_SPANS:,} is the most that can be opened; "
                "look for some of its spans with a search"
            )
        columns = read_span_columns(self._engine, *key, extent)
        if not len(columns):
            raise NotFound(f"no span of trace {key[1].hex()} is stored here any more")
        windows = TraceWindows(build_index(self._renamed(key[0], columns)))
        with self._lock:
            self._opened[key] = _Opened(extent.span_count, windows)
            self._opened.move_to_end(key)
            self._make_room()
        return windows

    def _renamed(self, tenant: str, columns: SpanColumns) -> SpanColumns:
        """With the names of services that people see."""
        shown = self._names.shown(tenant, [name.decode() for name in columns.services])
        names = tuple(shown.get(name.decode(), name.decode()).encode() for name in columns.services)
        return replace(columns, services=names) if shown else columns

    def _make_room(self) -> None:
        sizes = {key: opened.windows.index.nbytes for key, opened in self._opened.items()}
        excess = sum(sizes.values()) - self._max_bytes
        for key in list(self._opened)[:-1]:
            if excess <= 0:
                return
            del self._opened[key]
            excess -= sizes[key]
