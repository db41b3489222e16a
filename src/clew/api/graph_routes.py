"""Routes for rates, errors and durations, and for the service graph."""

from typing import Any

from litestar import get
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from clew.api.encoded_path import decode_path_parameter
from clew.api.graph_contract import (
    ServiceGraph,
    ServiceRedAnswer,
    ServiceRedList,
    service_graph,
    service_red,
    service_red_list,
)
from clew.api.graph_parameters import (
    GraphEnd,
    GraphService,
    GraphStart,
    RedKind,
    RedOperation,
    RedStep,
    read_kinds,
    read_minutes,
    read_step,
)
from clew.api.parameters import ServiceInPath
from clew.api.ports import TraceReader
from clew.api.refusals import DOCUMENTED_REFUSALS
from clew.model.red import RedQuery
from clew.model.service_graph import GraphQuery

Reader = NamedDependency[SkipValidation[TraceReader]]
Tenant = NamedDependency[str]

_ROUTE: dict[str, Any] = {"tags": ["services"], "responses": DOCUMENTED_REFUSALS, "sync_to_thread": True}


@get(
    "/red",
    operation_id="listRed",
    summary="Get rate, errors and durations of all services",
    description="Every span counts in the minute in which it starts, by its weight; exact, but for percentiles.",
    **_ROUTE,
)
def list_red(
    *,
    reader: Reader,
    tenant: Tenant,
    kind: RedKind = "",
    start: GraphStart = "",
    end: GraphEnd = "",
    step: RedStep = "",
) -> ServiceRedList:
    """The services that have spans in these minutes."""
    query = _red_query(tenant, None, "", kind=kind, start=start, end=end, step=step)
    return service_red_list(reader.red(query), query)


@get(
    "/services/{service:str}/red",
    operation_id="getServiceRed",
    summary="Get rate, errors and durations of a service or of one operation",
    description="Every span counts in the minute in which it starts, by its weight; exact, but for percentiles.",
    **_ROUTE,
)
def get_service_red(
    *,
    service: ServiceInPath,
    reader: Reader,
    tenant: Tenant,
    operation: RedOperation = "",
    kind: RedKind = "",
    start: GraphStart = "",
    end: GraphEnd = "",
    step: RedStep = "",
) -> ServiceRedAnswer:
    """One service; a total of nothing when it has no spans in these minutes."""
    name = decode_path_parameter(service)
    query = _red_query(tenant, name, operation, kind=kind, start=start, end=end, step=step)
    return service_red(name, reader.red(query), query)


@get(
    "/graph",
    operation_id="getServiceGraph",
    summary="Get the service graph",
    description="Who calls whom, how often, how well and how fast. It is computed from stored spans some seconds "
    "after they were loaded, and again whenever more of them come.",
    **_ROUTE,
)
def get_service_graph(
    *, reader: Reader, tenant: Tenant, service: GraphService = "", start: GraphStart = "", end: GraphEnd = ""
) -> ServiceGraph:
    """Nodes and edges of these minutes."""
    minutes = read_minutes(start, end)
    query = GraphQuery(tenant, service or None, minutes.first, minutes.end)
    return service_graph(reader.service_graph(query), query)


def _red_query(
    tenant: str, service: str | None, operation: str, *, kind: str, start: str, end: str, step: str
) -> RedQuery:
    minutes = read_minutes(start, end)
    return RedQuery(
        tenant=tenant,
        service=service,
        operation=operation or None,
        kinds=read_kinds(kind, operation),
        first_minute=minutes.first,
        end_minute=minutes.end,
        step_minutes=read_step(step, minutes),
    )


GRAPH_ROUTES: list[Any] = [list_red, get_service_red, get_service_graph]
