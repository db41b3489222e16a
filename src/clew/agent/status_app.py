"""What the agent tells about itself over HTTP: `/metrics`, `/healthz`, `/readyz`."""

from collections.abc import Callable, Iterable

from clew.agent.plain_answer import answer, live
from clew.model.metric import HistogramMetric, Metric
from clew.model.prometheus import PROMETHEUS_MEDIA_TYPE, write_metrics
from clew.receive.http_request import Receive, Scope, Send


class StatusApp:
    """An ASGI application; `metrics` gives all families when asked, `trouble` why clients are refused, or nothing."""

    def __init__(
        self, metrics: Callable[[], Iterable[Metric | HistogramMetric]], trouble: Callable[[], str | None]
    ) -> None:
        self._metrics = metrics
        self._trouble = trouble

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if await live(scope, receive, send):
            return
        if scope["type"] != "http":
            return
        path = scope["path"] if scope["method"] in ("GET", "HEAD") else ""
        if path == "/metrics":
            await answer(send, 200, write_metrics(self._metrics()), f"{PROMETHEUS_MEDIA_TYPE}; charset=utf-8")
        elif path == "/healthz":
            await answer(send, 200, "ok\n")
        elif path == "/readyz":
            trouble = self._trouble()
            await answer(send, 503 if trouble else 200, f"{trouble or 'ready'}\n")
        else:
            await answer(send, 404, "the agent answers GET /metrics, /healthz and /readyz\n")
