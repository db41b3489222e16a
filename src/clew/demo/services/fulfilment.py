"""The warehouse: takes orders from the queue, packs them, and asks for a mail through the next queue."""

import logging
from collections.abc import Callable

from opentelemetry import trace

from clew.demo.fault import FaultPlan
from clew.demo.messaging import Message, QueueClient, QueueWorker, process_each
from clew.demo.roster import MAILS_QUEUE, ORDERS_QUEUE
from clew.demo.service import spend
from clew.demo.settings import ServiceSettings

_log = logging.getLogger(__name__)
_tracer = trace.get_tracer(__name__)


def fulfil(client: QueueClient, faults: FaultPlan) -> Callable[[Message], None]:
    """The work on one order."""

    def work(message: Message) -> None:
        order = message.body
        trace.get_current_span().set_attribute("shop.order.id", order["order_id"])
        faults.strike()
        for item in order["items"]:
            with _tracer.start_as_current_span("pick item", attributes={"shop.sku": item["sku"]}):
                spend(8, spread=0.6)
        with _tracer.start_as_current_span("print label", attributes={"shipping.carrier": "fjordpost"}):
            spend(25)
        mail = {"template": "shipped", "user_id": order["user_id"], "order_id": order["order_id"]}
        client.publish(MAILS_QUEUE, mail)
        _log.info("order %s is on its way", order["order_id"])

    return work


def build(settings: ServiceSettings) -> QueueWorker:
    """The process as `process.py` runs it."""
    faults = settings.fault_plan(lambda: RuntimeError("the label printer is out of paper"))
    return QueueWorker(
        ORDERS_QUEUE, lambda client: process_each(ORDERS_QUEUE, client, fulfil(client, faults), "warehouse")
    )
