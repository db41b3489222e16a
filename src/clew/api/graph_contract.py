"""The bodies of answers about rates, errors, durations and the service graph."""

from typing import Annotated

from msgspec import Meta, Struct

from clew.api.contract import EstimatedCount, StoredCount, UnixNano
from clew.model.duration_histogram import RELATIVE_ERROR, Counts, percentile_ns
from clew.model.red import MINUTE_NS, RedFigures, RedQuery, RedSeries, together
from clew.model.service_graph import SERVICE, GraphEdge, GraphNode, GraphQuery

Percentile = Annotated[
    int | None,
    Meta(description="Nanoseconds, at most `percentile_error` away from the exact percentile; null without any"),
]
RelativeError = Annotated[float, Meta(description="How far a percentile may be off, as a fraction of it")]
_RELATIVE_ERROR = round(RELATIVE_ERROR, 4)


class RedPoint(Struct):
    """Spans that start within some minutes."""

    start_time_unix_nano: UnixNano
    seconds: int
    span_count: EstimatedCount
    error_count: EstimatedCount
    stored_span_count: StoredCount
    stored_error_count: StoredCount
    rate_per_s: float
    error_fraction: float
    duration_mean_ns: int | None
    duration_p50_ns: Percentile
    duration_p90_ns: Percentile
    duration_p99_ns: Percentile
    duration_max_ns: int


class ServiceRed(Struct):
    """A service: all minutes together, then each step that has spans."""

    service: str
    total: RedPoint
    steps: list[RedPoint]


class ServiceRedList(Struct):
    """The services that have spans in these minutes, by name."""

    percentile_error: RelativeError
    services: list[ServiceRed]


class ServiceRedAnswer(Struct):
    """One service."""

    percentile_error: RelativeError
    service: str
    total: RedPoint
    steps: list[RedPoint]


class GraphNodeEntry(Struct):
    """A service, or what services say they talk to, with the calls that reach it."""

    id: Annotated[str, Meta(description="`type:name`, by which edges name it")]
    type: Annotated[str, Meta(description="service, database, queue or external")]
    name: str
    call_count: EstimatedCount
    error_count: EstimatedCount
    stored_call_count: StoredCount


class EdgeDurations(Struct):
    """Durations as one side saw them."""

    count: Annotated[int, Meta(description="Calls of which this side sent a span, by weight")]
    p50_ns: Percentile
    p99_ns: Percentile


class GraphEdgeEntry(Struct):
    """Calls from one node to another."""

    client: str
    server: str
    kind: Annotated[str, Meta(description="call, messaging or database")]
    call_count: EstimatedCount
    error_count: EstimatedCount
    stored_call_count: StoredCount
    stored_error_count: StoredCount
    rate_per_s: float
    client_duration: EdgeDurations
    server_duration: EdgeDurations


class ServiceGraph(Struct):
    """Nodes by type and name; edges by client, server and kind."""

    start_time_unix_nano: UnixNano
    end_time_unix_nano: UnixNano
    percentile_error: RelativeError
    nodes: list[GraphNodeEntry]
    edges: list[GraphEdgeEntry]


def service_red_list(series: list[RedSeries], query: RedQuery) -> ServiceRedList:
    """The answer of `GET /red`."""
    ordered = sorted(series, key=lambda each: each.service)
    return ServiceRedList(_RELATIVE_ERROR, [ServiceRed(each.service, *_points(each, query)) for each in ordered])


def service_red(service: str, series: list[RedSeries], query: RedQuery) -> ServiceRedAnswer:
    """The answer of `GET /services/{service}/red`; without spans, a total of nothing."""
    found = next((each for each in series if each.service == service), RedSeries(service, {}))
    return ServiceRedAnswer(_RELATIVE_ERROR, service, *_points(found, query))


def _points(series: RedSeries, query: RedQuery) -> tuple[RedPoint, list[RedPoint]]:
    steps = [
        _point(
            query.first_minute + step * query.step_minutes,
            min(query.first_minute + (step + 1) * query.step_minutes, query.end_minute),
            figures,
        )
        for step, figures in sorted(series.steps.items())
    ]
    return _point(query.first_minute, query.end_minute, together(series.steps.values())), steps


def _point(first_minute: int, end_minute: int, figures: RedFigures) -> RedPoint:
    seconds = (end_minute - first_minute) * 60
    p50_ns, p90_ns, p99_ns = (
        percentile_ns(figures.histogram, fraction, figures.duration_max_ns) for fraction in (0.5, 0.9, 0.99)
    )
    count = figures.span_count
    return RedPoint(
        start_time_unix_nano=str(first_minute * MINUTE_NS),
        seconds=seconds,
        span_count=round(count),
        error_count=round(figures.error_count),
        stored_span_count=figures.stored_span_count,
        stored_error_count=figures.stored_error_count,
        rate_per_s=count / seconds,
        error_fraction=figures.error_count / count if count else 0.0,
        duration_mean_ns=round(figures.duration_sum_ns // count) if count else None,
        duration_p50_ns=p50_ns,
        duration_p90_ns=p90_ns,
        duration_p99_ns=p99_ns,
        duration_max_ns=figures.duration_max_ns,
    )


def service_graph(edges: list[GraphEdge], query: GraphQuery) -> ServiceGraph:
    """The answer of `GET /graph`."""
    ordered = sorted(edges, key=lambda edge: edge.key)
    seconds = (query.end_minute - query.first_minute) * 60
    return ServiceGraph(
        str(query.first_minute * MINUTE_NS),
        str(query.end_minute * MINUTE_NS),
        _RELATIVE_ERROR,
        _nodes(ordered, query.service),
        [_edge(edge, seconds) for edge in ordered],
    )


def _nodes(edges: list[GraphEdge], service: str | None) -> list[GraphNodeEntry]:
    reached: dict[GraphNode, list[GraphEdge]] = {} if service is None else {GraphNode(SERVICE, service): []}
    for edge in edges:
        reached.setdefault(edge.key.client, [])
        reached.setdefault(edge.key.server, []).append(edge)
    return [_node(node, reached[node]) for node in sorted(reached)]


def _node(node: GraphNode, edges: list[GraphEdge]) -> GraphNodeEntry:
    return GraphNodeEntry(
        _node_id(node),
        node.type,
        node.name,
        round(sum(edge.figures.call_count for edge in edges)),
        round(sum(edge.figures.error_count for edge in edges)),
        sum(edge.stored_call_count for edge in edges),
    )


def _edge(edge: GraphEdge, seconds: int) -> GraphEdgeEntry:
    figures = edge.figures
    return GraphEdgeEntry(
        _node_id(edge.key.client),
        _node_id(edge.key.server),
        edge.key.kind,
        round(figures.call_count),
        round(figures.error_count),
        edge.stored_call_count,
        edge.stored_error_count,
        figures.call_count / seconds,
        _durations(figures.client_histogram),
        _durations(figures.server_histogram),
    )


def _durations(histogram: Counts) -> EdgeDurations:
    return EdgeDurations(round(sum(histogram.values())), percentile_ns(histogram, 0.5), percentile_ns(histogram, 0.99))


def _node_id(node: GraphNode) -> str:
    return f"{node.type}:{node.name}"
