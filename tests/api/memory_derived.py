"""Rates and the service graph of traces in memory: one step and calls to parents, without an engine."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from clew.model.duration_histogram import bucket_of
from clew.model.red import MINUTE_NS, RedFigures, RedQuery, RedSeries
from clew.model.service_graph import CALL, SERVICE, EdgeFigures, EdgeKey, GraphEdge, GraphNode, GraphQuery

Pairs = Iterable[tuple[str, Span]]


def red_of(pairs: Pairs, query: RedQuery) -> list[RedSeries]:
    """A series for each service, with all its spans in the first step."""
    by_service: dict[str, list[Span]] = defaultdict(list)
    for service, span in pairs:
        minute = span.start_time_unix_nano // MINUTE_NS
        if query.service in (None, service) and query.first_minute <= minute < query.end_minute:
            by_service[service].append(span)
    return [RedSeries(service, {0: _figures(spans)}) for service, spans in by_service.items()]


def graph_of(pairs: Pairs, query: GraphQuery) -> list[GraphEdge]:
    """A call for each span whose parent is in another service."""
    listed = list(pairs)
    services = {(span.trace_id, span.span_id): service for service, span in listed}
    edges: dict[EdgeKey, EdgeFigures] = defaultdict(EdgeFigures)
    for service, span in listed:
        caller = services.get((span.trace_id, span.parent_span_id), service)
        if caller != service and query.service in (None, caller, service):
            failed = int(span.status.code == Status.STATUS_CODE_ERROR)
            histogram: dict[int, float] = {bucket_of(span.end_time_unix_nano - span.start_time_unix_nano): 1}
            key = EdgeKey(GraphNode(SERVICE, caller), GraphNode(SERVICE, service), CALL)
            edges[key].add(EdgeFigures(1, failed, {}, histogram))
    return [
        GraphEdge(key, figures, int(figures.call_count), int(figures.error_count)) for key, figures in edges.items()
    ]


def _figures(spans: list[Span]) -> RedFigures:
    durations = [span.end_time_unix_nano - span.start_time_unix_nano for span in spans]
    errors = sum(span.status.code == Status.STATUS_CODE_ERROR for span in spans)
    buckets = Counter(map(bucket_of, durations))
    return RedFigures(len(spans), errors, sum(durations), max(durations), buckets, len(spans), errors)
