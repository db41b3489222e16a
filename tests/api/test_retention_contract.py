from clew.api.retention_contract import rules_answer, trial_answer
from clew.store.retention import AppliedRules
from tests.api.memory_retention import MemoryRetention


def test_default_rules_have_no_moment() -> None:
    """0 stands for never applied."""
    assert rules_answer(AppliedRules("a", 0, "")).applied_unix_nano is None
    assert rules_answer(AppliedRules("a", 5, "")).applied_unix_nano == "5"


def test_kept_and_lost_are_not_mixed() -> None:
    """One entry for each rule, service and fate."""
    answer = trial_answer(MemoryRetention().try_rules(""))
    assert {(entry.rule, entry.kept): entry.error_traces for entry in answer.entries} == {
        ("errors", True): 2,
        ("the rest", False): 0,
        ("gold", True): 0,
    }


def test_a_rule_that_decides_about_no_trace_is_listed() -> None:
    """With nothing, and without a service: its attribute may be mistyped."""
    (entry,) = [each for each in trial_answer(MemoryRetention().try_rules("")).entries if each.rule == "gold"]
    assert (entry.service, entry.traces, entry.spans, entry.bytes) == ("", 0, 0, 0)
