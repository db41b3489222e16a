import asyncio

import aiohttp
import pytest

from clew.demo.services.shopper import JOURNEYS, Customer, buy
from clew.demo.shop import ShopAddresses
from tests.demo.collector import Collector
from tests.demo.traces import without_parent


@pytest.mark.parametrize(
    "action", ["open home page", "open product", "search", "add to cart", "open cart", "place order"]
)
def test_customers_do_everything_that_customers_do(shop: ShopAddresses, collector: Collector, action: str) -> None:
    """Browsing, searching, filling carts and buying all occur, each action a trace with the customer's span as root."""
    trace = collector.await_trace(lambda trace: [seen.name for seen in without_parent(trace)] == [action])
    (root,) = without_parent(trace)
    assert (root.service, root.attributes["ui.action"]) == ("shopper", action)


def test_the_journeys_cover_all_customers() -> None:
    """The shares of the journeys add up to one."""
    assert abs(sum(JOURNEYS.values()) - 1.0) < 1e-9


def test_a_buyer_buys(shop: ShopAddresses, collector: Collector) -> None:
    """The buying journey of one customer ends with an attempt to order, by that customer."""

    async def visit() -> str:
        async with aiohttp.ClientSession() as session:
            customer = Customer(session, shop.services["frontend"])
            await buy(customer)
            return customer.user_id

    path = f"/checkout/{asyncio.run(visit())}"
    assert collector.await_span(lambda seen: seen.attributes.get("url.path") == path).service == "frontend"
