"""Finds the calls between services in the spans of whole traces: vectorised, about 1 us a span; pure.

A *call* is a pair of a span and its parent in another service, or a server (consumer) span and its client (producer)
parent in the same one. Spans whose parent is in their own service are inner work and no calls. A client or producer
span whose other side sent nothing is a call to what its attributes name, and a consumer span without a producer is
one from the queue that they name.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from clew.analyse.span_table import NO_ROW, Family, SpanTable, TraceProbabilities, find_family
from clew.model.duration_histogram import BUCKETS_PER_DOUBLING, ZERO_BUCKET
from clew.model.red import MINUTE_NS
from clew.model.service_graph import (
    CALL,
    DATABASE,
    DATABASE_CALL,
    EXTERNAL,
    MESSAGING,
    QUEUE,
    SERVICE,
    EdgeFigures,
    EdgeKey,
    GraphNode,
)
from clew.store.span_columns import Float64s, Int64s

SpanKey = tuple[int, int, int, str, int, int]
"""Trace id in two halves, span id, service, start, duration: spans that have all of these in common are copies."""
WindowEdge = tuple[int, int, EdgeKey, float]
"""The minute in which the trace starts, that of the call, the edge, and the probability by which the call was kept."""
Calls = dict[WindowEdge, EdgeFigures]

_SERVER, _CLIENT, _PRODUCER, _CONSUMER = 2, 3, 4, 5
_EDGE_KIND_OF_PEER = {DATABASE: DATABASE_CALL, QUEUE: MESSAGING, EXTERNAL: CALL}
_EDGE_KINDS = (CALL, MESSAGING, DATABASE_CALL)
_NO_DURATION = ZERO_BUCKET - 1
_BUCKETS = 512
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Names:
    """What the places in a SpanTable stand for; `peers[0]` is no peer."""

    services: Sequence[str]
    peers: Sequence[GraphNode | None]


@dataclass(frozen=True, slots=True)
class _Edges:
    """Arrays of one length, a call each; nodes are numbered, services first; `row` says which trace and minute."""

    row: Int64s
    client: Int64s
    server: Int64s
    kind: Int64s
    is_error: Flags
    client_bucket: Int64s
    server_bucket: Int64s


def find_calls(
    table: SpanTable,
    names: Names,
    windows: Mapping[tuple[int, int], int],
    roots: TraceProbabilities,
    linked: Collection[SpanKey] = (),
) -> Calls:
    """The calls of whole traces, by window, minute and edge.

    `windows` has the minute in which each trace starts, `roots` what `root_probabilities` finds; `linked` are the
    consumer spans whose links found producers.
    """
    if not len(table):
        return {}
    table = table.sorted()
    family = find_family(table)
    is_call = _crossing(table, family)
    edges = [_spans_to_parents(table, family, is_call), *_to_peers(table, family, is_call, names, linked)]
    nodes = [*(GraphNode(SERVICE, name) for name in names.services), *_peers(names)]
    traces = _traces(table, family)
    window = np.array([windows[trace] for trace in traces], np.int64)[family.trace]
    of_root = np.array([roots.get(trace, 0.0) for trace in traces])[family.trace]
    probability = np.where(table.probability > 0, table.probability, of_root)
    return _added_up(edges, table, window, probability, nodes)


def _peers(names: Names) -> list[GraphNode]:
    return [peer or GraphNode(EXTERNAL, "") for peer in names.peers]


def _crossing(table: SpanTable, family: Family) -> Flags:
    """Which rows are the answering side of a call."""
    has_parent = family.parent != NO_ROW
    parent_service = np.where(has_parent, table.service[family.parent], table.service)
    parent_kind = np.where(has_parent, table.kind[family.parent], 0)
    enters = np.isin(table.kind, (_SERVER, _CONSUMER)) & np.isin(parent_kind, (_CLIENT, _PRODUCER))
    crosses: Flags = has_parent & ((parent_service != table.service) | enters)
    return crosses


def _spans_to_parents(table: SpanTable, family: Family, is_call: Flags) -> _Edges:
    row = np.flatnonzero(is_call)
    parent = family.parent[row]
    asks = np.isin(table.kind[parent], (_CLIENT, _PRODUCER))
    answers = ~np.isin(table.kind[row], (_CLIENT, _PRODUCER))
    is_messaging = (table.kind[row] == _CONSUMER) | (table.kind[parent] == _PRODUCER)
    buckets = buckets_of(table.duration_ns)
    return _Edges(
        row=row,
        client=table.service[parent].astype(np.int64),
        server=table.service[row].astype(np.int64),
        kind=np.where(is_messaging, _EDGE_KINDS.index(MESSAGING), _EDGE_KINDS.index(CALL)),
        is_error=(table.is_error[row] != 0) | (asks & (table.is_error[parent] != 0)),
        client_bucket=np.where(asks, buckets[parent], _NO_DURATION),
        server_bucket=np.where(answers, buckets[row], _NO_DURATION),
    )


def _to_peers(
    table: SpanTable, family: Family, is_call: Flags, names: Names, linked: Collection[SpanKey]
) -> list[_Edges]:
    """Calls whose other side sent no span: outgoing ones, then incoming messages."""
    kinds = np.array([_edge_kind(peer) for peer in names.peers])
    going_out = np.flatnonzero(_asks_outside(table, family, is_call))
    from_queue = np.flatnonzero(_comes_from_queue(table, family, is_call, names))
    coming_in = _without_links(table, from_queue, names.services, linked)
    return [
        _to_peer(table, going_out, kinds, len(names.services)),
        _turned(_to_peer(table, coming_in, kinds, len(names.services))),
    ]


def _asks_outside(table: SpanTable, family: Family, is_call: Flags) -> Flags:
    """Client and producer spans that nobody answered, and within which no other span of the service asks."""
    asks = np.isin(table.kind, (_CLIENT, _PRODUCER))
    passes_on = (family.parent != NO_ROW) & (is_call | asks)
    answered = np.zeros(int(family.group[-1]) + 1, np.bool_)
    # All rows of a group: a span that came twice has its children under one of the two.
    answered[family.group[family.parent[passes_on]]] = True
    outside: Flags = asks & (table.peer != 0) & ~answered[family.group]
    return outside


def _comes_from_queue(table: SpanTable, family: Family, is_call: Flags, names: Names) -> Flags:
    """Consumer spans without a producer that aren't inside another consumer span (receive, then process)."""
    is_queue = np.array([peer is not None and peer.type == QUEUE for peer in names.peers])
    inside = (family.parent != NO_ROW) & (table.kind[family.parent] == _CONSUMER)
    from_queue: Flags = (table.kind == _CONSUMER) & is_queue[table.peer] & ~is_call & ~inside
    return from_queue


def _without_links(table: SpanTable, rows: Int64s, services: Sequence[str], linked: Collection[SpanKey]) -> Int64s:
    if not linked:
        return rows
    keys = zip(
        table.trace_high[rows].tolist(),
        table.trace_low[rows].tolist(),
        table.span_id[rows].tolist(),
        [services[service] for service in table.service[rows].tolist()],
        table.start_time_unix_nano[rows].tolist(),
        table.duration_ns[rows].tolist(),
        strict=True,
    )
    return rows[np.array([key not in linked for key in keys], np.bool_)]


def _to_peer(table: SpanTable, row: Int64s, kinds: Int64s, services: int) -> _Edges:
    return _Edges(
        row=row,
        client=table.service[row].astype(np.int64),
        server=table.peer[row].astype(np.int64) + services,
        kind=kinds[table.peer[row]],
        is_error=table.is_error[row] != 0,
        client_bucket=buckets_of(table.duration_ns[row]),
        server_bucket=np.full(len(row), _NO_DURATION, np.int64),
    )


def _turned(edges: _Edges) -> _Edges:
    return replace(
        edges,
        client=edges.server,
        server=edges.client,
        client_bucket=edges.server_bucket,
        server_bucket=edges.client_bucket,
    )


def _edge_kind(peer: GraphNode | None) -> int:
    return 0 if peer is None else _EDGE_KINDS.index(_EDGE_KIND_OF_PEER[peer.type])


def buckets_of(durations_ns: Int64s) -> Int64s:
    """The bucket of each duration, as `duration_histogram.bucket_of` has it."""
    exponents = np.log2(np.maximum(durations_ns, 1).astype(np.float64))
    buckets = np.floor(BUCKETS_PER_DOUBLING * exponents).astype(np.int64)
    return np.where(durations_ns > 0, buckets, ZERO_BUCKET)


def _traces(table: SpanTable, family: Family) -> list[tuple[int, int]]:
    """The id of each trace, in halves, by its number."""
    first = np.searchsorted(family.trace, np.arange(int(family.trace[-1]) + 1))
    return list(zip(table.trace_high[first].tolist(), table.trace_low[first].tolist(), strict=True))


def _added_up(
    edges: Sequence[_Edges], table: SpanTable, window: Int64s, probability: Float64s, nodes: Sequence[GraphNode]
) -> Calls:
    row, client, server, kind, client_bucket, server_bucket, is_error = (
        np.concatenate([getattr(each, name) for each in edges])
        for name in ("row", "client", "server", "kind", "client_bucket", "server_bucket", "is_error")
    )
    minute = (table.start_time_unix_nano[row] // np.uint64(MINUTE_NS)).astype(np.int64)
    distinct = (window[row], minute, client, server, kind, probability[row])
    first, place = _distinct(distinct)
    calls = np.bincount(place, minlength=len(first)).tolist()
    errors = np.bincount(place[is_error], minlength=len(first)).tolist()
    found = [EdgeFigures(*counts) for counts in zip(calls, errors, strict=True)]
    for number, bucket, count in _counted(place, client_bucket):
        found[number].client_histogram[bucket] = count
    for number, bucket, count in _counted(place, server_bucket):
        found[number].server_histogram[bucket] = count
    keys = [
        _window_edge(values, nodes) for values in zip(*(column[first].tolist() for column in distinct), strict=True)
    ]
    added: Calls = {}
    for key, figures in zip(keys, found, strict=True):  # two numbers may stand for one node
        added.setdefault(key, EdgeFigures()).add(figures)
    return added


def _distinct(columns: Sequence[Int64s | Float64s]) -> tuple[Int64s, Int64s]:
    """A row of each combination of values, and for each row the place of its combination in that."""
    place, first = np.zeros(len(columns[0]), np.int64), np.zeros(min(1, len(columns[0])), np.int64)
    for column in columns:
        values, codes = np.unique(column, return_inverse=True)
        _, first, place = np.unique(place * len(values) + codes.reshape(-1), return_index=True, return_inverse=True)
        place = place.reshape(-1).astype(np.int64)
    return first, place


def _window_edge(values: tuple[int, int, int, int, int, float], nodes: Sequence[GraphNode]) -> WindowEdge:
    window, minute, client, server, kind, probability = values
    return window, minute, EdgeKey(nodes[client], nodes[server], _EDGE_KINDS[kind]), probability


def _counted(place: Int64s, bucket: Int64s) -> list[tuple[int, int, int]]:
    known = bucket != _NO_DURATION
    packed, counts = np.unique(place[known] * _BUCKETS + (bucket[known] - ZERO_BUCKET), return_counts=True)
    return [
        (number // _BUCKETS, number % _BUCKETS + ZERO_BUCKET, count)
        for number, count in zip(packed.tolist(), counts.tolist(), strict=True)
    ]
