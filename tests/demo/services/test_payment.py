import random

import pytest

from clew.demo.fault import Fault, FaultPlan
from clew.demo.services import payment as module
from clew.demo.services.payment import Payment
from clew.demo.shop import ShopAddresses
from tests.demo.collector import Collector
from tests.demo.traces import is_order, named

CHARGE = {"order_id": "o-1", "user_id": "u-1", "amount_cents": 4200, "currency": "EUR", "card_network": "visa"}


@pytest.fixture(autouse=True)
def _calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody reviews, declines or is away unless a test says so."""
    random.seed(7)
    for name in ("REVIEW_RATE", "DECLINE_RATE", "PROVIDER_AWAY_RATE"):
        monkeypatch.setattr(module, name, 0.0)


def test_a_charge_is_approved_with_its_authorization() -> None:
    """The answer to a good card names the provider and the authorization."""
    answer = Payment(FaultPlan((), RuntimeError)).charge(CHARGE)
    assert answer["approved"] is True
    assert answer["provider"] in module.PROVIDERS
    assert len(str(answer["authorization"])) == 10


def test_a_decline_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A declined card is no error: the answer says so, and why."""
    monkeypatch.setattr(module, "DECLINE_RATE", 1.0)
    answer = Payment(FaultPlan((), RuntimeError)).charge(CHARGE)
    assert answer["approved"] is False
    assert answer["reason"]


def test_an_absent_provider_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that doesn't answer raises what a caller may try again."""
    monkeypatch.setattr(module, "PROVIDER_AWAY_RATE", 1.0)
    with pytest.raises(TimeoutError, match="no answer in time"):
        Payment(FaultPlan((), RuntimeError)).charge(CHARGE)


def test_a_fault_fails_every_method() -> None:
    """Charges and refunds fail alike when payments were told to fail."""
    payment = Payment(FaultPlan([Fault("payment", "error", 1.0)], RuntimeError))
    for method in (payment.charge, payment.refund):
        with pytest.raises(RuntimeError):
            method(CHARGE)


def test_a_charge_has_its_steps_and_attributes(shop: ShopAddresses, collector: Collector) -> None:
    """The trace shows the steps of a payment and what was paid."""
    trace = collector.await_trace(is_order)
    charge = named(trace, "payment", "/shop.payment.v1.PaymentService/Charge")[-1]
    steps = sorted(
        (seen for seen in trace if seen.span.parent_span_id == charge.span.span_id),
        key=lambda seen: seen.span.start_time_unix_nano,
    )
    assert [seen.name for seen in steps] == ["check card", "assess risk", "authorize with provider"]
    assert charge.attributes["payment.currency"] == "EUR"
    assert charge.attributes["payment.approved"] is True
