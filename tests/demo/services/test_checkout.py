from clew.demo.shop import ShopAddresses
from tests.demo.collector import Collector
from tests.demo.traces import ORDER_SERVICES, ancestors, is_order, named, without_parent

RESERVE = "/shop.inventory.v1.InventoryService/Reserve"
CHARGE = "/shop.payment.v1.PaymentService/Charge"
TO_CHECKOUT = [
    ("checkout", "POST /orders"),
    ("frontend", "POST"),
    ("frontend", "POST /checkout/{user_id}"),
    ("shopper", "POST"),
    ("shopper", "place order"),
]


def test_an_order_is_one_trace_through_all_services(shop: ShopAddresses, collector: Collector) -> None:
    """Seven services take part in an order, each span below the one that caused it, under a single root."""
    trace = collector.await_trace(is_order)
    assert {seen.service for seen in trace} == ORDER_SERVICES
    assert len({seen.resource["process.pid"] for seen in trace}) == len(ORDER_SERVICES)
    (root,) = without_parent(trace)
    assert (root.service, root.name) == ("shopper", "place order")


def test_every_hop_has_the_right_parent(shop: ShopAddresses, collector: Collector) -> None:
    """HTTP, gRPC and queue spans lead from each service back to the customer, hop by hop."""
    trace = collector.await_trace(is_order)
    (charge,) = named(trace, "payment", CHARGE)[-1:]
    assert ancestors(trace, charge) == [("payment", CHARGE), ("checkout", CHARGE), *TO_CHECKOUT]
    for reserve in named(trace, "inventory", RESERVE):
        path = [("inventory", RESERVE), ("checkout", RESERVE), ("checkout", "prepare order"), *TO_CHECKOUT]
        assert ancestors(trace, reserve) == path
    (process,) = named(trace, "fulfilment", "process orders")
    assert ancestors(trace, process) == [
        ("fulfilment", "process orders"),
        ("checkout", "publish orders"),
        *TO_CHECKOUT,
    ]


def test_an_order_says_what_it_is(shop: ShopAddresses, collector: Collector) -> None:
    """The span of an order has its id, items and sum, and the calls below it those of their protocols."""
    trace = collector.await_trace(is_order)
    (placed,) = named(trace, "checkout", "POST /orders")
    assert {"shop.order.id", "cart.items", "payment.provider", "user.id"} <= placed.attributes.keys()
    assert placed.attributes["http.response.status_code"] == 201
    (publish,) = named(trace, "checkout", "publish orders")
    assert publish.attributes["messaging.destination.name"] == "orders"
    (charge, *_) = named(trace, "checkout", CHARGE)
    assert charge.attributes["rpc.method"] == "Charge"
