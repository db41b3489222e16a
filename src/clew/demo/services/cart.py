"""Carts: Flask, in memory; asks the catalogue (HTTP) and the stock (gRPC) at the same time, in threads."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Blueprint, Flask, request
from opentelemetry import trace

from clew.demo.roster import INVENTORY_RPC
from clew.demo.rpc import RpcClient
from clew.demo.service import spend
from clew.demo.settings import Peers, ServiceSettings
from clew.demo.web import FlaskService, HttpClient

MAX_ITEMS = 20
STORE_MEDIAN_MS = 2.5
_log = logging.getLogger(__name__)
_tracer = trace.get_tracer(__name__)
Item = dict[str, Any]


class Carts:
    """Every user's cart; an item is `{sku, name, price_cents, quantity}`."""

    def __init__(self, catalog: HttpClient, inventory: RpcClient) -> None:
        self._catalog = catalog
        self._inventory = inventory
        self._items: dict[str, dict[str, Item]] = {}
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(8, thread_name_prefix="cart")

    def show(self, user_id: str) -> Item:
        self._reach_store()
        with self._lock:
            items = list(self._items.get(user_id, {}).values())
        return _described(items)

    def add(self, user_id: str) -> tuple[Item, int]:
        """Put `{sku, quantity}` of the request's body in the cart. Raises ValueError when it can't be had."""
        sku, quantity = request.json["sku"], request.json["quantity"]
        trace.get_current_span().set_attributes({"shop.sku": sku, "shop.quantity": quantity})
        product = self._threads.submit(self._catalog.request, "GET", f"/products/{sku}")
        stock = self._threads.submit(self._inventory.call, "Check", {"sku": sku})
        if stock.result()["available"] < quantity:
            raise ValueError(f"{sku} is out of stock: {quantity} wanted")
        _log.info("user %s takes %d of %s", user_id, quantity, sku)
        return self._put(user_id, product.result(), quantity), 201

    def clear(self, user_id: str) -> Item:
        self._reach_store()
        with self._lock:
            self._items.pop(user_id, None)
        return _described([])

    def _reach_store(self) -> None:
        with _tracer.start_as_current_span("reach session store"):
            spend(STORE_MEDIAN_MS, spread=0.5)

    def _put(self, user_id: str, product: Item, quantity: int) -> Item:
        self._reach_store()
        with self._lock:
            items = self._items.setdefault(user_id, {})
            if len(items) >= MAX_ITEMS:
                raise ValueError(f"a cart holds up to {MAX_ITEMS} products")
            before = items.get(product["sku"], {"quantity": 0})["quantity"]
            kept = {key: product[key] for key in ("sku", "name", "price_cents")}
            items[product["sku"]] = {**kept, "quantity": before + quantity}
            return _described(list(items.values()))


def _described(items: list[Item]) -> Item:
    total_cents = sum(item["price_cents"] * item["quantity"] for item in items)
    trace.get_current_span().set_attributes({"cart.items": len(items), "cart.total_cents": total_cents})
    return {"items": items, "total_cents": total_cents}


def routes(carts: Carts) -> Blueprint:
    """The HTTP face of the carts."""
    face = Blueprint("cart", __name__)
    face.get("/carts/<user_id>")(carts.show)
    face.post("/carts/<user_id>/items")(carts.add)
    face.delete("/carts/<user_id>")(carts.clear)
    return face


def _make_app(peers: Peers) -> Flask:
    app = Flask("cart")
    carts = Carts(HttpClient(peers["catalog"]), RpcClient(peers["inventory"], INVENTORY_RPC))
    app.register_blueprint(routes(carts))
    return app


def build(settings: ServiceSettings) -> FlaskService:
    """The process as `process.py` runs it."""
    return FlaskService(_make_app, settings.fault_plan(lambda: MemoryError("the session store is full")))
