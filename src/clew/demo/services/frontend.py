"""The shop's front: FastAPI; asks the other services at the same time and does without those a page can spare."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import uvicorn
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from opentelemetry import trace
from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.trace import StatusCode

from clew.demo.fault import FaultPlan
from clew.demo.service import latency_s, listening_socket
from clew.demo.settings import Peers, ServiceSettings

TIMEOUT_S = 4.0
RENDER_MEDIAN_MS = 6
PASSED_ON = frozenset({402, 404, 409})
_log = logging.getLogger(__name__)
_tracer = trace.get_tracer(__name__)
Json = Any


class Upstream:
    """JSON over HTTP to the other services, from inside an event loop."""

    def __init__(self, peers: Peers) -> None:
        AioHttpClientInstrumentor().instrument()
        self._peers = peers
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S), raise_for_status=True)

    async def ask(self, service: str, method: str, path: str, body: Mapping[str, Any] | None = None) -> Json:
        """The decoded answer. Raises aiohttp.ClientError, also for an answer of 400 and above, or TimeoutError."""
        async with self._session.request(method, f"http://{self._peers[service]}{path}", json=body) as answer:
            return await answer.json()

    async def close(self) -> None:
        await self._session.close()


class Pages:
    """What a browser asks for."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers
        self._upstream: Upstream

    @asynccontextmanager
    async def lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        self._upstream = Upstream(self._peers)
        yield
        await self._upstream.close()

    async def home(self, user_id: str, category: str = "lamps") -> Json:
        products, cart = await asyncio.gather(
            self._ask("catalog", f"/categories/{category}"), _spared("cart", self._ask("cart", f"/carts/{user_id}"))
        )
        return await _render("home", {**products, "cart": cart})

    async def search(self, user_id: str, q: str) -> Json:
        return await _render("search", await self._upstream.ask("catalog", "GET", f"/search?q={q}"))

    async def product(self, sku: str, user_id: str) -> Json:
        product, related, cart = await asyncio.gather(
            self._ask("catalog", f"/products/{sku}"),
            _spared("related", self._ask("catalog", f"/products/{sku}/related")),
            _spared("cart", self._ask("cart", f"/carts/{user_id}")),
        )
        return await _render("product", {"product": product, "related": related, "cart": cart})

    async def show_cart(self, user_id: str) -> Json:
        return await _render("cart", await self._ask("cart", f"/carts/{user_id}"))

    async def add_to_cart(self, user_id: str, item: dict[str, Any]) -> Json:
        return await self._upstream.ask("cart", "POST", f"/carts/{user_id}/items", item)

    async def check_out(self, user_id: str, card: dict[str, Any]) -> Json:
        order = {"user_id": user_id, "card_network": card.get("card_network", "visa")}
        placed = await self._upstream.ask("checkout", "POST", "/orders", order)
        _log.info("user %s bought for %d cents", user_id, placed["total_cents"])
        return placed

    async def _ask(self, service: str, path: str) -> Json:
        return await self._upstream.ask(service, "GET", path)


async def _spared(part: str, answer: Awaitable[Json]) -> Json:
    """The answer, or None when it can't be had: the page is shown without that part."""
    try:
        return await answer
    except (aiohttp.ClientError, TimeoutError) as error:
        trace.get_current_span().add_event("page part missing", {"page.part": part, "exception.message": str(error)})
        _log.warning("showing the page without %s: %s", part, error)
        return None


async def _render(page: str, content: Json) -> Json:
    with _tracer.start_as_current_span(f"render {page}", attributes={"page.name": page}):
        await asyncio.sleep(latency_s(RENDER_MEDIAN_MS))
        return {"page": page, "content": content}


def routes(pages: Pages) -> APIRouter:
    """The HTTP face of the shop."""
    face = APIRouter()
    face.get("/")(pages.home)
    face.get("/search")(pages.search)
    face.get("/products/{sku}")(pages.product)
    face.get("/cart/{user_id}")(pages.show_cart)
    face.post("/cart/{user_id}/items", status_code=201)(pages.add_to_cart)
    face.post("/checkout/{user_id}", status_code=201)(pages.check_out)
    return face


def status_of(error: Exception) -> int:
    """The HTTP status that tells a browser about a failure upstream or here."""
    if isinstance(error, aiohttp.ClientResponseError):
        return error.status if error.status in PASSED_ON else 502
    if isinstance(error, TimeoutError):
        return 504
    return 502 if isinstance(error, aiohttp.ClientError) else 500


async def _answer_error(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001  # FastAPI fixes them
    status, span = status_of(error), trace.get_current_span()
    span.record_exception(error)
    if status >= 500:
        span.set_status(StatusCode.ERROR, f"{type(error).__name__}: {error}")
    _log.log(logging.ERROR if status >= 500 else logging.WARNING, "answering %d: %s", status, error)
    return JSONResponse({"error": type(error).__name__, "message": str(error)}, status)


def make_app(peers: Peers, faults: FaultPlan) -> FastAPI:
    """The application, instrumented, behind the faults."""
    pages = Pages(peers)
    app = FastAPI(title="shop", lifespan=pages.lifespan, dependencies=[Depends(faults.strike_async)])
    app.include_router(routes(pages))
    for kind in (aiohttp.ClientError, TimeoutError, RuntimeError):
        app.add_exception_handler(kind, _answer_error)
    FastAPIInstrumentor.instrument_app(app, exclude_spans=["receive", "send"])
    return app


class Frontend:
    """The FastAPI application on uvicorn, in a thread, for uvicorn would take the process's signals in the main one."""

    def __init__(self, faults: FaultPlan) -> None:
        self._faults = faults
        self._socket = listening_socket()

    def bind(self) -> int:
        port: int = self._socket.getsockname()[1]
        return port

    def serve(self, peers: Peers, stop: threading.Event) -> None:
        config = uvicorn.Config(
            make_app(peers, self._faults), log_config=None, access_log=False, timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([self._socket],), daemon=True)
        thread.start()
        stop.wait()
        server.should_exit = True
        thread.join(1.5)


def build(settings: ServiceSettings) -> Frontend:
    """The process as `process.py` runs it."""
    return Frontend(settings.fault_plan(lambda: RuntimeError("template 'layout' has an unclosed block")))
