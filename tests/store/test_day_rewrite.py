from pathlib import Path

from clew.store.day_rewrite import DROPPED, REPLACED
from clew.store.judgement import judge_parameters
from clew.store.retention_rules import parse_rules
from tests.store.aging_store import TODAY, Plan, aging_store, days_ago, forms_of
from tests.store.alone import run_alone

RULES = 'max_age = "30d"\nmax_age_errors = "50d"'


def test_the_source_of_the_verdicts_goes_last() -> None:
    """After a crash a day can be judged anew only if its summaries are still there."""
    assert REPLACED[-1] == DROPPED[-1] == "traces"


def _refuses(directory: Path) -> None:
    with aging_store(directory) as store:
        day = days_ago(40)
        store.load(day, Plan(1, is_error=True), Plan(2))
        rewrite = store.retention.rewrite
        parameters = judge_parameters(parse_rules(RULES, forms_of), day, TODAY, sampled=False)
        sums = rewrite.judge(parse_rules(RULES, forms_of), parameters)
        assert {(each.rule, each.is_kept) for each in sums} == {("age", False), ("within max_age", True)}
        store.load(day, Plan(3))
        assert not rewrite.keep_judged(day.isoformat(), parameters)
        assert not rewrite.drop(day.isoformat())
        assert store.all_traces() == [1, 2, 3]
        rewrite.judge(parse_rules(RULES, forms_of), parameters)
        assert rewrite.keep_judged(day.isoformat(), parameters)
        assert store.all_traces() == [1]
        assert list(store.engine.read("SELECT name FROM system.databases WHERE name = 'clew_kept'")) == []


def test_a_day_that_has_changed_since_it_was_judged_is_left_alone(tmp_path: Path) -> None:
    """Neither replaced nor dropped; judged again it is, and nothing is left behind."""
    run_alone(_refuses, tmp_path)
