"""The REST routes under `/api/clew/v1`; each reads its parameters, asks the reader and shapes the answer."""

from dataclasses import replace
from functools import partial
from typing import Any

import anyio
from litestar import Response, get
from litestar.di import NamedDependency, Provide
from litestar.openapi import ResponseSpec
from litestar.params import SkipValidation
from litestar.response import Stream

from clew.api.access import FOR_ANY_KEY, grant_of
from clew.api.contract import (
    AttributeKeyList,
    AttributeValueList,
    MatchCounts,
    OperationList,
    ServiceList,
    TraceList,
    attribute_key_list,
    attribute_value_list,
    match_counts,
    operation_list,
    service_list,
    trace_list,
)
from clew.api.encoded_path import decode_path_parameter
from clew.api.export import EXPORT_MEDIA_TYPE, export_page_query, stream_traces
from clew.api.graph_routes import GRAPH_ROUTES
from clew.api.otlp_answer import PROTOBUF, JsonOrProtobuf, otlp_answer
from clew.api.otlp_schema import LogsDocument, TracesDocument
from clew.api.parameters import (
    DEFAULT_BUCKETS,
    DEFAULT_CATALOGUE_ENTRIES,
    DEFAULT_TRACES,
    MAX_BUCKETS,
    MAX_CATALOGUE_ENTRIES,
    MAX_TRACES,
    AttributeKeyInPath,
    Buckets,
    CatalogueLimit,
    Cursor,
    Prefix,
    ServiceInPath,
    TraceIdInPath,
    TraceLimit,
    read_filters,
    read_limit,
    read_period,
    read_trace_id,
)
from clew.api.ports import StatusReport, SystemStatus, TraceReader
from clew.api.refusals import DOCUMENTED_NOT_FOUND, DOCUMENTED_REFUSALS, AnyRequest
from clew.api.window_routes import WINDOW_ROUTES
from clew.authenticate.key import Right
from clew.query.search import TraceQuery
from clew.wire.otlp_json import logs_to_json, traces_to_json

_STATUS_THREADS = anyio.CapacityLimiter(2)

Reader = NamedDependency[SkipValidation[TraceReader]]
System = NamedDependency[SkipValidation[SystemStatus]]
Tenant = NamedDependency[str]
Filters = NamedDependency[SkipValidation[TraceQuery]]

_FILTERS = {"filters": Provide(read_filters, sync_to_thread=False)}
_TRACE_ROUTE = DOCUMENTED_REFUSALS | DOCUMENTED_NOT_FOUND


@get(
    "/services",
    operation_id="listServices",
    summary="List the services that sent spans",
    tags=["catalogue"],
    responses=DOCUMENTED_REFUSALS,
    sync_to_thread=True,
)
def list_services(reader: Reader, tenant: Tenant) -> ServiceList:
    """All services, sorted by name."""
    return service_list(reader.services(tenant))


@get(
    "/services/{service:str}/operations",
    operation_id="listOperations",
    summary="List the operations of a service",
    description="Sorted by name; empty when the service is unknown.",
    tags=["catalogue"],
    responses=DOCUMENTED_REFUSALS,
    sync_to_thread=True,
)
def list_operations(service: ServiceInPath, reader: Reader, tenant: Tenant) -> OperationList:
    """The span names of one service."""
    return operation_list(reader.operations(tenant, decode_path_parameter(service)))


@get(
    "/traces",
    operation_id="searchTraces",
    summary="Search traces, newest first",
    description="`service`, `operation`, `attr`, `status` and `q` must hold on one and the same span; the "
    "durations are those of the whole trace. A parameter without text is no filter.",
    tags=["traces"],
    dependencies=_FILTERS,
    responses=DOCUMENTED_REFUSALS,
    sync_to_thread=True,
)
def search_traces(reader: Reader, filters: Filters, limit: TraceLimit = "", cursor: Cursor = "") -> TraceList:
    """One page of traces."""
    query = replace(filters, limit=read_limit(limit, DEFAULT_TRACES, MAX_TRACES), cursor=cursor or None)
    return trace_list(reader.search_traces(query))


@get(
    "/traces/histogram",
    operation_id="countMatches",
    summary="Count the spans and traces that match, over time",
    description="Of the traces that begin between `start` and `end` (the last hour unless told), in about "
    "`buckets` intervals of a round length that begin at round times (UTC); the counts are exact. The filters are "
    "those of `/traces`.",
    tags=["traces"],
    dependencies=_FILTERS,
    responses=DOCUMENTED_REFUSALS,
    sync_to_thread=True,
)
def count_matches(reader: Reader, filters: Filters, buckets: Buckets = "") -> MatchCounts:
    """A histogram of matches."""
    wanted = read_limit(buckets, DEFAULT_BUCKETS, MAX_BUCKETS, "buckets")
    return match_counts(reader.count_matches(read_period(filters), wanted))


@get(
    "/traces/{trace_id:str}",
    operation_id="getTrace",
    summary="Get all spans of a trace",
    description=f"OTLP JSON, or protobuf `TracesData` with `Accept: {PROTOBUF}`.",
    tags=["traces"],
    operation_class=JsonOrProtobuf,
    responses={200: ResponseSpec(TracesDocument, description="The spans", generate_examples=False)} | _TRACE_ROUTE,
    sync_to_thread=True,
)
def get_trace(trace_id: TraceIdInPath, request: AnyRequest, reader: Reader, tenant: Tenant) -> Response[bytes]:
    """The spans of one trace."""
    return otlp_answer(request, reader.trace(tenant, read_trace_id(trace_id)), traces_to_json)


@get(
    "/traces/{trace_id:str}/logs",
    operation_id="getTraceLogs",
    summary="Get the log records of a trace",
    description=f"OTLP JSON, or protobuf `LogsData` with `Accept: {PROTOBUF}`; empty when there are none.",
    tags=["traces"],
    operation_class=JsonOrProtobuf,
    responses={200: ResponseSpec(LogsDocument, description="The log records", generate_examples=False)} | _TRACE_ROUTE,
    sync_to_thread=True,
)
def get_trace_logs(trace_id: TraceIdInPath, request: AnyRequest, reader: Reader, tenant: Tenant) -> Response[bytes]:
    """The log records of one trace."""
    return otlp_answer(request, reader.logs(tenant, read_trace_id(trace_id)), logs_to_json)


@get(
    "/export",
    operation_id="exportTraces",
    summary="Export all traces that a search finds",
    description="A stream of protobuf `TracesData` messages (the wire form of `ExportTraceServiceRequest`), one a "
    "trace, newest first, each after its length as a varint. The filters are those of `/traces`. A connection that "
    "ends without the last chunk means that the export is incomplete.",
    tags=["traces"],
    dependencies=_FILTERS,
    media_type=EXPORT_MEDIA_TYPE,
    responses=DOCUMENTED_REFUSALS,
)
async def export_traces(reader: Reader, filters: Filters) -> Stream:
    """Streams traces; what can be refused is refused before the stream starts."""
    query = export_page_query(filters)
    first_page = await anyio.to_thread.run_sync(partial(reader.search_traces, query))
    return Stream(stream_traces(reader, query, first_page), media_type=EXPORT_MEDIA_TYPE)


@get(
    "/attributes",
    operation_id="listAttributes",
    summary="List attribute names",
    tags=["catalogue"],
    responses=DOCUMENTED_REFUSALS,
    sync_to_thread=True,
)
def list_attributes(
    reader: Reader, tenant: Tenant, prefix: Prefix = "", limit: CatalogueLimit = ""
) -> AttributeKeyList:
    """Attribute names for completion."""
    most = read_limit(limit, DEFAULT_CATALOGUE_ENTRIES, MAX_CATALOGUE_ENTRIES)
    return attribute_key_list(reader.attribute_keys(tenant, prefix, most))


@get(
    "/attributes/{key:str}/values",
    operation_id="listAttributeValues",
    summary="List the values of an attribute, most frequent first",
    tags=["catalogue"],
    responses=DOCUMENTED_REFUSALS,
    sync_to_thread=True,
)
def list_attribute_values(
    key: AttributeKeyInPath, reader: Reader, tenant: Tenant, prefix: Prefix = "", limit: CatalogueLimit = ""
) -> AttributeValueList:
    """Attribute values for completion."""
    most = read_limit(limit, DEFAULT_CATALOGUE_ENTRIES, MAX_CATALOGUE_ENTRIES)
    return attribute_value_list(reader.attribute_values(tenant, decode_path_parameter(key), prefix, most))


@get(
    "/status",
    operation_id="getStatus",
    summary="Get the state of journal and store",
    description="All that was acknowledged while `last_segment` was n can be searched once `loaded_segment` >= n.",
    tags=["system"],
    responses=DOCUMENTED_REFUSALS,
    opt=FOR_ANY_KEY,
)
async def get_status(system: System, request: AnyRequest) -> StatusReport:
    """Version, journal and store figures; waits for no question."""
    report = await anyio.to_thread.run_sync(system.status, limiter=_STATUS_THREADS)
    if grant_of(request).allows(Right.METRICS):
        return report
    return StatusReport(report.version, report.journal, None, None, report.graph_lag_s)


REST_ROUTES: list[Any] = [
    list_services,
    list_operations,
    search_traces,
    count_matches,
    get_trace,
    get_trace_logs,
    export_traces,
    list_attributes,
    list_attribute_values,
    get_status,
    *WINDOW_ROUTES,
    *GRAPH_ROUTES,
]
