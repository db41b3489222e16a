"""`/metrics`, `/healthz` and `/readyz`: what machines ask about the process."""

from typing import Any

import anyio
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import SkipValidation

from clew.api.access import FOR_METRICS
from clew.api.contract import ErrorAnswer
from clew.api.ports import SystemStatus
from clew.api.refusals import refusal
from clew.model.prometheus import PROMETHEUS_MEDIA_TYPE, write_metrics

System = NamedDependency[SkipValidation[SystemStatus]]
_TEXT = "text/plain"
_SCRAPES = anyio.CapacityLimiter(2)


@get(
    "/metrics",
    operation_id="getMetrics",
    summary="Get the metrics in the Prometheus text format",
    tags=["system"],
    media_type=_TEXT,
    opt=FOR_METRICS,
)
async def get_metrics(system: System) -> Response[str]:
    """All metric families; on threads of their own, since those of the questions may all be waiting for the store."""
    text = await anyio.to_thread.run_sync(lambda: write_metrics(system.metrics()), limiter=_SCRAPES)
    return Response(text, media_type=PROMETHEUS_MEDIA_TYPE)


@get(
    "/healthz",
    operation_id="getHealth",
    summary="Ask whether the process lives",
    tags=["system"],
    media_type=_TEXT,
)
async def get_health() -> str:
    """Answers without touching the store: a busy store is no reason to restart the process."""
    return "ok\n"


@get(
    "/readyz",
    operation_id="getReadiness",
    summary="Ask whether spans are accepted and can be searched",
    tags=["system"],
    media_type=_TEXT,
    responses={503: ResponseSpec(ErrorAnswer, description="Not ready; the message says why", generate_examples=False)},
)
async def get_readiness(system: System) -> Response[Any]:
    """200, or 503 with the reason."""
    reason = system.ready()
    return Response("ready\n", media_type=_TEXT) if reason is None else refusal(503, reason)


HEALTH_ROUTES = [get_metrics, get_health, get_readiness]
