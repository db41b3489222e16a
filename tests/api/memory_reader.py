"""A TraceReader and a SystemStatus that keep everything in memory: the interface, without an engine."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status, TracesData

from clew.api.ports import JournalStatus, StatusReport, StoreStatus
from clew.errors import BadQuery, NotFound, QueryTooExpensive
from clew.model.metric import Metric
from clew.model.red import RedQuery, RedSeries
from clew.model.service_graph import GraphEdge, GraphQuery
from clew.model.trace import (
    SPAN_KINDS,
    AttributeKey,
    AttributeValue,
    MatchBucket,
    MatchHistogram,
    Operation,
    ServiceSummary,
    TracePage,
    TraceSummary,
)
from clew.query.search import TraceQuery
from clew.query.span_ref import parse_ref
from clew.query.trace_index import build_index
from clew.query.trace_window import TraceWindows
from clew.store.span_columns import SpanColumns, UInt64s
from tests.api.memory_derived import graph_of, red_of

START_NS = 1_763_719_200_000_000_000
MS = 1_000_000


def make_span(name: str, span_id: int, parent_id: int = 0, start_ms: int = 0, length_ms: int = 10) -> Span:
    """A server span that begins `start_ms` after START_NS; parent 0 is none."""
    return Span(
        span_id=span_id.to_bytes(8, "big"),
        parent_span_id=parent_id.to_bytes(8, "big") if parent_id else b"",
        name=name,
        kind=Span.SPAN_KIND_SERVER,
        start_time_unix_nano=START_NS + start_ms * MS,
        end_time_unix_nano=START_NS + (start_ms + length_ms) * MS,
    )


def make_trace(trace_id: int, spans_by_service: dict[str, list[Span]]) -> TracesData:
    """A trace from spans by service; sets their trace id."""
    trace = TracesData()
    for service, spans in spans_by_service.items():
        block = trace.resource_spans.add()
        block.resource.attributes.add(key="service.name", value=AnyValue(string_value=service))
        scope_spans = block.scope_spans.add()
        for span in spans:
            span.trace_id = trace_id.to_bytes(16, "big")
            scope_spans.spans.append(span)
    return trace


def spans_with_service(trace: TracesData) -> Iterator[tuple[str, Span]]:
    """Each span of a trace with the name of its service."""
    for block in trace.resource_spans:
        names = [a.value.string_value for a in block.resource.attributes if a.key == "service.name"]
        for scope_spans in block.scope_spans:
            for span in scope_spans.spans:
                yield (names or [""])[0], span


class MemoryReader:
    """Holds traces (and log records by trace id); a cursor is the number of traces already shown."""

    def __init__(self, traces: Iterable[TracesData] = ()) -> None:
        self.held = {_trace_id(trace): trace for trace in traces}
        self.log_records: dict[bytes, LogsData] = {}
        self.queries: list[TraceQuery] = []
        self.most_spans = 1000
        self.newer_span_count = 0

    def services(self, tenant: str) -> list[ServiceSummary]:
        spans = [pair for trace in self.held.values() for pair in spans_with_service(trace)]
        counts = Counter(service for service, _ in spans)
        errors = Counter(service for service, span in spans if _failed(span))
        seen = {service: span.end_time_unix_nano for service, span in spans}
        return [
            ServiceSummary(name, counts[name], errors[name], seen[name], counts[name])
            for name in reversed(list(counts))
        ]

    def operations(self, tenant: str, service: str) -> list[Operation]:
        spans = [span for trace in self.held.values() for name, span in spans_with_service(trace) if name == service]
        counts = Counter((span.name, SPAN_KINDS[span.kind]) for span in spans)
        return [Operation(name, kind, count, 0, count) for (name, kind), count in counts.items()]

    def search_traces(self, query: TraceQuery) -> TracePage:
        self.queries.append(query)
        if query.cursor is not None and not query.cursor.isdigit():
            raise BadQuery("cursor", "is not from this search; leave it out")
        found = [summarise(trace) for trace in self.held.values() if _matches(trace, query)]
        found.sort(key=lambda summary: (-summary.start_time_unix_nano, summary.trace_id))
        begin = int(query.cursor or 0)
        end = begin + query.limit
        return TracePage(tuple(found[begin:end]), str(end) if end < len(found) else None)

    def count_matches(self, query: TraceQuery, buckets: int) -> MatchHistogram:
        self.queries.append(query)
        if query.start_ns is None or query.end_ns is None:
            raise BadQuery("end", "is missing; give both")
        found = [summarise(trace) for trace in self.held.values() if _matches(trace, query)]
        spans = sum(summary.span_count for summary in found)
        width_ns = query.end_ns - query.start_ns
        return MatchHistogram((MatchBucket(query.start_ns, spans, len(found)),), width_ns, spans, len(found))

    def trace(self, tenant: str, trace_id: bytes) -> TracesData:
        trace = self._held(trace_id)
        if len(list(spans_with_service(trace))) > self.most_spans:
            raise QueryTooExpensive("too many spans for one answer; ask for windows")
        return trace

    def _held(self, trace_id: bytes) -> TracesData:
        if trace_id not in self.held:
            raise NotFound(f"no trace {trace_id.hex()} is stored here; it may not have arrived yet")
        return self.held[trace_id]

    def windows(self, tenant: str, trace_id: bytes) -> TraceWindows:
        return TraceWindows(build_index(_columns(self._held(trace_id))), self.newer_span_count)

    def trace_parts(self, tenant: str, trace_id: bytes, part_spans: int) -> Iterator[TracesData]:
        for service, span in spans_with_service(self._held(trace_id)):
            yield make_trace(int.from_bytes(trace_id, "big"), {service: [span]})

    def span(self, tenant: str, trace_id: bytes, ref: str) -> TracesData:
        span_id, twin = parse_ref(ref)
        found = TracesData()
        for block in self._held(trace_id).resource_spans:
            kept = found.resource_spans.add(resource=block.resource).scope_spans.add()
            kept.spans.extend(each for scoped in block.scope_spans for each in scoped.spans if each.span_id == span_id)
        if not _keep_one(found, twin):
            raise NotFound(f"no span {ref} is in this trace")
        return found

    def span_logs(self, tenant: str, trace_id: bytes, ref: str) -> LogsData:
        parse_ref(ref)
        return self.logs(tenant, trace_id)

    def ids_with_attribute(self, tenant: str, trace_id: bytes, key: str, typed: str) -> UInt64s:
        spans = [span for _, span in spans_with_service(self._held(trace_id))]
        wanted = (key, typed)
        found = [each for each in spans if wanted in {(a.key, a.value.string_value) for a in each.attributes}]
        return np.array([int.from_bytes(span.span_id, "big") for span in found], np.uint64)

    def logs(self, tenant: str, trace_id: bytes) -> LogsData:
        return self.log_records.get(trace_id, LogsData())

    def traces(self, tenant: str, trace_ids: Sequence[bytes]) -> list[TracesData]:
        return [self.held.get(trace_id, TracesData()) for trace_id in trace_ids]

    def attribute_keys(self, tenant: str, prefix: str, limit: int) -> list[AttributeKey]:
        keys = {a.key for trace in self.held.values() for _, span in spans_with_service(trace) for a in span.attributes}
        return [AttributeKey(key, ("span",), ("string",)) for key in keys if key.startswith(prefix)][:limit]

    def attribute_values(self, tenant: str, key: str, prefix: str, limit: int) -> list[AttributeValue]:
        spans = [span for trace in self.held.values() for _, span in spans_with_service(trace)]
        values = Counter(a.value.string_value for span in spans for a in span.attributes if a.key == key)
        found = [AttributeValue(text, "string", count) for text, count in values.most_common()]
        return [value for value in found if value.value.startswith(prefix)][:limit]

    def red(self, query: RedQuery) -> list[RedSeries]:
        return red_of((pair for trace in self.held.values() for pair in spans_with_service(trace)), query)

    def service_graph(self, query: GraphQuery) -> list[GraphEdge]:
        return graph_of((pair for trace in self.held.values() for pair in spans_with_service(trace)), query)


class MemorySystem:
    """A system whose figures a test sets."""

    def __init__(self) -> None:
        self.not_ready: str | None = None
        self.families: list[Metric] = []
        self.report = StatusReport("0.1.0", JournalStatus(0, 0, 3, 3), StoreStatus(3, 2, 0, 400))

    def status(self) -> StatusReport:
        return self.report

    def metrics(self) -> list[Metric]:
        return self.families

    def ready(self) -> str | None:
        return self.not_ready


def summarise(trace: TracesData) -> TraceSummary:
    """The summary of one trace."""
    spans = list(spans_with_service(trace))
    root_service, root = min(spans, key=lambda pair: (pair[1].parent_span_id != b"", pair[1].start_time_unix_nano))
    start = min(span.start_time_unix_nano for _, span in spans)
    return TraceSummary(
        trace_id=root.trace_id.hex(),
        root_service=root_service,
        root_name=root.name,
        start_time_unix_nano=start,
        duration_ns=max(span.end_time_unix_nano for _, span in spans) - start,
        span_count=len(spans),
        error_count=sum(_failed(span) for _, span in spans),
        services=tuple(sorted({service for service, _ in spans})),
    )


def _columns(trace: TracesData) -> SpanColumns:
    pairs = list(spans_with_service(trace))
    spans = [span for _, span in pairs]
    services = tuple(sorted({service.encode() for service, _ in pairs}))
    names = tuple(sorted({span.name.encode() for span in spans}))
    return SpanColumns(
        span_id=np.array([int.from_bytes(span.span_id, "big") for span in spans], np.uint64),
        parent_span_id=np.array([int.from_bytes(span.parent_span_id, "big") for span in spans], np.uint64),
        start_time_unix_nano=np.array([span.start_time_unix_nano for span in spans], np.uint64),
        duration_ns=np.array([span.end_time_unix_nano - span.start_time_unix_nano for span in spans], np.int64),
        kind=np.array([span.kind for span in spans], np.int32),
        status_code=np.array([span.status.code for span in spans], np.uint8),
        service=np.array([services.index(service.encode()) for service, _ in pairs], np.int32),
        name=np.array([names.index(span.name.encode()) for span in spans], np.int32),
        services=services,
        names=names,
    )


def _trace_id(trace: TracesData) -> bytes:
    return next(span.trace_id for _, span in spans_with_service(trace))


def _failed(span: Span) -> bool:
    return span.status.code == Status.STATUS_CODE_ERROR


def _matches(trace: TracesData, query: TraceQuery) -> bool:
    summary = summarise(trace)
    return (
        (query.min_duration_ns is None or summary.duration_ns >= query.min_duration_ns)
        and (query.max_duration_ns is None or summary.duration_ns <= query.max_duration_ns)
        and (query.start_ns is None or summary.start_time_unix_nano >= query.start_ns)
        and (query.end_ns is None or summary.start_time_unix_nano < query.end_ns)
        and any(_span_matches(service, span, query) for service, span in spans_with_service(trace))
    )


def _span_matches(service: str, span: Span, query: TraceQuery) -> bool:
    attributes = {(a.key, a.value.string_value) for a in span.attributes}
    return (
        query.service in (None, service)
        and query.operation in (None, span.name)
        and (not query.error_only or _failed(span))
        and attributes.issuperset(query.attributes)
    )


def _keep_one(spans: TracesData, twin: int) -> bool:
    """Leave only the span of that number by start, with its resource and scope; False when there aren't so many.

    The order is that of `order_by_start`, for spans of one id.
    """
    groups = [scoped.spans for block in spans.resource_spans for scoped in block.scope_spans]
    ordered = sorted(
        (_order(span), group, place) for group, held in enumerate(groups) for place, span in enumerate(held)
    )
    for _, group, place in sorted(ordered[:twin] + ordered[twin + 1 :], key=lambda item: -item[2]):
        del groups[group][place]
    for block in spans.resource_spans:
        for empty in [scoped for scoped in block.scope_spans if not scoped.spans]:
            block.scope_spans.remove(empty)
    for block in [block for block in spans.resource_spans if not block.scope_spans]:
        spans.resource_spans.remove(block)
    return twin < len(ordered)


def _order(span: Span) -> tuple[int, int, int, int, bytes]:
    length_ns = (span.end_time_unix_nano - span.start_time_unix_nano + 2**63) % 2**64 - 2**63
    shown_status = span.status.code if span.status.code in (1, 2) else 0
    return span.start_time_unix_nano, length_ns, span.kind, shown_status, span.parent_span_id
