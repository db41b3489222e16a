"""Payments: gRPC; checks the card, judges the risk, asks the provider, which declines some and is away at times."""

import hashlib
import logging
import random

from opentelemetry import trace

from clew.demo.fault import FaultPlan
from clew.demo.roster import PAYMENT_RPC
from clew.demo.rpc import Payload, RpcService
from clew.demo.service import spend
from clew.demo.settings import ServiceSettings

DECLINE_RATE = 0.02
PROVIDER_AWAY_RATE = 0.01
REVIEW_RATE = 0.03
PROVIDERS = ("nordpay", "cardhouse")
_DECLINES = ("insufficient_funds", "card_expired", "suspected_fraud")
_log = logging.getLogger(__name__)
_tracer = trace.get_tracer(__name__)


class Payment:
    """The methods of the gRPC service."""

    def __init__(self, faults: FaultPlan) -> None:
        self._faults = faults

    def charge(self, request: Payload) -> Payload:
        """`{order_id, user_id, amount_cents, currency, card_network}` -> `{approved, provider, …}`.

        The rest is `authorization` or, not approved, `reason`. A decline is an answer, not an error.
        """
        provider = random.choice(PROVIDERS)
        trace.get_current_span().set_attributes(_describe(request, provider))
        self._check_card(request)
        self._faults.strike()
        risk = _assess_risk(request)
        answer = _authorize(request, provider, risk)
        trace.get_current_span().set_attribute("payment.approved", answer["approved"])
        return answer

    def refund(self, request: Payload) -> Payload:
        """`{order_id, amount_cents}` -> `{refunded_cents}`."""
        self._faults.strike()
        with _tracer.start_as_current_span("refund with provider"):
            spend(30)
        return {"refunded_cents": request["amount_cents"]}

    def _check_card(self, request: Payload) -> None:
        with _tracer.start_as_current_span("check card"):
            # Real work: a checksum of the card token, as tokenisation services do.
            hashlib.pbkdf2_hmac("sha256", request["order_id"].encode(), b"shop", 2_000)


def _describe(request: Payload, provider: str) -> dict[str, str | int]:
    return {
        "payment.provider": provider,
        "payment.amount_cents": request["amount_cents"],
        "payment.currency": request["currency"],
        "payment.card.network": request["card_network"],
        "shop.order.id": request["order_id"],
    }


def _assess_risk(request: Payload) -> float:
    with _tracer.start_as_current_span("assess risk") as span:
        risk: float = min(1.0, random.betavariate(2, 12) + request["amount_cents"] / 1_000_000)
        reviewed = random.random() < REVIEW_RATE
        span.set_attributes({"payment.risk.score": round(risk, 3), "payment.risk.reviewed": reviewed})
        # Some payments go to a second, much slower model: the long tail of this service.
        spend(420 if reviewed else 6)
        return risk


def _authorize(request: Payload, provider: str, risk: float) -> dict[str, str | bool]:
    with _tracer.start_as_current_span("authorize with provider", attributes={"payment.provider": provider}) as span:
        spend(38 if provider == "nordpay" else 55, spread=0.5)
        if random.random() < PROVIDER_AWAY_RATE:
            raise TimeoutError(f"{provider} gave no answer in time")
        if random.random() < DECLINE_RATE:
            reason = random.choice(_DECLINES)
            span.add_event("payment declined", {"payment.decline.reason": reason})
            _log.warning("%s declined order %s: %s", provider, request["order_id"], reason)
            return {"approved": False, "provider": provider, "reason": reason}
        _log.info("%s authorized %d cents, risk %.3f", provider, request["amount_cents"], risk)
        return {"approved": True, "provider": provider, "authorization": f"{random.getrandbits(40):010x}"}


def build(settings: ServiceSettings) -> RpcService:
    """The process as `process.py` runs it."""
    payment = Payment(settings.fault_plan(lambda: RuntimeError("no rule for this card in the routing table")))
    return RpcService(PAYMENT_RPC, {"Charge": payment.charge, "Refund": payment.refund})
