"""Mails, sent in batches: a batch is a trace of its own whose span links to the sender of each message."""

import logging
from collections.abc import Sequence

from opentelemetry import context, propagate, trace
from opentelemetry.trace import SpanKind

from clew.demo.baggage import attached, shared, with_baggage
from clew.demo.fault import FaultPlan
from clew.demo.messaging import BatchHandler, Message, QueueClient, QueueWorker, attempt, operation
from clew.demo.roster import MAILS_QUEUE
from clew.demo.service import spend
from clew.demo.settings import ServiceSettings

BATCH = 10
PAUSE_S = 2.0
_log = logging.getLogger(__name__)
_tracer = trace.get_tracer(__name__)


def send_batches(client: QueueClient, faults: FaultPlan) -> BatchHandler:
    """The work on a batch; a mail that fails goes back to the queue and leaves the others alone."""

    def handle(messages: Sequence[Message]) -> None:
        attributes = {**operation(MAILS_QUEUE, "process", "process"), "messaging.batch.message_count": len(messages)}
        with _tracer.start_as_current_span(
            f"process {MAILS_QUEUE}",
            context=context.Context(),
            kind=SpanKind.CONSUMER,
            links=[message.link() for message in messages],
            attributes={**attributes, "messaging.consumer.group.name": "mailer"},
        ):
            with _tracer.start_as_current_span("connect to mail relay"):
                spend(18)
            for message in messages:
                client.settle(message, _sent(message, faults))

    return handle


def _sent(message: Message, faults: FaultPlan) -> bool:
    attributes = {"mail.template": message.body["template"], "shop.order.id": message.body["order_id"]}
    # The batch has no user; each mail has the one of its message.
    with (
        attached(with_baggage(shared(propagate.extract(message.headers)))),
        _tracer.start_as_current_span("send mail", attributes=attributes) as span,
    ):
        return attempt(span, lambda message: _send(message, faults), message)


def _send(message: Message, faults: FaultPlan) -> None:
    faults.strike()
    spend(22, spread=0.5)
    _log.info("mail %r to user %s", message.body["template"], message.body["user_id"])


def build(settings: ServiceSettings) -> QueueWorker:
    """The process as `process.py` runs it."""
    faults = settings.fault_plan(lambda: ConnectionRefusedError("the mail relay refused the connection"))
    return QueueWorker(MAILS_QUEUE, lambda client: send_batches(client, faults), BATCH, PAUSE_S)
