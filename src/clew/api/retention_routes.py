"""Routes for retention rules, pins, erasures and the audit log."""

from typing import Annotated, Any

from litestar import delete, get, post, put
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.openapi.spec import Example
from litestar.params import JSONBody, PathParameter, SkipValidation

from clew.api.access import FOR_ADMINS
from clew.api.parameters import CatalogueLimit, TraceIdInPath, WhoAsks, read_limit, read_trace_id
from clew.api.ports import RetentionControl
from clew.api.refusals import DOCUMENTED_NOT_FOUND, DOCUMENTED_REFUSALS, AnyRequest
from clew.api.retention_contract import (
    AuditList,
    ErasureAnswer,
    ErasureBody,
    PinList,
    RulesAnswer,
    RulesBody,
    TrialAnswer,
    WhoBody,
    audit_list,
    erasure_answer,
    pin_list,
    rules_answer,
    trial_answer,
)
from clew.api.who import who_asks
from clew.errors import BadQuery

Retention = NamedDependency[SkipValidation[RetentionControl]]
Tenant = NamedDependency[str]
ErasureId = Annotated[
    str,
    PathParameter(
        description="The id from the answer to the request.",
        examples=[Example(value="5f0c1a2b3c4d5e6f", summary="an id")],
    ),
]

_RETENTION: dict[str, Any] = {"tags": ["retention"], "responses": DOCUMENTED_REFUSALS, "sync_to_thread": True}
_FINDING = _RETENTION | {"responses": DOCUMENTED_REFUSALS | DOCUMENTED_NOT_FOUND}
_BY_ADMINS: dict[str, Any] = {"opt": FOR_ADMINS}
"""The rules hold for all tenants, and what is erased is gone: a key for reading is no key for that."""
_DEFAULT_LINES, _MAX_LINES = 100, 1000
_MOST_ATTRIBUTE = 64 << 10


async def require_json(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """A Litestar guard. A page of another site can make a browser send a form or plain text, but not JSON."""
    if connection.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise BadQuery("Content-Type", "must be application/json")


@get("/retention", operation_id="getRetention", summary="Get the retention rules in force", **_RETENTION, **_BY_ADMINS)
def get_retention(retention: Retention) -> RulesAnswer:
    """The rules as they were written."""
    return rules_answer(retention.rules())


@put(
    "/retention",
    operation_id="applyRetention",
    summary="Put retention rules in force",
    guards=[require_json],
    **_RETENTION,
    **_BY_ADMINS,
)
def apply_retention(data: JSONBody[RulesBody], request: AnyRequest, retention: Retention) -> RulesAnswer:
    """They hold from the next pass on."""
    return rules_answer(retention.apply_rules(data.rules, who_asks(data.who, request)))


@post(
    "/retention/trial",
    operation_id="tryRetention",
    summary="See what retention rules would keep and lose",
    description="Replays the rules on what is stored, and changes nothing.",
    status_code=200,
    guards=[require_json],
    **_RETENTION,
    **_BY_ADMINS,
)
def try_retention(data: JSONBody[RulesBody], retention: Retention) -> TrialAnswer:
    """Sums per rule and service."""
    return trial_answer(retention.try_rules(data.rules))


@get("/pins", operation_id="listPins", summary="List the pinned traces", **_RETENTION)
def list_pins(retention: Retention, tenant: Tenant) -> PinList:
    """The newest pin first."""
    return pin_list(retention.pins(tenant))


@post(
    "/traces/{trace_id:str}/pin",
    operation_id="pinTrace",
    summary="Keep a trace for ever",
    status_code=200,
    guards=[require_json],
    **_FINDING,
    **_BY_ADMINS,
)
def pin_trace(
    trace_id: TraceIdInPath, data: JSONBody[WhoBody], request: AnyRequest, retention: Retention, tenant: Tenant
) -> PinList:
    """Whatever age, budget and sampling say; the answer lists all pins."""
    retention.pin(tenant, read_trace_id(trace_id), who_asks(data.who, request))
    return pin_list(retention.pins(tenant))


@delete(
    "/traces/{trace_id:str}/pin",
    operation_id="unpinTrace",
    summary="Let the rules decide about a trace again",
    status_code=200,
    **_FINDING,
    **_BY_ADMINS,
)
def unpin_trace(
    trace_id: TraceIdInPath, request: AnyRequest, retention: Retention, tenant: Tenant, who: WhoAsks = ""
) -> PinList:
    """The answer lists the pins that are left."""
    retention.unpin(tenant, read_trace_id(trace_id), who_asks(who, request))
    return pin_list(retention.pins(tenant))


@post(
    "/erasures",
    operation_id="erase",
    summary="Erase a trace, or whatever has an attribute",
    description="Answered as soon as the request is durable; `GET /erasures/{erasure_id}` says when it is finished.",
    status_code=200,
    guards=[require_json],
    **_RETENTION,
    **_BY_ADMINS,
)
def erase(data: JSONBody[ErasureBody], request: AnyRequest, retention: Retention, tenant: Tenant) -> ErasureAnswer:
    """With `dry_run` it only counts."""
    if len(data.attribute) > _MOST_ATTRIBUTE:
        raise BadQuery("attribute", f"has {len(data.attribute)} characters; {_MOST_ATTRIBUTE} are the most")
    trace_id = read_trace_id(data.trace_id).hex() if data.trace_id else ""
    if bool(trace_id) == bool(data.attribute):
        raise BadQuery("trace_id", "or attribute must be given, and not both")
    if data.scope not in ("traces", "spans") or (trace_id and data.scope == "spans"):
        raise BadQuery("scope", f"{data.scope!r} can't be erased; take traces, or, with an attribute, spans")
    if data.dry_run:
        counts = retention.count_erasure(tenant, trace_id, data.attribute, data.scope)
        return ErasureAnswer(None, "dry run", counts.traces, counts.spans, counts.logs)
    return erasure_answer(retention.erase(tenant, who_asks(data.who, request), trace_id, data.attribute, data.scope))


@get("/erasures/{erasure_id:str}", operation_id="getErasure", summary="See how far an erasure is", **_FINDING)
def get_erasure(erasure_id: ErasureId, retention: Retention, tenant: Tenant) -> ErasureAnswer:
    """`finished` means gone from every table and from the disk."""
    return erasure_answer(retention.erasure(tenant, erasure_id))


@get(
    "/audit",
    operation_id="listAudit",
    summary="List pins, erasures and dropped days, newest first",
    **_RETENTION,
    **_BY_ADMINS,
)
def list_audit(retention: Retention, tenant: Tenant, limit: CatalogueLimit = "") -> AuditList:
    """The audit log."""
    return audit_list(retention.audit(tenant, read_limit(limit, _DEFAULT_LINES, _MAX_LINES)))


RETENTION_ROUTES: list[Any] = [
    get_retention,
    apply_retention,
    try_retention,
    list_pins,
    pin_trace,
    unpin_trace,
    erase,
    get_erasure,
    list_audit,
]
