import random

from clew.agent.backoff import Backoff


def test_pauses_double_up_to_the_longest() -> None:
    """Each is between half of its step and all of it; after the gateway took something they begin anew."""
    backoff = Backoff(first_s=1.0, longest_s=8.0, source=random.Random(1))
    for step_s in (1.0, 2.0, 4.0, 8.0, 8.0, 8.0):
        assert step_s / 2 <= backoff.next_s() <= step_s
    backoff.reset()
    assert backoff.next_s() <= 1.0


def test_agents_do_not_knock_at_once() -> None:
    """The pauses of many differ."""
    assert len({Backoff(source=random.Random(seed)).next_s() for seed in range(100)}) > 90


def test_what_the_gateway_asks_for_is_waited() -> None:
    """A longer Retry-After counts, and up to a tenth is added."""
    backoff = Backoff(first_s=1.0, longest_s=8.0, source=random.Random(1))
    assert all(60.0 <= backoff.next_s(60.0) <= 66.0 for _ in range(100))


def test_a_thousand_failures_overflow_nothing() -> None:
    """A gateway may be away for months."""
    backoff = Backoff()
    assert max(backoff.next_s() for _ in range(2000)) <= backoff.longest_s
