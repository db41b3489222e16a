"""The catalogue: Flask in front of SQLite, with a cache for single products and one query per row in lists."""

import logging
import random
import sqlite3
import threading
import time
from typing import Any

from flask import Blueprint, Flask, request
from opentelemetry import trace

from clew.demo.assortment import CATEGORIES, products
from clew.demo.database import Database
from clew.demo.service import spend
from clew.demo.settings import Peers, ServiceSettings
from clew.demo.web import FlaskService

CACHE_TTL_S = 20.0
PAGE_SIZE = 12
RANK_MEDIAN_MS = 24
SCORE_MEDIAN_MS = 9
_log = logging.getLogger(__name__)
_tracer = trace.get_tracer(__name__)

_SCHEMA = """
create table product (sku text primary key, name text, category text, price_cents integer);
create table review (sku text, stars integer, body text);
create index review_by_sku on review (sku);
"""
Json = dict[str, Any]


class ProductCache:
    """Products by sku for CACHE_TTL_S; safe to share among threads."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[float, Json]] = {}
        self._lock = threading.Lock()

    def get(self, sku: str) -> Json | None:
        with self._lock:
            expires_at_s, product = self._entries.get(sku, (0.0, None))
        return product if time.monotonic() < expires_at_s else None

    def put(self, sku: str, product: Json) -> None:
        with self._lock:
            self._entries[sku] = (time.monotonic() + CACHE_TTL_S, product)


class Catalog:
    """The questions that the catalogue answers."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cache = ProductCache()

    def product(self, sku: str) -> Json:
        """One product with its stars. Raises KeyError for an unknown sku."""
        cached = self._cache.get(sku)
        trace.get_current_span().set_attributes({"shop.sku": sku, "cache.hit": cached is not None})
        if cached is not None:
            return cached
        rows = self._database.rows("select sku, name, category, price_cents from product where sku = ?", sku)
        if not rows:
            raise KeyError(f"no product {sku}")
        _log.info("product %s was not in the cache", sku)
        product = self._with_stars(rows[0])
        self._cache.put(sku, product)
        return product

    def category(self, category: str) -> list[Json]:
        """A page of a category. The slow spot: it asks for the stars of every product in a query of its own."""
        if category not in CATEGORIES:
            raise KeyError(f"no category {category}")
        rows = self._database.rows(
            "select sku, name, category, price_cents from product where category = ? order by price_cents limit ?",
            category,
            PAGE_SIZE,
        )
        trace.get_current_span().set_attributes({"shop.category": category, "shop.result.count": len(rows)})
        return [self._with_stars(row) for row in rows]

    def search(self, text: str) -> list[Json]:
        """Products whose name or reviews hold the text, the best first: a scan of both tables."""
        rows = self._database.rows(
            "select sku, name, category, price_cents, (select avg(stars) from review r where r.sku = p.sku) stars "
            "from product p where name like ?1 or sku in (select sku from review where body like ?1) limit ?2",
            f"%{text}%",
            PAGE_SIZE,
        )
        trace.get_current_span().set_attributes({"shop.search.text": text, "shop.result.count": len(rows)})
        if not rows:
            _log.info("nothing found for %r", text)
        with _tracer.start_as_current_span("rank results", attributes={"shop.result.count": len(rows)}):
            spend(RANK_MEDIAN_MS, spread=0.6)
            return sorted((_as_json(row[:4], row[4]) for row in rows), key=lambda found: -found["stars"])

    def related(self, sku: str) -> list[Json]:
        """Products of the same category near in price."""
        product = self.product(sku)
        rows = self._database.rows(
            "select sku, name, category, price_cents from product where category = ? and sku <> ?",
            product["category"],
            sku,
        )
        with _tracer.start_as_current_span("score candidates", attributes={"shop.candidate.count": len(rows)}):
            spend(SCORE_MEDIAN_MS)
            near = sorted(rows, key=lambda row: abs(row[3] - product["price_cents"]))
            return [_as_json(row, 0.0) for row in near[:4]]

    def _with_stars(self, row: tuple[Any, ...]) -> Json:
        ((stars,),) = self._database.rows("select avg(stars) from review where sku = ?", row[0])
        return _as_json(row, stars)


def _as_json(row: tuple[Any, ...], stars: float | None) -> Json:
    sku, name, category, price_cents = row
    return {
        "sku": sku,
        "name": name,
        "category": category,
        "price_cents": price_cents,
        "stars": round(stars or 0.0, 1),
    }


def routes(catalog: Catalog) -> Blueprint:
    """The HTTP face of the catalogue."""
    face = Blueprint("catalog", __name__)
    face.get("/products/<sku>")(catalog.product)
    face.get("/products/<sku>/related", endpoint="related")(lambda sku: {"products": catalog.related(sku)})
    face.get("/categories/<category>", endpoint="category")(lambda category: {"products": catalog.category(category)})
    face.get("/search", endpoint="search")(lambda: {"products": catalog.search(request.args["q"])})
    return face


class CatalogService(FlaskService):
    """The Flask service and the database that ends with it."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._database = Database(settings, _SCHEMA)
        _fill(self._database)
        faults = settings.fault_plan(lambda: sqlite3.OperationalError("disk I/O error"))
        super().__init__(self._make_app, faults)

    def serve(self, peers: Peers, stop: threading.Event) -> None:
        super().serve(peers, stop)
        self._database.close()

    def _make_app(self, peers: Peers) -> Flask:
        app = Flask("catalog")
        app.register_blueprint(routes(Catalog(self._database)))
        return app


def _fill(database: Database) -> None:
    everything = list(products())
    database.load(
        "insert into product values (?, ?, ?, ?)", [(p.sku, p.name, p.category, p.price_cents) for p in everything]
    )
    words = ("sturdy", "arrived late", "lovely colour", "a gift", "smaller than it looks", "would buy again")
    reviews = [(p.sku, random.randint(2, 5), random.choice(words)) for p in everything for _ in range(20)]
    database.load("insert into review values (?, ?, ?)", reviews)


def build(settings: ServiceSettings) -> CatalogService:
    """The process as `process.py` runs it."""
    return CatalogService(settings)
