"""Who reads: every request is somebody's, and every route says which right it takes."""

from typing import Any, Protocol

import msgspec
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.handlers import BaseRouteHandler
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from clew.api.contract import ErrorAnswer, ErrorDetail
from clew.authenticate.callers import is_local
from clew.authenticate.grant import Grant, anonymous
from clew.authenticate.key import Right
from clew.authenticate.presented import Headers
from clew.authenticate.strangers import Strangers
from clew.errors import Unauthenticated

_GRANT = "clew.grant"
_RIGHT = "right"
_FOR_EVERYBODY = ("/healthz", "/readyz")
"""What an orchestrator asks, which has no key; nothing of anybody's is in the answers."""
_CHALLENGE = b'Basic realm="Clew: a key as the password", charset="UTF-8"'

FOR_ANY_KEY: dict[str, Any] = {_RIGHT: None}
FOR_METRICS: dict[str, Any] = {_RIGHT: Right.METRICS}
FOR_ADMINS: dict[str, Any] = {_RIGHT: Right.ADMIN}
"""For the `opt` of a route; without one, it takes the right to read."""


class Readers(Protocol):
    """Who may ask."""

    def reader(self, headers: Headers, *, is_local: bool) -> Grant:
        """MUST be quick; raises Unauthenticated."""


class EverybodyReads:
    """All who ask are the one tenant, with all rights."""

    def __init__(self, tenant: str) -> None:
        self._grant = anonymous(tenant)

    def reader(self, headers: Headers, *, is_local: bool) -> Grant:
        return self._grant


class AskForKey:
    """ASGI middleware around API and web UI: 401 for those who may not come in; a browser asks its user for a key."""

    def __init__(self, app: ASGIApp, readers: Readers) -> None:
        self._app = app
        self._readers = readers
        self._strangers = Strangers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Notes what the caller may do, for the routes."""
        if scope["type"] == ScopeType.HTTP and scope["path"] not in _FOR_EVERYBODY:
            try:
                grant = self._readers.reader(scope["headers"], is_local=_is_local(scope))
            except Unauthenticated as error:
                await self._strangers.hold()
                await _refuse(send, str(error))
                return
            scope[_GRANT] = grant  # type: ignore[literal-required]  # ASGI lets applications add keys
        await self._app(scope, receive, send)


def grant_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Grant:
    """What the caller of this request may do; every route but those for everybody has one."""
    grant: Grant = connection.scope[_GRANT]  # type: ignore[literal-required]  # AskForKey put it there
    return grant


async def require_right(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A Litestar guard; raises PermissionDenied unless the caller has the right that the route takes."""
    if connection.scope["path"] in _FOR_EVERYBODY:
        return
    right = handler.opt.get(_RIGHT, Right.READ)
    grant = grant_of(connection)
    if right is not None:
        grant.require(right)


def _is_local(scope: HTTPScope) -> bool:
    client = scope.get("client")
    return client is not None and is_local(client[0], scope["headers"])


async def _refuse(send: Send, message: str) -> None:
    body = msgspec.json.encode(ErrorAnswer(ErrorDetail(401, None, message)))
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
        (b"www-authenticate", _CHALLENGE),
    ]
    await send({"type": "http.response.start", "status": 401, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
