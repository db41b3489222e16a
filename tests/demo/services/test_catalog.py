from clew.demo.services.catalog import PAGE_SIZE, ProductCache
from clew.demo.shop import ShopAddresses
from tests.demo.collector import Collector, Trace
from tests.demo.traces import named

LIST = "GET /categories/<category>"
PRODUCT = "GET /products/<sku>"


def _whole_list(trace: Trace) -> bool:
    return any(not seen.failed for seen in named(trace, "catalog", LIST)) and bool(named(trace, "frontend", "GET /"))


def test_a_list_asks_the_database_once_per_product(shop: ShopAddresses, collector: Collector) -> None:
    """The slow spot is there: one query for the page and one for each product on it."""
    trace = collector.await_trace(_whole_list)
    (page,) = named(trace, "catalog", LIST)
    queries = [seen for seen in trace if seen.span.parent_span_id == page.span.span_id and seen.name == "select"]
    assert page.attributes["shop.result.count"] == PAGE_SIZE
    assert len(queries) == PAGE_SIZE + 1
    assert all(query.attributes["db.system.name"] == "sqlite" for query in queries)
    assert sum("avg(stars)" in str(query.attributes["db.query.text"]) for query in queries) == PAGE_SIZE


def test_a_cached_product_needs_no_query(shop: ShopAddresses, collector: Collector) -> None:
    """A hit in the cache is marked and has no database spans below it."""

    def has_hit(trace: Trace) -> bool:
        return any(seen.attributes.get("cache.hit") is True for seen in named(trace, "catalog", PRODUCT))

    trace = collector.await_trace(has_hit)
    hit = next(seen for seen in named(trace, "catalog", PRODUCT) if seen.attributes.get("cache.hit") is True)
    assert not [seen for seen in trace if seen.span.parent_span_id == hit.span.span_id]


def test_an_error_fault_fails_some_requests_of_the_catalogue(shop: ShopAddresses, collector: Collector) -> None:
    """With `catalog=error:0.15` some of its requests fail, marked, with their exception; others go well."""
    failed = collector.await_span(lambda seen: seen.service == "catalog" and seen.failed)
    assert failed.attributes["shop.fault"] == ["error"]
    assert failed.attributes["http.response.status_code"] == 500
    assert [event["exception.type"] for event in failed.exceptions] == ["sqlite3.OperationalError"]
    requests = [seen for seen in collector.spans() if seen.service == "catalog" and seen.name.startswith("GET ")]
    assert any(not seen.failed for seen in requests)


def test_the_cache_forgets_nothing_in_time() -> None:
    """A product that was put is found, another isn't."""
    cache = ProductCache()
    cache.put("LA-001", {"sku": "LA-001"})
    assert cache.get("LA-001") == {"sku": "LA-001"}
    assert cache.get("LA-002") is None
