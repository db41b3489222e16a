"""Everything that can be asked of the stored traces."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from clew.errors import NotFound, Overloaded, QueryTooExpensive
from clew.model.red import RedQuery, RedSeries
from clew.model.service_graph import SERVICE, EdgeKey, GraphEdge, GraphNode, GraphQuery
from clew.model.trace import AttributeKey, AttributeValue, MatchHistogram, Operation, ServiceSummary, TracePage
from clew.query.cursor import encode_cursor
from clew.query.match_histogram import count_matching
from clew.query.open_traces import OpenTraces
from clew.query.search import TraceQuery
from clew.query.search_plan import condition_of
from clew.query.service_names import ServiceNames
from clew.query.slices import Density
from clew.query.trace_opener import TraceOpener
from clew.query.trace_search import TraceSearch
from clew.query.trace_window import TraceWindows
from clew.store.engine import Engine
from clew.store.read import (
    find_trace_minutes,
    list_attribute_keys,
    list_attribute_values,
    list_operations,
    list_services,
    read_logs,
    read_traces,
)
from clew.store.read_graph import read_service_graph
from clew.store.read_red import read_red
from clew.store.span_columns import UInt64s

MAX_WHOLE_SPANS = 50_000
"""In one answer: 2.5 s and 0.15 GB."""
_WHOLE_TRACES = 2
"""A trace of 200,000 spans takes about 0.5 GB while it is read."""
_WHOLE_TRACE_WAIT_S = 10.0


class StoredTraces:
    """Answers from the engine; every method blocks, and any number of threads may call."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._density = Density()
        self._names = ServiceNames(engine)
        self._open_traces = OpenTraces(engine)
        self._opener = TraceOpener(engine, self._open_traces)
        self._whole_traces = threading.BoundedSemaphore(_WHOLE_TRACES)

    def start(self) -> None:
        """Begin to open huge traces before anybody asks; without that, the first window waits until one is open."""
        self._opener.start()

    def stop(self) -> None:
        """End what `start` began; questions are answered as before."""
        self._opener.stop()

    def services(self, tenant: str) -> list[ServiceSummary]:
        """Every service that sent a span, by name."""
        services = list_services(self._engine, tenant)
        shown = self._names.shown(tenant, [service.name for service in services])
        renamed = [replace(service, name=shown.get(service.name, service.name)) for service in services]
        return sorted(renamed, key=lambda service: service.name) if shown else services

    def operations(self, tenant: str, service: str) -> list[Operation]:
        """Every operation of a service, by name; empty for an unknown service."""
        names = [service, *self._names.stored(tenant, service)]
        return [operation for name in names for operation in list_operations(self._engine, tenant, name)]

    def search_traces(self, query: TraceQuery) -> TracePage:
        """A page of the traces that match, newest first; complete over all pages."""
        condition = self._names.meant(query.tenant, condition_of(query))
        summaries = TraceSearch(self._engine, query, self._density, condition).run()
        page = self._names.in_summaries(query.tenant, summaries[: query.limit])
        return TracePage(page, encode_cursor(query, page[-1]) if len(summaries) > query.limit else None)

    def count_matches(self, query: TraceQuery, buckets: int) -> MatchHistogram:
        """How many spans and traces match, over time; the query needs a start and an end."""
        condition = self._names.meant(query.tenant, condition_of(query))
        return count_matching(self._engine, query, condition, buckets)

    def trace(self, tenant: str, trace_id: bytes) -> TracesData:
        """All spans of a trace. Raises NotFound when there are none, Overloaded when too many are being read."""
        span_count, minutes = find_trace_minutes(self._engine, tenant, [trace_id])
        _refuse_huge(trace_id, span_count)
        if not self._whole_traces.acquire(timeout=_WHOLE_TRACE_WAIT_S):
            raise Overloaded("too many large traces are being read; ask again in a moment")
        try:
            (data,) = read_traces(self._engine, tenant, [trace_id], minutes)
        finally:
            self._whole_traces.release()
        if not data.resource_spans:
            raise NotFound(f"no span of trace {trace_id.hex()} is stored here; it may be late, or its id mistyped")
        return data

    def windows(self, tenant: str, trace_id: bytes) -> TraceWindows:
        """The trace opened for windows; a huge one may lack spans that came in the last second. Raises NotFound."""
        return self._open_traces.windows(tenant, trace_id)

    def trace_parts(self, tenant: str, trace_id: bytes, part_spans: int) -> Iterator[TracesData]:
        """All spans of a trace, whole, by start, about so many at a time."""
        return self._open_traces.parts(tenant, trace_id, part_spans)

    def span(self, tenant: str, trace_id: bytes, ref: str) -> TracesData:
        """One span, whole. Raises BadQuery for what is no ref, NotFound."""
        return self._open_traces.span(tenant, trace_id, ref)

    def span_logs(self, tenant: str, trace_id: bytes, ref: str) -> LogsData:
        """The log records of a span, oldest first; empty when there are none."""
        return self._open_traces.span_logs(tenant, trace_id, ref)

    def ids_with_attribute(self, tenant: str, trace_id: bytes, key: str, typed: str) -> UInt64s:
        """The ids of a trace's spans that have the attribute. Raises NotFound for an unknown trace."""
        return self._open_traces.ids_with_attribute(tenant, trace_id, key, typed)

    def traces(self, tenant: str, trace_ids: Sequence[bytes]) -> list[TracesData]:
        """One message per id, in the order asked; empty for an unknown one."""
        return read_traces(self._engine, tenant, trace_ids)

    def logs(self, tenant: str, trace_id: bytes) -> LogsData:
        """The log records of a trace, oldest first; empty when there are none."""
        return read_logs(self._engine, tenant, trace_id)

    def attribute_keys(self, tenant: str, prefix: str, limit: int) -> list[AttributeKey]:
        """Attribute names that start with the prefix."""
        return list_attribute_keys(self._engine, tenant, prefix, limit)

    def attribute_values(self, tenant: str, key: str, prefix: str, limit: int) -> list[AttributeValue]:
        """Values of an attribute that start with the prefix, the most frequent first."""
        return list_attribute_values(self._engine, tenant, key, prefix, limit)

    def red(self, query: RedQuery) -> list[RedSeries]:
        """Rate, errors and durations of each service that has such spans in these minutes, by name."""
        series = [
            each
            for name in self._names_of(query.tenant, query.service)
            for each in read_red(self._engine, replace(query, service=name))
        ]
        shown = self._names.shown(query.tenant, [each.service for each in series])
        renamed = [replace(each, service=shown.get(each.service, each.service)) for each in series]
        return sorted(renamed, key=lambda each: each.service) if shown else series

    def service_graph(self, query: GraphQuery) -> list[GraphEdge]:
        """The edges of these minutes, by client, server and kind; as far as the analyst has got."""
        edges = {
            edge.key: edge
            for name in self._names_of(query.tenant, query.service)
            for edge in read_service_graph(self._engine, replace(query, service=name))
        }
        nodes = {node for key in edges for node in (key.client, key.server) if node.type == SERVICE}
        shown = self._names.shown(query.tenant, [node.name for node in nodes])
        if not shown:
            return list(edges.values())
        renamed = [replace(edge, key=_renamed(edge.key, shown)) for edge in edges.values()]
        return sorted(renamed, key=lambda edge: edge.key)

    def _names_of(self, tenant: str, service: str | None) -> list[str | None]:
        return [service] if service is None else [service, *self._names.stored(tenant, service)]


def _renamed(key: EdgeKey, shown: Mapping[str, str]) -> EdgeKey:
    client, server = (
        GraphNode(node.type, shown.get(node.name, node.name) if node.type == SERVICE else node.name)
        for node in (key.client, key.server)
    )
    return EdgeKey(client, server, key.kind)


def _refuse_huge(trace_id: bytes, span_count: int) -> None:
    if span_count > MAX_WHOLE_SPANS:
        raise QueryTooExpensive(
            f"the trace has {span_count:,} spans, and {MAX_WHOLE_SPANS:,} is the most that one answer has; "
            f"ask for windows of it: /traces/{trace_id.hex()}/tree, /window or /find, or export it"
        )
