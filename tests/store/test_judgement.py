from datetime import date
from typing import Any

from clew.store.judgement import judge_parameters, try_day, verdict_sums, with_shares
from clew.store.retention_rules import RetentionRules, parse_rules
from tests.data_plane import DataPlane
from tests.store.aging_store import forms_of

TODAY = date(2026, 6, 30)
TEXT = '[services.a]\nmax_age="2d"\ntraces_per_day=10\n[services.b]\ntraces_per_day=9\n[sampling]\nprobability=0.5\n'


def _rules() -> RetentionRules:
    return parse_rules(TEXT, forms_of)


def _parameters(*, sampled: bool) -> dict[str, Any]:
    return judge_parameters(_rules(), date(2026, 6, 1), TODAY, sampled=sampled)


def test_ages_become_days() -> None:
    """The oldest day that is kept, in general and for each service."""
    parameters = _parameters(sampled=True)
    assert (parameters["first_day"], parameters["service_days"]) == (
        "2026-05-31",
        ["2026-06-28", "2026-05-31"],
    )


def test_a_day_that_is_too_young_is_judged_without_sampling() -> None:
    """Then everything has a share of 1."""
    assert (_parameters(sampled=False)["sampled"], _parameters(sampled=False)["share"]) == (False, 1.0)


def test_a_budget_lowers_the_share_of_its_service_only() -> None:
    """To what fits; one that has room keeps the probability."""
    parameters = with_shares(_rules(), _parameters(sampled=True), [(b"a", 100), (b"b", 10), (b"c", 1000)])
    assert dict(zip(parameters["share_services"], parameters["shares"], strict=True)) == {"a": 0.1, "b": 0.5}


def test_a_day_without_traces_has_no_verdicts(data_plane: DataPlane) -> None:
    """Not even an empty one."""
    assert try_day(data_plane.engine, _rules(), date(1999, 1, 1), TODAY, sampled=True) == []


def test_texts_of_both_handles_are_read() -> None:
    """Read-only handles give bytes, trusted ones text."""
    (one,), (other,) = (verdict_sums([(rule, rule, 1, 2, 3, 4, 5.0)]) for rule in ("r", b"r"))
    assert one == other
