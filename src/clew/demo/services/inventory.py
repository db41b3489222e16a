"""The stock: gRPC in front of SQLite; reserves, releases and restocks."""

import logging
import random
import sqlite3
import threading

from opentelemetry import trace

from clew.demo.assortment import SKUS
from clew.demo.database import Database
from clew.demo.fault import FaultPlan
from clew.demo.roster import INVENTORY_RPC
from clew.demo.rpc import Payload, RpcService
from clew.demo.service import spend
from clew.demo.settings import Peers, ServiceSettings

RESTOCK_BELOW = 10
RESTOCK_TO = 200
OUT_OF_STOCK_RATE = 0.004
_log = logging.getLogger(__name__)
_tracer = trace.get_tracer(__name__)

_SCHEMA = """
create table stock (sku text primary key, available integer not null) without rowid;
create table reservation (order_id text, sku text, quantity integer not null, primary key (order_id, sku));
"""


class Inventory:
    """The methods of the gRPC service."""

    def __init__(self, database: Database, faults: FaultPlan) -> None:
        self._database = database
        self._faults = faults

    def check(self, request: Payload) -> Payload:
        """`{sku}` -> `{sku, available}`."""
        self._faults.strike()
        rows = self._database.rows("select available from stock where sku = ?", request["sku"])
        if not rows:
            raise KeyError(f"no product {request['sku']}")
        return {"sku": request["sku"], "available": rows[0][0]}

    def reserve(self, request: Payload) -> Payload:
        """`{order_id, sku, quantity}` -> `{sku, left}`; ValueError when there isn't enough."""
        span = trace.get_current_span()
        span.set_attributes({"shop.sku": request["sku"], "shop.quantity": request["quantity"]})
        self._faults.strike()
        # Somebody else bought the last ones, every now and then.
        scarce = random.random() < OUT_OF_STOCK_RATE
        with self._database.transaction():
            left = self._take(request, scarce)
        span.set_attribute("shop.stock.left", left)
        if left < RESTOCK_BELOW:
            self._restock(request["sku"], left)
        return {"sku": request["sku"], "left": left}

    def release(self, request: Payload) -> Payload:
        """`{order_id}` -> `{released}`: gives back what an order that came to nothing had reserved."""
        self._faults.strike()
        with self._database.transaction():
            rows = self._database.rows(
                "delete from reservation where order_id = ? returning sku, quantity", request["order_id"]
            )
            for sku, quantity in rows:
                self._database.rows("update stock set available = available + ? where sku = ?", quantity, sku)
        _log.info("released %d reservations of order %s", len(rows), request["order_id"])
        return {"released": len(rows)}

    def _take(self, request: Payload, scarce: bool) -> int:
        sku, quantity = request["sku"], request["quantity"]
        ((available,),) = self._database.rows("select available from stock where sku = ?", sku)
        if scarce or available < quantity:
            raise ValueError(f"{sku} is out of stock: {quantity} wanted")
        self._database.rows("update stock set available = available - ? where sku = ?", quantity, sku)
        self._database.rows("insert into reservation values (?, ?, ?)", request["order_id"], sku, quantity)
        return int(available - quantity)

    def _restock(self, sku: str, left: int) -> None:
        with _tracer.start_as_current_span("restock", attributes={"shop.sku": sku, "shop.stock.left": left}):
            spend(12)
            self._database.rows("update stock set available = ? where sku = ?", RESTOCK_TO, sku)
            _log.info("restocked %s, %d were left", sku, left)


class InventoryService(RpcService):
    """The gRPC service and the database that ends with it."""

    def __init__(self, settings: ServiceSettings) -> None:
        faults = settings.fault_plan(lambda: sqlite3.OperationalError("database is locked"))
        self._database = Database(settings, _SCHEMA)
        self._database.load("insert into stock values (?, ?)", [(sku, random.randint(15, RESTOCK_TO)) for sku in SKUS])
        inventory = Inventory(self._database, faults)
        methods = {"Check": inventory.check, "Reserve": inventory.reserve, "Release": inventory.release}
        super().__init__(INVENTORY_RPC, methods)

    def serve(self, peers: Peers, stop: threading.Event) -> None:
        super().serve(peers, stop)
        self._database.close()


def build(settings: ServiceSettings) -> InventoryService:
    """The process as `process.py` runs it."""
    return InventoryService(settings)
