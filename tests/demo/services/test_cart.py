from clew.demo.shop import ShopAddresses
from tests.demo.collector import Collector, Trace
from tests.demo.conftest import CART_DELAY_NS
from tests.demo.traces import ancestors, named

ADD = "POST /carts/<user_id>/items"
CHECK = "/shop.inventory.v1.InventoryService/Check"


def _added(trace: Trace) -> bool:
    services = {seen.service for seen in trace}
    return {"shopper", "cart", "catalog", "inventory"} <= services and bool(named(trace, "cart", ADD))


def test_threads_keep_the_trace(shop: ShopAddresses, collector: Collector) -> None:
    """Adding a product asks catalogue and stock from two threads, both below the same request, at the same time."""
    trace = collector.await_trace(_added)
    (check,) = named(trace, "inventory", CHECK)
    assert ancestors(trace, check)[1:3] == [("cart", CHECK), ("cart", ADD)]
    (asked,) = named(trace, "cart", CHECK)
    (looked_up,) = named(trace, "cart", "GET")
    assert asked.span.parent_span_id == looked_up.span.parent_span_id
    assert asked.span.start_time_unix_nano < looked_up.span.end_time_unix_nano
    assert looked_up.span.start_time_unix_nano < asked.span.end_time_unix_nano


def test_a_slow_fault_slows_every_request_of_the_cart(shop: ShopAddresses, collector: Collector) -> None:
    """With `cart=slow:40ms` each of its requests takes at least that and is marked."""
    collector.await_span(lambda seen: seen.service == "cart" and seen.name == ADD)
    requests = [seen for seen in collector.spans() if seen.service == "cart" and "/carts/" in seen.name]
    assert all(seen.duration_ns >= CART_DELAY_NS for seen in requests)
    assert all(seen.attributes["shop.fault"] == ["slow"] for seen in requests)


def test_a_cart_tells_what_is_in_it(shop: ShopAddresses, collector: Collector) -> None:
    """The span of a filled cart has the number of its items and their sum."""
    shown = collector.await_span(lambda seen: seen.service == "cart" and seen.attributes.get("cart.items", 0) != 0)
    assert int(str(shown.attributes["cart.total_cents"])) >= 390
