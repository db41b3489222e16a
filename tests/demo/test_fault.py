import asyncio
import time

import pytest

from clew.demo.fault import Fault, FaultPlan, parse_fault, parse_faults
from clew.errors import ConfigurationError


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("payment=error:0.2", Fault("payment", "error", 0.2)),
        ("payment=error:1", Fault("payment", "error", 1.0)),
        ("catalog=error:.25", Fault("catalog", "error", 0.25)),
        ("inventory=slow:800ms", Fault("inventory", "slow", 1.0, 800_000_000)),
        ("catalog=slow:1.5s:0.3", Fault("catalog", "slow", 0.3, 1_500_000_000)),
    ],
)
def test_every_form_is_understood(text: str, fault: Fault) -> None:
    """Each documented form of a fault gives its service, kind, probability and delay."""
    assert parse_fault(text) == fault


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("payment", "has no '='"),
        ("", "has no '='"),
        ("paymnt=error:0.2", "cart, catalog, checkout, frontend, fulfilment, inventory, mailer, payment"),
        ("broker=error:0.2", "no service that can fail"),
        ("shopper=slow:1s", "no service that can fail"),
        (" payment=error:0.2", "no service that can fail"),
        ("payment=crash", "SERVICE=slow:DURATION:PROBABILITY"),
        ("payment=error", "SERVICE=error:RATE"),
        ("payment=error:0.2:0.3", "SERVICE=error:RATE"),
        ("payment=slow:1s:0.3:4", "SERVICE=slow:DURATION"),
        ("payment=error:0", "above 0 and up to 1"),
        ("payment=error:1.2", "above 0 and up to 1"),
        ("payment=error:20%", "above 0 and up to 1"),
        ("payment=error:-0.1", "above 0 and up to 1"),
        ("payment=error:nan", "above 0 and up to 1"),
        ("payment=error:", "above 0 and up to 1"),
        ("payment=slow:800", "write 800ms or 800s"),
        ("payment=slow:soon", "250ms"),
        ("payment=slow:0ms", "between 1ns and 1m"),
        ("payment=slow:2m", "between 1ns and 1m"),
        ("payment=slow:1s:2", "above 0 and up to 1"),
    ],
)
def test_a_wrong_fault_is_refused_with_the_way_out(text: str, hint: str) -> None:
    """A wrong fault is quoted, and the message shows what would have been right."""
    with pytest.raises(ConfigurationError) as refusal:
        parse_faults([text])
    assert str(refusal.value).startswith(f"--fault {text}: ")
    assert hint in str(refusal.value)


def test_a_fault_is_given_once() -> None:
    """Two faults of one kind for one service contradict each other and are refused."""
    both = parse_faults(["payment=error:0.2", "payment=slow:1s"])
    assert [fault.kind for fault in both] == ["error", "slow"]
    with pytest.raises(ConfigurationError, match="give it once"):
        parse_faults(["payment=error:0.2", "payment=error:0.3"])


def test_a_plan_without_faults_does_nothing() -> None:
    """Without a fault an operation is left alone."""
    FaultPlan((), lambda: RuntimeError("never")).strike()


def test_an_error_strikes_as_often_as_it_was_asked_to() -> None:
    """Of many operations the asked share fails, with the failure of the service."""
    plan = FaultPlan([Fault("payment", "error", 0.3)], lambda: RuntimeError("the card machine burns"))
    failures = []
    for _ in range(2000):
        try:
            plan.strike()
        except RuntimeError as error:
            failures.append(str(error))
    assert 450 < len(failures) < 750
    assert set(failures) == {"the card machine burns"}


def test_a_slow_service_takes_its_time() -> None:
    """A delay is waited for, in a thread and in an event loop, before an error of the same operation."""
    delayed = FaultPlan(
        [Fault("cart", "slow", 1.0, 30_000_000), Fault("cart", "error", 1.0)], lambda: RuntimeError("x")
    )
    before_s = time.monotonic()
    with pytest.raises(RuntimeError):
        delayed.strike()
    with pytest.raises(RuntimeError):
        asyncio.run(delayed.strike_async())
    assert time.monotonic() - before_s >= 0.06
