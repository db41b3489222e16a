"""Refuses query parameters that a route doesn't have: a misspelt filter must not silently find everything."""

from collections import Counter
from typing import Any

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.openapi.spec import Parameter

from clew.errors import BadQuery

AnyConnection = ASGIConnection[Any, Any, Any, Any]

_REPEATABLE = {"attr"}
_KNOWN = "known_query_parameters"


def remember_query_parameters(app: Litestar) -> None:
    """Notes the query parameters of each operation; the OpenAPI document is what they are taken from."""
    known: dict[str, frozenset[str]] = {}
    for item in (app.openapi_schema.paths or {}).values():
        for operation in (item.get, item.delete):
            if operation is not None and operation.operation_id is not None:
                parameters = [p for p in operation.parameters or [] if isinstance(p, Parameter)]
                known[operation.operation_id] = frozenset(p.name for p in parameters if p.param_in == "query")
    app.state[_KNOWN] = known


async def refuse_unknown_parameters(connection: AnyConnection, route_handler: BaseRouteHandler) -> None:
    """A Litestar guard; raises BadQuery that names the first parameter that is unknown or given twice.

    A coroutine only because the framework would run a function on a thread, and wait there for slow questions.
    """
    known = connection.app.state[_KNOWN].get(getattr(route_handler, "operation_id", None), frozenset())
    given = Counter(key for key, _ in connection.query_params.multi_items())
    for key, count in given.items():
        if key not in known:
            allowed = ", ".join(sorted(known)) or "none"
            raise BadQuery(key, f"is no parameter here; there are: {allowed}")
        if count > 1 and key not in _REPEATABLE:
            raise BadQuery(key, "is given more than once; give it once")
