import aiohttp
import pytest
import requests
from aiohttp import RequestInfo
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from clew.demo.services.frontend import status_of
from clew.demo.shop import ShopAddresses
from tests.demo.collector import Collector, Trace
from tests.demo.traces import named

PAGE = "GET /products/{sku}"


def _answered(status: int) -> aiohttp.ClientResponseError:
    url = URL("http://127.0.0.1:1/")
    return aiohttp.ClientResponseError(RequestInfo(url, "GET", CIMultiDictProxy(CIMultiDict()), url), (), status=status)


def test_a_page_asks_everyone_at_once(shop: ShopAddresses, collector: Collector) -> None:
    """The calls of a product page overlap: they were sent by one asyncio.gather below the page's span."""

    def whole(trace: Trace) -> bool:
        return bool(named(trace, "frontend", PAGE)) and {"catalog", "cart"} <= {seen.service for seen in trace}

    trace = collector.await_trace(whole)
    (page,) = named(trace, "frontend", PAGE)
    calls = [seen for seen in named(trace, "frontend", "GET") if seen.span.parent_span_id == page.span.span_id]
    assert len(calls) == 3
    assert max(call.span.start_time_unix_nano for call in calls) < min(call.span.end_time_unix_nano for call in calls)


def test_one_can_shop_by_hand(shop: ShopAddresses) -> None:
    """The front answers a person with curl as well: an unknown product is a 404 with a reason, an empty cart a 409."""
    for method, path, statuses in (
        ("GET", "/products/NO-999?user_id=u-x", {404, 502}),
        ("POST", "/checkout/u-nobody", {409}),
    ):
        answer = requests.request(method, shop.frontend + path, json={}, timeout=10)
        assert answer.status_code in statuses
        assert answer.json()["message"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (_answered(404), 404),
        (_answered(402), 402),
        (_answered(500), 502),
        (TimeoutError(), 504),
        (aiohttp.ClientConnectionError(), 502),
        (RuntimeError(), 500),
    ],
)
def test_a_browser_can_tell_whose_fault_it_was(error: Exception, status: int) -> None:
    """What the customer did wrong is passed on; what broke behind the front is a gateway error; the rest its own."""
    assert status_of(error) == status
