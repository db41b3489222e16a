import logging

import pytest
from opentelemetry import trace
from opentelemetry.context import Context

from clew.sdk.composable_samplers import (
    COMPOSABLE_ALWAYS_OFF,
    COMPOSABLE_ALWAYS_ON,
    ComposableAnnotating,
    ComposableParentThreshold,
    ComposableProbability,
    ComposableRuleBased,
)
from clew.sdk.ot_trace_state import read_entry
from clew.sdk.sampling_intent import DROPPING, ComposableSampler, SamplingIntent, SamplingQuestion
from clew.sdk.span_match import SpanMatch
from tests.sdk.parent_contexts import NO_PARENT, below

_HALF = 1 << 55


def _ask(
    sampler: ComposableSampler, context: Context = NO_PARENT, name: str = "name", trace_id: int = 7
) -> SamplingIntent:
    parent = trace.get_current_span(context).get_span_context()
    entry = read_entry(parent.trace_state)
    return sampler.intent(SamplingQuestion(context, parent, trace_id, name, None, {"a": 1}, None, entry))


def test_all_is_a_threshold_and_none_is_not() -> None:
    """Threshold 0 says that one stands for one; a probability of 0 is no probability."""
    assert _ask(COMPOSABLE_ALWAYS_ON) == SamplingIntent(0, True)
    assert _ask(COMPOSABLE_ALWAYS_OFF) == _ask(ComposableProbability(0)) == DROPPING
    assert _ask(ComposableProbability(0.5)) == SamplingIntent(_HALF, True)
    assert _ask(ComposableProbability(1)) == SamplingIntent(0, True)


def test_a_probability_takes_no_heed_of_the_parent() -> None:
    """Neither of its flag nor of its threshold."""
    for is_sampled in (True, False):
        assert _ask(ComposableProbability(0.5), below(is_sampled=is_sampled, state="ot=th:c")) == SamplingIntent(_HALF)


def test_an_id_that_may_not_be_random_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """Only for a caller's id without the random flag and without explicit randomness."""
    sampler = ComposableProbability(0.5)
    with caplog.at_level(logging.WARNING):
        _ask(sampler)
        _ask(sampler, below(is_random=True))
        _ask(sampler, below(is_random=False, state="ot=rv:6e6d1a75832a2f"))
        assert caplog.text == ""
        _ask(sampler, below(is_random=False))
        _ask(sampler, below(is_random=False))
    assert caplog.text.count("taken for random") == 1


@pytest.mark.parametrize(
    ("is_sampled", "state", "intent"),
    [
        (True, "ot=th:8;rv:80000000000000", SamplingIntent(_HALF)),
        (False, "ot=th:8;rv:7fffffffffffff", SamplingIntent(_HALF)),
        (True, "ot=th:0", SamplingIntent(0)),
        (True, "ot=th:8;rv:7fffffffffffff", SamplingIntent(0, False)),
        (False, "ot=th:8;rv:80000000000000", DROPPING),
        (True, "ot=th:8", SamplingIntent(0, False)),
        (True, "ot=th:zz", SamplingIntent(0, False)),
        (True, "", SamplingIntent(0, False)),
        (False, "", DROPPING),
    ],
)
def test_the_parent_is_followed(is_sampled: bool, state: str, intent: SamplingIntent) -> None:
    """By its threshold when that agrees with its flag, by the flag otherwise; the trace's id ends in 7."""
    sampler = ComposableParentThreshold(COMPOSABLE_ALWAYS_OFF)
    assert _ask(sampler, below(is_sampled=is_sampled, state=state)) == intent


def test_roots_are_the_other_samplers() -> None:
    """Though there be a trace state without a parent."""
    sampler = ComposableParentThreshold(ComposableProbability(0.5))
    assert _ask(sampler) == SamplingIntent(_HALF)
    assert _ask(sampler, below(trace_id=0, state="ot=th:c")) == SamplingIntent(_HALF)


def test_the_first_rule_says_who_is_asked() -> None:
    """Without one, nothing is kept."""
    sampler = ComposableRuleBased(
        [
            (SpanMatch(["health*"]), COMPOSABLE_ALWAYS_OFF),
            (SpanMatch(["*z"], is_root=True), COMPOSABLE_ALWAYS_ON),
        ]
    )
    assert _ask(sampler, name="healthz") == DROPPING
    assert _ask(sampler, name="z") == SamplingIntent(0)
    assert _ask(sampler, below(), "z") == DROPPING
    assert _ask(sampler, name="y") == DROPPING


def test_annotations_come_on_top() -> None:
    """The outer one's win, and the intent stays."""
    inner = ComposableAnnotating(ComposableProbability(0.5), {"a": 1, "b": 2})
    assert _ask(ComposableAnnotating(inner, {"b": 3})) == SamplingIntent(_HALF, True, {"a": 1, "b": 3})
    assert _ask(inner) == SamplingIntent(_HALF, True, {"a": 1, "b": 2})


def test_people_are_told_what_it_is_made_of() -> None:
    """All the way down."""
    sampler = ComposableParentThreshold(
        ComposableRuleBased(
            [
                (SpanMatch(["a"]), COMPOSABLE_ALWAYS_ON),
                (SpanMatch(), ComposableAnnotating(ComposableProbability(0.1), {"k": 1})),
            ]
        )
    )
    assert sampler.get_description() == (
        "ComposableParentThreshold{root=ComposableRuleBased{name=a:ComposableAlwaysOn,"
        "any:ComposableAnnotating{ComposableProbability{threshold=e666, probability=0.1},k}}}"
    )
    assert "max" in ComposableProbability(0).get_description()
