"""The customers: simulated people who look around, search, fill carts and buy, each action a trace of its own."""

import asyncio
import logging
import random
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from opentelemetry import trace
from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor
from opentelemetry.trace import SpanKind, StatusCode

from clew.demo.assortment import CATEGORIES, SKUS
from clew.demo.baggage import attached, with_baggage
from clew.demo.service import latency_s
from clew.demo.settings import Peers, ServiceSettings

USERS = 400
THINK_MEDIAN_MS = 350
TIMEOUT_S = 10.0
MAX_JOURNEYS = 200
LEAVE_TIMEOUT_S = 0.7
WORDS = ("lantern", "oak", "gift", "teapot", "blue", "sturdy", "umbrella", "blanket", "northern")
CARDS = ("visa", "mastercard", "amex")
_log = logging.getLogger(__name__)
_tracer = trace.get_tracer(__name__)


class Customer:
    """One visit of one user; every method is one thing that the user does in the browser."""

    def __init__(self, session: aiohttp.ClientSession, frontend: str) -> None:
        self._session = session
        self._base = f"http://{frontend}"
        self.user_id = f"u-{random.randrange(USERS):04d}"
        self._session_id = uuid.uuid4().hex

    async def look_around(self) -> None:
        await self._do("open home page", "GET", "/", params={"category": random.choice(CATEGORIES)})

    async def search(self) -> None:
        await self._do("search", "GET", "/search", params={"q": random.choice(WORDS)})

    async def open_product(self) -> None:
        await self._do("open product", "GET", f"/products/{random.choice(SKUS)}", params={})

    async def add_to_cart(self) -> None:
        item = {"sku": random.choice(SKUS), "quantity": random.choice((1, 1, 1, 2, 3))}
        await self._do("add to cart", "POST", f"/cart/{self.user_id}/items", json=item)

    async def open_cart(self) -> None:
        await self._do("open cart", "GET", f"/cart/{self.user_id}")

    async def place_order(self) -> None:
        await self._do("place order", "POST", f"/checkout/{self.user_id}", json={"card_network": random.choice(CARDS)})

    async def _do(self, action: str, method: str, path: str, **request: Any) -> None:
        if "params" in request:
            request["params"]["user_id"] = self.user_id
        with (
            attached(with_baggage({"user.id": self.user_id, "session.id": self._session_id})),
            _tracer.start_as_current_span(action, kind=SpanKind.INTERNAL, attributes={"ui.action": action}) as span,
        ):
            async with self._session.request(method, self._base + path, **request) as answer:
                await answer.read()
                if answer.status >= 500:
                    span.set_status(StatusCode.ERROR, f"the shop answered {answer.status}")
                    _log.error("%s failed with %d", action, answer.status)
        await asyncio.sleep(latency_s(THINK_MEDIAN_MS, 0.6))


async def browse(customer: Customer) -> None:
    """Somebody with time: the home page, some products, gone."""
    await customer.look_around()
    for _ in range(random.randint(1, 3)):
        await customer.open_product()


async def hunt(customer: Customer) -> None:
    """Somebody who looks for one thing and perhaps puts it in the cart."""
    await customer.search()
    await customer.open_product()
    if random.random() < 0.4:
        await customer.add_to_cart()


async def buy(customer: Customer) -> None:
    """Somebody who came to buy, and does."""
    await customer.look_around()
    for _ in range(random.randint(1, 4)):
        await customer.add_to_cart()
    await customer.open_cart()
    await customer.place_order()


Journey = Callable[[Customer], Coroutine[None, None, None]]
JOURNEYS: Mapping[Journey, float] = {browse: 0.40, hunt: 0.30, buy: 0.30}


class Shopper:
    """Sends customers at random moments, `rate_per_s` of them on average, MAX_JOURNEYS at a time at most."""

    def __init__(self, rate_per_s: float) -> None:
        self._rate_per_s = rate_per_s
        self._under_way: set[asyncio.Task[None]] = set()

    def bind(self) -> int:
        return 0

    def serve(self, peers: Peers, stop: threading.Event) -> None:
        asyncio.run(self._send_until(peers["frontend"], stop))

    async def _send_until(self, frontend: str, stop: threading.Event) -> None:
        async with _browser() as session:
            sender = asyncio.create_task(self._send(session, frontend))
            await asyncio.to_thread(stop.wait)
            sender.cancel()
            if self._under_way:
                # Whoever has begun something gets a moment to end it, so that few traces stay torn.
                await asyncio.wait(self._under_way, timeout=LEAVE_TIMEOUT_S)

    async def _send(self, session: aiohttp.ClientSession, frontend: str) -> None:
        while True:
            await asyncio.sleep(random.expovariate(self._rate_per_s))
            if len(self._under_way) < MAX_JOURNEYS:
                (journey,) = random.choices(list(JOURNEYS), list(JOURNEYS.values()))
                task = asyncio.create_task(_visit(journey, Customer(session, frontend)))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)


async def _visit(journey: Journey, customer: Customer) -> None:
    try:
        await journey(customer)
    except (aiohttp.ClientError, TimeoutError) as error:
        _log.error("%s gave up: %s", customer.user_id, str(error) or type(error).__name__)


@asynccontextmanager
async def _browser() -> AsyncIterator[aiohttp.ClientSession]:
    AioHttpClientInstrumentor().instrument()
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
        yield session


def build(settings: ServiceSettings) -> Shopper:
    """The process as `process.py` runs it."""
    return Shopper(settings.rate_per_s)
