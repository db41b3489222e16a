from opentelemetry.proto.trace.v1.trace_pb2 import Span

from clew.demo.shop import ShopAddresses
from tests.demo.collector import Collector, Seen
from tests.demo.traces import named, with_id


def _is_batch(seen: Seen) -> bool:
    return (seen.service, seen.name) == ("mailer", "process mails")


def test_a_batch_is_a_trace_of_its_own_that_links_to_every_sender(shop: ShopAddresses, collector: Collector) -> None:
    """Mails of many orders are sent in one batch: a root span with a link to the producer span of each message."""
    batch = collector.await_span(_is_batch)
    assert not batch.span.parent_span_id
    assert batch.span.kind == Span.SPAN_KIND_CONSUMER
    assert len(batch.span.links) == batch.attributes["messaging.batch.message_count"]
    for link in batch.span.links:
        sender = collector.await_span(with_id(link.span_id))
        assert (sender.service, sender.name) == ("fulfilment", "publish mails")
        assert sender.span.trace_id == link.trace_id != batch.span.trace_id


def test_each_mail_has_the_user_of_its_message(shop: ShopAddresses, collector: Collector) -> None:
    """A batch has no user, the mails in it have that of the order they are about."""
    trace = collector.await_trace(
        lambda trace: any(map(_is_batch, trace)) and bool(named(trace, "mailer", "send mail"))
    )
    batch = next(filter(_is_batch, trace))
    mails = named(trace, "mailer", "send mail")
    assert len(mails) == len(batch.span.links)
    assert "user.id" not in batch.attributes
    mail = mails[0]
    order_id = mail.attributes["shop.order.id"]
    placed = collector.await_span(
        lambda seen: seen.name == "POST /orders" and seen.attributes.get("shop.order.id") == order_id
    )
    assert mail.attributes["user.id"] == placed.attributes["user.id"]
