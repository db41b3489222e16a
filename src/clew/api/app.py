"""The read door as one ASGI application."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from litestar import Litestar, Router
from litestar.di import Provide
from litestar.enums import ScopeType
from litestar.middleware import DefineMiddleware
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from clew.api.access import AskForKey, EverybodyReads, Readers, grant_of, require_right
from clew.api.compression import CompressAnswers
from clew.api.encoded_path import encoded_path
from clew.api.health import HEALTH_ROUTES
from clew.api.openapi import openapi_config
from clew.api.ports import RetentionControl, SamplingControl, SystemStatus, TraceReader
from clew.api.questions import QuestionLog, WatchQuestions
from clew.api.refusals import EXCEPTION_HANDLERS, AnyRequest
from clew.api.retention_routes import RETENTION_ROUTES
from clew.api.routes import REST_ROUTES
from clew.api.sampling_routes import SAMPLING_ROUTES
from clew.api.security_headers import AddSecurityHeaders
from clew.api.strict_query import refuse_unknown_parameters, remember_query_parameters
from clew.api.web_ui import BUILT_UI, WebUi

REST_PREFIX = "/api/clew/v1"
_MACHINE_PATHS = ("/metrics", "/healthz", "/readyz")


def build_app(
    reader: TraceReader,
    system: SystemStatus,
    tenant: str,
    static_dir: Path | None = None,
    questions: QuestionLog | None = None,
    *,
    retention: RetentionControl | None = None,
    sampling: SamplingControl | None = None,
    readers: Readers | None = None,
) -> ASGIApp:
    """REST under `/api`, `/metrics`, `/healthz`, `/readyz`, and the web UI everywhere else.

    `static_dir` is the built web UI; without it, the one that was installed with Clew. `questions` times and counts
    what is asked. Without `retention` there are no rules, pins and erasures, without `sampling` no strategies.
    `readers` says who may ask, and whose data they see; without it everybody sees the tenant's.
    """
    controls = _Controls(retention, sampling)
    rest = _build_rest(reader, system, questions or QuestionLog(), controls)
    dispatcher = _Dispatcher(rest, WebUi(static_dir or BUILT_UI))
    return AddSecurityHeaders(AskForKey(CompressAnswers(dispatcher), readers or EverybodyReads(tenant)))


@dataclass(frozen=True, slots=True)
class _Controls:
    """What can be changed over the API, each with routes of its own."""

    retention: RetentionControl | None
    sampling: SamplingControl | None

    @property
    def routes(self) -> list[Any]:
        retention = [] if self.retention is None else RETENTION_ROUTES
        return retention if self.sampling is None else [*retention, *SAMPLING_ROUTES]


class _Dispatcher:
    """Chooses between the API and the UI; the API routes on the path as sent, see `encoded_path`."""

    def __init__(self, rest: Litestar, web_ui: WebUi) -> None:
        self._rest = rest
        self._web_ui = web_ui

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._rest(scope, receive, send)
        elif f"{scope['path']}/".startswith("/api/") or scope["path"] in _MACHINE_PATHS:
            rest_scope = cast("HTTPScope", {**scope, "path": encoded_path(scope)})
            await self._rest(rest_scope, receive, send)
        else:
            await self._web_ui(scope, receive, send)


def _build_rest(reader: TraceReader, system: SystemStatus, questions: QuestionLog, controls: _Controls) -> Litestar:
    app = Litestar(
        route_handlers=[Router(REST_PREFIX, route_handlers=[*REST_ROUTES, *controls.routes]), *HEALTH_ROUTES],
        dependencies={
            "reader": Provide(lambda: reader, sync_to_thread=False),
            "system": Provide(lambda: system, sync_to_thread=False),
            "retention": Provide(lambda: controls.retention, sync_to_thread=False),
            "sampling": Provide(lambda: controls.sampling, sync_to_thread=False),
            "tenant": Provide(_tenant, sync_to_thread=False),
        },
        guards=[require_right, refuse_unknown_parameters],
        middleware=[DefineMiddleware(WatchQuestions, log=questions)],
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=openapi_config(),
        logging_config=None,
    )
    remember_query_parameters(app)
    return app


def _tenant(request: AnyRequest) -> str:
    """Whose data the caller sees: the only way in which a route gets to know of a tenant."""
    return grant_of(request).tenant
