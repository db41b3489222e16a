from opentelemetry.proto.trace.v1.trace_pb2 import Span

from clew.demo.shop import ShopAddresses
from tests.demo.collector import Collector
from tests.demo.traces import is_order, named, parent


def test_a_consumer_goes_on_with_the_trace_and_links_to_it(shop: ShopAddresses, collector: Collector) -> None:
    """The order's work in the warehouse is a child of the span that published it, and links to that span too."""
    trace = collector.await_trace(is_order)
    (process,) = named(trace, "fulfilment", "process orders")
    (publish,) = named(trace, "checkout", "publish orders")
    assert (publish.span.kind, process.span.kind) == (Span.SPAN_KIND_PRODUCER, Span.SPAN_KIND_CONSUMER)
    assert parent(trace, process) is publish
    (link,) = process.span.links
    assert (link.trace_id, link.span_id) == (publish.span.trace_id, publish.span.span_id)
    assert process.attributes["messaging.message.id"] == publish.attributes["messaging.message.id"]
    assert process.span.start_time_unix_nano >= publish.span.start_time_unix_nano


def test_every_item_is_picked(shop: ShopAddresses, collector: Collector) -> None:
    """The warehouse works on as many items as the order has."""
    trace = collector.await_trace(is_order)
    (placed,) = named(trace, "checkout", "POST /orders")
    assert len(named(trace, "fulfilment", "pick item")) == placed.attributes["cart.items"]
