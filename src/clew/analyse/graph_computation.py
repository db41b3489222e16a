"""Computes windows of the service graph from stored spans, until nothing that came is missing from it."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from clew.analyse.calls import Calls, Names, find_calls
from clew.analyse.links import find_linked_calls, link_targets
from clew.analyse.peer import PEER_KEYS, peer_of
from clew.analyse.span_table import SpanTable, TraceProbabilities, root_probabilities, untold_traces
from clew.model.ids import halves
from clew.model.service_graph import EdgeFigures, EdgeKey, GraphNode
from clew.store.encoded_attributes import read_attributes
from clew.store.graph_windows import ChangedWindow, GraphWindows, UntoldCounts, WindowSpans, WindowTrace
from clew.store.native_blocks import Texts
from clew.store.span_columns import Int32s

SPANS_AT_ONCE = 300_000
"""About 100 MB while they are looked at; a single trace may have more."""
_WINDOWS_AT_ONCE = 60
_TRACES_AT_ONCE = 20_000
_LINKS_AT_ONCE = 5_000
_CONSUMER, _PRODUCER = 5, 4

WindowEdges = dict[tuple[int, EdgeKey, float], EdgeFigures]


class GraphComputation:
    """One writer: a store MUST have no more than one at work."""

    def __init__(self, store: GraphWindows, spans_at_once: int = SPANS_AT_ONCE) -> None:
        self._store = store
        self._spans_at_once = spans_at_once
        self.spans = 0
        self.windows = 0
        self.complete_until_s = time.monotonic()
        """All that was loaded until then is in the graph; until there is an answer, when this began."""

    def catch_up(self, breathe: Callable[[], bool] = lambda: True) -> bool:
        """Compute all windows that changed; whether it got to the end.

        `breathe` is called between parts of the work and may wait; False ends the work. What is half done is done
        again the next time, with the same result.
        """
        while True:
            looked_s = time.monotonic()
            arrivals = self._store.next_arrivals()
            if arrivals is None:
                self.complete_until_s = looked_s
                return True
            for batch in _batches(self._store.changed_windows(arrivals)):
                if not breathe() or not self._compute(batch, breathe):
                    return False
            self._store.record_position(arrivals)
            if arrivals.are_all:
                self.complete_until_s = looked_s

    def _compute(self, batch: Sequence[ChangedWindow], breathe: Callable[[], bool]) -> bool:
        tenant = batch[0].tenant
        traces = self._store.traces(tenant, [each.window for each in batch])
        span_counts = Counter[int]()
        for trace in traces:
            span_counts[trace.window] += trace.span_count
        edges: dict[int, WindowEdges] = {window: {} for window in self._whole(batch, span_counts)}
        untold: list[tuple[int, UntoldCounts]] = []
        for part in _parts((trace for trace in traces if trace.window in edges), self._spans_at_once):
            if not breathe():
                return False
            spans = self._store.spans(tenant, part, PEER_KEYS)
            self.spans += len(spans.span_id)
            table, names = span_table(spans)
            roots = root_probabilities(table)
            for calls in self._calls(tenant, part, table, names, roots):
                _add(edges, calls)
            untold += self._store.untold(tenant, part, untold_traces(table, roots))
        self._store.record(tenant, edges, span_counts, untold)
        self.windows += len(edges)
        return True

    def _whole(self, batch: Sequence[ChangedWindow], span_counts: Mapping[int, int]) -> list[int]:
        """The windows without those of which retention has removed spans since: they keep the edges that they have."""
        before = self._store.span_counts(batch[0].tenant, [each.window for each in batch])
        return [
            each.window
            for each in batch
            if each.may_shrink or span_counts.get(each.window, 0) >= before.get(each.window, 0)
        ]

    def _calls(
        self, tenant: str, traces: Sequence[WindowTrace], table: SpanTable, names: Names, roots: TraceProbabilities
    ) -> Iterator[Calls]:
        windows = {trace.trace_id: trace.window for trace in traces}
        linking = self._store.linking_spans(tenant, traces)
        targets = link_targets(linking)
        # Before the targets are looked for: one that comes in between then changes this window again.
        self._store.record_links(
            tenant,
            ((trace_id, windows[each.span.trace_id]) for each in linking for trace_id, _ in link_targets([each])),
        )
        found = [
            span
            for first in range(0, len(targets), _LINKS_AT_ONCE)
            for span in self._store.linked_spans(tenant, targets[first : first + _LINKS_AT_ONCE])
        ]
        linked_calls, linked = find_linked_calls(linking, found, windows, roots)
        yield linked_calls
        yield find_calls(
            table, names, {halves(trace_id): window for trace_id, window in windows.items()}, roots, linked
        )


def span_table(spans: WindowSpans) -> tuple[SpanTable, Names]:
    """Stored spans as a table, with the peers that their attributes name."""
    nodes, peer = _peers(spans.peer, np.isin(spans.kind, (_PRODUCER, _CONSUMER)))
    table = SpanTable(
        spans.trace_high,
        spans.trace_low,
        spans.span_id,
        spans.parent_span_id,
        spans.start_time_unix_nano,
        spans.duration_ns,
        spans.kind,
        spans.is_error,
        spans.probability,
        spans.service.codes,
        peer,
    )
    return table, Names([service.decode() for service in spans.service.values], nodes)


def _peers(texts: Texts, is_messaging: NDArray[np.bool_]) -> tuple[list[GraphNode | None], Int32s]:
    """All peers, sorted, after None, and the place of each span's."""
    attributes = [read_attributes(text) for text in texts.values]
    by_sort = [[peer_of(each, is_message) for each in attributes] for is_message in (False, True)]
    nodes = sorted({peer for peers in by_sort for peer in peers if peer is not None})
    place_of: dict[GraphNode | None, int] = {None: 0} | {node: place for place, node in enumerate(nodes, 1)}
    places = np.array([[place_of[peer] for peer in peers] for peers in by_sort], np.int32)
    return [None, *nodes], places.reshape(2, -1)[is_messaging.astype(np.int8), texts.codes]


def _batches(changed: Iterable[ChangedWindow]) -> Iterator[list[ChangedWindow]]:
    """Windows of one tenant, not far apart."""
    for _, windows in groupby(changed, key=lambda each: (each.tenant, each.window // _WINDOWS_AT_ONCE)):
        yield list(windows)


def _parts(traces: Iterable[WindowTrace], spans_at_once: int) -> Iterator[list[WindowTrace]]:
    """Traces that end soon, so that few minutes are read for them, and then the others, each time not too many."""
    for _, group in groupby(sorted(traces, key=_is_long), key=_is_long):
        part: list[WindowTrace] = []
        spans = 0
        for trace in group:
            if part and (spans + trace.span_count > spans_at_once or len(part) >= _TRACES_AT_ONCE):
                yield part
                part, spans = [], 0
            part.append(trace)
            spans += trace.span_count
        yield part


def _is_long(trace: WindowTrace) -> bool:
    return trace.last_minute > trace.window + 1


def _add(edges: dict[int, WindowEdges], calls: Calls) -> None:
    for (window, minute, key, probability), figures in calls.items():
        edges[window].setdefault((minute, key, probability), EdgeFigures()).add(figures)
