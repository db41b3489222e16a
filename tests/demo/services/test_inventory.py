from collections.abc import Iterator

import pytest

from clew.demo.database import Database
from clew.demo.fault import FaultPlan
from clew.demo.services import inventory as module
from clew.demo.services.inventory import _SCHEMA, RESTOCK_TO, Inventory
from clew.demo.settings import ServiceSettings
from clew.demo.shop import ShopAddresses
from tests.demo.collector import Collector
from tests.demo.traces import is_order, named


@pytest.fixture
def inventory(settings: ServiceSettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inventory]:
    """A stock of 20 lamps in which nobody else buys."""
    monkeypatch.setattr(module, "OUT_OF_STOCK_RATE", 0.0)
    database = Database(settings, _SCHEMA)
    database.load("insert into stock values (?, ?)", [("LA-001", 20)])
    yield Inventory(database, FaultPlan((), RuntimeError))
    database.close()


def _reserve(inventory: Inventory, order_id: str, quantity: int) -> object:
    return inventory.reserve({"order_id": order_id, "sku": "LA-001", "quantity": quantity})["left"]


def test_what_is_reserved_is_gone_until_it_is_released(inventory: Inventory) -> None:
    """A reservation takes from the stock, and its release gives all of it back."""
    assert _reserve(inventory, "a", 4) == 16
    assert inventory.check({"sku": "LA-001"})["available"] == 16
    assert inventory.release({"order_id": "a"}) == {"released": 1}
    assert inventory.check({"sku": "LA-001"})["available"] == 20


def test_more_than_there_is_cannot_be_had(inventory: Inventory) -> None:
    """Who asks for too much gets nothing, and the stock stays as it was."""
    with pytest.raises(ValueError, match="out of stock"):
        _reserve(inventory, "a", 21)
    assert inventory.check({"sku": "LA-001"})["available"] == 20


def test_an_empty_shelf_is_filled(inventory: Inventory) -> None:
    """When few are left the shelf is filled up again."""
    assert _reserve(inventory, "a", 15) == 5
    assert inventory.check({"sku": "LA-001"})["available"] == RESTOCK_TO


def test_an_unknown_product_is_not_found(inventory: Inventory) -> None:
    """A sku that the shop doesn't sell is a lookup error."""
    with pytest.raises(LookupError):
        inventory.check({"sku": "XX-999"})


def test_a_reservation_is_a_transaction_in_the_trace(shop: ShopAddresses, collector: Collector) -> None:
    """Below a reservation are the statements of its transaction, in order."""
    trace = collector.await_trace(is_order)
    reserve = named(trace, "inventory", "/shop.inventory.v1.InventoryService/Reserve")[0]
    below = [
        seen
        for seen in trace
        if seen.span.parent_span_id == reserve.span.span_id and "db.query.text" in seen.attributes
    ]
    names = [seen.name for seen in sorted(below, key=lambda seen: seen.span.start_time_unix_nano)]
    assert names == ["begin", "select", "update", "insert", "commit"]
