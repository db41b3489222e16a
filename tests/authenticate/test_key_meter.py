import threading

import pytest

from clew.authenticate.key import KeyLimits
from clew.authenticate.key_meter import KeyCounts, KeyMeter
from clew.errors import RateExceeded


def _still() -> float:
    return 0.0


def test_both_rates_hold() -> None:
    """Spans and bytes are limited apart; who has used up one of them is not let in any more."""
    for cost in ((100, 0), (0, 5000)):
        meter = KeyMeter(KeyLimits(spans_per_s=10, bytes_per_s=1000), _still)
        meter.admit()
        meter.charge(*cost)
        with pytest.raises(RateExceeded):
            meter.admit()


def test_a_refused_request_costs_nothing() -> None:
    """When one of the two rates is used up, the other is not paid from."""
    meter = KeyMeter(KeyLimits(spans_per_s=10, bytes_per_s=1000), _still)
    meter.charge(20, 0)
    with pytest.raises(RateExceeded):
        meter.charge(0, 2000)
    meter.refund(1, 0)
    meter.charge(1, 2000)


def test_what_was_not_stored_is_given_back() -> None:
    """After a refund there is as much room as before."""
    meter = KeyMeter(KeyLimits(spans_per_s=10, bytes_per_s=100), _still)
    for _ in range(10):
        meter.charge(20, 200)
        meter.refund(20, 200)


def test_many_threads_do_not_get_more_than_one() -> None:
    """Requests at the same time share the burst: of a hundred with 10 spans each, two get through."""
    meter, through = KeyMeter(KeyLimits(spans_per_s=10), _still), []

    def send() -> None:
        try:
            meter.charge(10, 1)
        except RateExceeded:
            return
        through.append(1)

    threads = [threading.Thread(target=send) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(through) == 2


def test_other_limits_hold_at_once_and_the_same_ones_change_nothing() -> None:
    """A change of the limits is a new start; a look at unchanged ones is none."""
    meter = KeyMeter(KeyLimits(spans_per_s=10), _still)
    meter.charge(100, 0)
    meter.limit(KeyLimits(spans_per_s=10))
    with pytest.raises(RateExceeded):
        meter.admit()
    meter.limit(KeyLimits())
    meter.charge(10**9, 10**9)


def test_figures_are_counted() -> None:
    """Requests, records, bytes, what was left out, and refusals by reason."""
    meter = KeyMeter(KeyLimits())
    meter.accepted(3, 1, 100)
    meter.accepted(2, 0, 50)
    meter.refused("overloaded")
    assert meter.counts() == KeyCounts(2, 5, 150, 1, {"overloaded": 1})
