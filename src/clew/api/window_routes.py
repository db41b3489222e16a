"""Routes for parts of a trace: what a trace of a million spans is read by."""

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import SkipValidation

from clew.api.otlp_answer import PROTOBUF, JsonOrProtobuf, otlp_answer
from clew.api.otlp_schema import LogsDocument, TracesDocument
from clew.api.parameters import Cursor, TraceIdInPath, read_trace_id
from clew.api.ports import TraceReader
from clew.api.refusals import DOCUMENTED_NOT_FOUND, DOCUMENTED_REFUSALS, AnyRequest
from clew.api.window_contract import (
    FoundSpans,
    PathToSpan,
    TraceDensity,
    TraceOverview,
    TreeWindow,
    found_spans,
    path_to_span,
    trace_density,
    trace_overview,
    tree_window,
)
from clew.api.window_parameters import (
    DEFAULT_INTERVALS,
    DEFAULT_ROWS,
    MAX_INTERVALS,
    MAX_OFFSET,
    MAX_ROWS,
    FindAttribute,
    FindService,
    FindStatus,
    FindText,
    Intervals,
    MaxDepth,
    MinSpanDuration,
    ParentRef,
    RowLimit,
    RowOffset,
    SpanRefInPath,
    WindowEnd,
    WindowStart,
    read_attribute,
    read_depth,
    read_error_only,
    read_length_ns,
    read_number,
    read_range_ns,
)
from clew.query.trace_window import SpanFilter
from clew.wire.otlp_json import logs_to_json, traces_to_json

Reader = NamedDependency[SkipValidation[TraceReader]]
Tenant = NamedDependency[str]

_REFUSALS = DOCUMENTED_REFUSALS | DOCUMENTED_NOT_FOUND
_WINDOW: dict[str, Any] = {"tags": ["windows"], "responses": _REFUSALS, "sync_to_thread": True}


@get("/traces/{trace_id:str}/summary", operation_id="getTraceSummary", summary="Get a trace as a whole", **_WINDOW)
def get_trace_summary(trace_id: TraceIdInPath, reader: Reader, tenant: Tenant) -> TraceOverview:
    """Times, counts and services."""
    return trace_overview(reader.windows(tenant, read_trace_id(trace_id)).facts())


@get(
    "/traces/{trace_id:str}/tree",
    operation_id="getTraceTree",
    summary="Get the children of a span",
    description="One level of the tree, by start, then span id; each with counts of what is below.",
    **_WINDOW,
)
def get_trace_tree(
    *,
    trace_id: TraceIdInPath,
    reader: Reader,
    tenant: Tenant,
    parent: ParentRef = "",
    offset: RowOffset = "",
    limit: RowLimit = "",
) -> TreeWindow:
    """The top of the tree, or the children of one span."""
    rows = _offset(offset), _limit(limit)
    return tree_window(reader.windows(tenant, read_trace_id(trace_id)).children(parent or None, *rows))


@get(
    "/traces/{trace_id:str}/window",
    operation_id="getTraceWindow",
    summary="Get the spans of a range of time",
    description="Spans under way in the range, in drawing order: parents before their children.",
    **_WINDOW,
)
def get_trace_window(
    *,
    trace_id: TraceIdInPath,
    reader: Reader,
    tenant: Tenant,
    start: WindowStart = "",
    end: WindowEnd = "",
    max_depth: MaxDepth = "",
    min_duration: MinSpanDuration = "",
    offset: RowOffset = "",
    limit: RowLimit = "",
) -> TreeWindow:
    """Rows of a range of time."""
    rows, depth, length_ns = (_offset(offset), _limit(limit)), read_depth(max_depth), read_length_ns(min_duration)
    windows = reader.windows(tenant, read_trace_id(trace_id))
    start_ns, end_ns = read_range_ns(start, end, windows.start_ns, windows.end_ns)
    return tree_window(windows.between(start_ns, end_ns, *rows, max_depth=depth, min_ns=length_ns))


@get(
    "/traces/{trace_id:str}/density",
    operation_id="getTraceDensity",
    summary="Get how busy a trace is over time",
    **_WINDOW,
)
def get_trace_density(
    *,
    trace_id: TraceIdInPath,
    reader: Reader,
    tenant: Tenant,
    start: WindowStart = "",
    end: WindowEnd = "",
    intervals: Intervals = "",
) -> TraceDensity:
    """Counts for each interval of a range."""
    count = read_number("intervals", intervals, DEFAULT_INTERVALS, 1, MAX_INTERVALS)
    windows = reader.windows(tenant, read_trace_id(trace_id))
    return trace_density(windows.density(*read_range_ns(start, end, windows.start_ns, windows.end_ns), count))


@get(
    "/traces/{trace_id:str}/find",
    operation_id="findSpans",
    summary="Find spans within a trace",
    description="All filters must hold on one and the same span. In drawing order.",
    **_WINDOW,
)
def find_spans(
    *,
    trace_id: TraceIdInPath,
    reader: Reader,
    tenant: Tenant,
    q: FindText = "",
    service: FindService = "",
    attr: FindAttribute = "",
    status: FindStatus = "",
    limit: RowLimit = "",
    cursor: Cursor = "",
) -> FoundSpans:
    """One page of hits."""
    most, error_only, attribute, wanted_id = _limit(limit), read_error_only(status), read_attribute(attr), None
    identity = read_trace_id(trace_id)
    if attribute is not None:
        wanted_id = reader.ids_with_attribute(tenant, identity, *attribute)
    wanted = SpanFilter(q.strip() or None, service or None, error_only, wanted_id)
    return found_spans(reader.windows(tenant, identity).find(wanted, cursor or None, most))


@get(
    "/traces/{trace_id:str}/path/{span:str}",
    operation_id="getSpanPath",
    summary="Get a span's place in the tree",
    description=f"Its ancestors with their places among their siblings; of more than {MAX_ROWS}, the nearest ones.",
    **_WINDOW,
)
def get_span_path(trace_id: TraceIdInPath, span: SpanRefInPath, reader: Reader, tenant: Tenant) -> PathToSpan:
    """The way from the top to a span."""
    return path_to_span(reader.windows(tenant, read_trace_id(trace_id)).path(span, MAX_ROWS))


@get(
    "/traces/{trace_id:str}/spans/{span:str}",
    operation_id="getSpan",
    summary="Get one span, whole",
    description=f"OTLP JSON, or protobuf `TracesData` with `Accept: {PROTOBUF}`.",
    tags=["windows"],
    operation_class=JsonOrProtobuf,
    responses={200: ResponseSpec(TracesDocument, description="The span", generate_examples=False)} | _REFUSALS,
    sync_to_thread=True,
)
def get_span(
    trace_id: TraceIdInPath, span: SpanRefInPath, request: AnyRequest, reader: Reader, tenant: Tenant
) -> Response[bytes]:
    """Everything that was sent of one span."""
    return otlp_answer(request, reader.span(tenant, read_trace_id(trace_id), span), traces_to_json)


@get(
    "/traces/{trace_id:str}/spans/{span:str}/logs",
    operation_id="getSpanLogs",
    summary="Get the log records of one span",
    description=f"OTLP JSON, or protobuf `LogsData` with `Accept: {PROTOBUF}`; empty when there are none.",
    tags=["windows"],
    operation_class=JsonOrProtobuf,
    responses={200: ResponseSpec(LogsDocument, description="The log records", generate_examples=False)} | _REFUSALS,
    sync_to_thread=True,
)
def get_span_logs(
    trace_id: TraceIdInPath, span: SpanRefInPath, request: AnyRequest, reader: Reader, tenant: Tenant
) -> Response[bytes]:
    """The log records that carry the span's id."""
    return otlp_answer(request, reader.span_logs(tenant, read_trace_id(trace_id), span), logs_to_json)


WINDOW_ROUTES: list[Any] = [
    get_trace_summary,
    get_trace_tree,
    get_trace_window,
    get_trace_density,
    find_spans,
    get_span_path,
    get_span,
    get_span_logs,
]


def _offset(text: str) -> int:
    return read_number("offset", text, 0, 0, MAX_OFFSET)


def _limit(text: str) -> int:
    return read_number("limit", text, DEFAULT_ROWS, 1, MAX_ROWS)
