"""Reads the service graph."""

from collections.abc import Sequence

from clew.model.service_graph import EdgeFigures, EdgeKey, GraphEdge, GraphNode, GraphQuery
from clew.store.engine import Engine
from clew.store.statement import statement


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
    return [
        GraphEdge(
            EdgeKey(
                GraphNode(client_type.decode(), client.decode()),
                GraphNode(server_type.decode(), server.decode()),
                kind.decode(),
            ),
            EdgeFigures(calls, errors, _histogram(*client_histogram), _histogram(*server_histogram)),
        )
        for client_type, client, server_type, server, kind, calls, errors, client_histogram, server_histogram in rows
    ]


def _histogram(buckets: Sequence[int], counts: Sequence[int]) -> dict[int, int]:
    return dict(zip(buckets, counts, strict=True))
