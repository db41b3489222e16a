"""Reads the service graph."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from clew.model.sampling_weight import weight_of
from clew.model.service_graph import EdgeFigures, EdgeKey, GraphEdge, GraphNode, GraphQuery
from clew.store.engine import Engine
from clew.store.statement import statement

_KEY_COLUMNS = 5


def read_service_graph(engine: Engine, query: GraphQuery) -> list[GraphEdge]:
    """The edges of these minutes, sorted by client, server and kind; empty when nothing called anything."""
    parameters = {
        "tenant": query.tenant,
        "service": query.service or "",
        "any_service": query.service is None,
        "first_minute": query.first_minute,
        "end_minute": query.end_minute,
    }
    rows = engine.read(statement("read_service_graph.sql"), parameters)
    return [_edge(key, list(same)) for key, same in groupby(rows, key=lambda row: row[:_KEY_COLUMNS])]


def _edge(key: Sequence[bytes], rows: Sequence[Any]) -> GraphEdge:
    client_type, client, server_type, server, kind = (text.decode() for text in key)
    figures, stored = EdgeFigures(), EdgeFigures()
    for probability, calls, errors, client_histogram, server_histogram in (row[_KEY_COLUMNS:] for row in rows):
        part = EdgeFigures(calls, errors, _histogram(*client_histogram), _histogram(*server_histogram))
        figures.add(part, weight_of(probability))
        stored.add(part)
    return GraphEdge(
        EdgeKey(GraphNode(client_type, client), GraphNode(server_type, server), kind),
        figures,
        int(stored.call_count),
        int(stored.error_count),
    )


def _histogram(buckets: Sequence[int], counts: Sequence[int]) -> dict[int, float]:
    return dict(zip(buckets, counts, strict=True))
