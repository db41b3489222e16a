"""Orders: reserves in parallel, charges, writes the order down and tells the warehouse through the queue."""

import logging
import sqlite3
import threading
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Blueprint, Flask, request
from opentelemetry import trace

from clew.demo.database import Database
from clew.demo.messaging import QueueClient
from clew.demo.roster import INVENTORY_RPC, ORDERS_QUEUE, PAYMENT_RPC
from clew.demo.rpc import RpcClient
from clew.demo.service import spend
from clew.demo.settings import Peers, ServiceSettings
from clew.demo.web import FlaskService, HttpClient

_log = logging.getLogger(__name__)
_tracer = trace.get_tracer(__name__)
_SCHEMA = "create table placed (order_id text primary key, user_id text, total_cents integer, placed_at text)"
Json = dict[str, Any]


class Checkout:
    """Turns carts into orders."""

    def __init__(self, peers: Peers, database: Database) -> None:
        self._cart = HttpClient(peers["cart"])
        self._inventory = RpcClient(peers["inventory"], INVENTORY_RPC)
        self._payment = RpcClient(peers["payment"], PAYMENT_RPC)
        self._queue = QueueClient(peers["broker"])
        self._database = database
        self._threads = ThreadPoolExecutor(8, thread_name_prefix="checkout")

    def place(self) -> tuple[Json, int]:
        """An order for `{user_id, card_network}` of the request's body.

        Raises ValueError (empty cart, out of stock), PermissionError (declined), ConnectionError, TimeoutError.
        """
        user_id, card_network = request.json["user_id"], request.json["card_network"]
        cart = self._cart.request("GET", f"/carts/{user_id}")
        if not cart["items"]:
            raise ValueError("the cart is empty")
        order = {"order_id": str(uuid.uuid4()), "user_id": user_id, "items": cart["items"]}
        shipping_cents = self._reserve_and_quote(order)
        order["total_cents"] = cart["total_cents"] + shipping_cents
        _describe(order)
        self._charge(order, card_network)
        self._write_down(order)
        self._queue.publish(ORDERS_QUEUE, order)
        self._cart.request("DELETE", f"/carts/{user_id}")
        _log.info("order %s placed, %d cents", order["order_id"], order["total_cents"])
        return {"order_id": order["order_id"], "total_cents": order["total_cents"]}, 201

    def _reserve_and_quote(self, order: Json) -> int:
        """Cents for shipping, once everything is reserved; what was reserved is released when something can't be."""
        with _tracer.start_as_current_span("prepare order"):
            quote = self._threads.submit(_quote_shipping, order["items"])
            reservations = [self._threads.submit(self._reserve, order["order_id"], item) for item in order["items"]]
            failures = [error for reservation in reservations if (error := reservation.exception())]
            if failures:
                self._release(order["order_id"])
                raise failures[0]
            return int(quote.result())

    def _reserve(self, order_id: str, item: Json) -> None:
        self._inventory.call("Reserve", {"order_id": order_id, "sku": item["sku"], "quantity": item["quantity"]})

    def _release(self, order_id: str) -> None:
        try:
            self._inventory.call("Release", {"order_id": order_id})
        except (ConnectionError, TimeoutError) as error:
            # The order failed already; its reservations stay until somebody looks.
            _log.error("order %s keeps its reservations: %s", order_id, error)

    def _charge(self, order: Json, card_network: str) -> None:
        bill = {"order_id": order["order_id"], "amount_cents": order["total_cents"], "currency": "EUR"}
        try:
            answer = self._payment.call("Charge", {**bill, "user_id": order["user_id"], "card_network": card_network})
        except (ConnectionError, TimeoutError):
            self._release(order["order_id"])
            raise
        trace.get_current_span().set_attribute("payment.provider", answer["provider"])
        if not answer["approved"]:
            self._release(order["order_id"])
            raise PermissionError(f"the payment was declined: {answer['reason']}")

    def _write_down(self, order: Json) -> None:
        self._database.rows(
            "insert into placed values (?, ?, ?, datetime())", order["order_id"], order["user_id"], order["total_cents"]
        )


def _quote_shipping(items: Sequence[Json]) -> int:
    with _tracer.start_as_current_span("quote shipping") as span:
        spend(9)
        parcels: int = 1 + sum(item["quantity"] for item in items) // 5
        span.set_attributes({"shipping.parcels": parcels, "shipping.carrier": "fjordpost"})
        return 490 * parcels


def _describe(order: Json) -> None:
    attributes = {"shop.order.id": order["order_id"], "cart.items": len(order["items"])}
    trace.get_current_span().set_attributes({**attributes, "shop.order.total_cents": order["total_cents"]})


class CheckoutService(FlaskService):
    """The Flask service and the database that ends with it."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._database = Database(settings, _SCHEMA)
        faults = settings.fault_plan(lambda: sqlite3.OperationalError("attempt to write a readonly database"))
        super().__init__(self._make_app, faults)

    def serve(self, peers: Peers, stop: threading.Event) -> None:
        super().serve(peers, stop)
        self._database.close()

    def _make_app(self, peers: Peers) -> Flask:
        app = Flask("checkout")
        face = Blueprint("checkout", __name__)
        face.post("/orders")(Checkout(peers, self._database).place)
        app.register_blueprint(face)
        return app


def build(settings: ServiceSettings) -> CheckoutService:
    """The process as `process.py` runs it."""
    return CheckoutService(settings)
