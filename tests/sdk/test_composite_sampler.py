import math
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.context import Context
from opentelemetry.sdk.trace import _sampling_experimental as theirs
from opentelemetry.trace import TraceState, get_current_span

from clew.sdk.composable_samplers import (
    COMPOSABLE_ALWAYS_OFF,
    COMPOSABLE_ALWAYS_ON,
    ComposableAnnotating,
    ComposableConstant,
    ComposableParentThreshold,
    ComposableProbability,
    ComposableRuleBased,
)
from clew.sdk.composite_sampler import CompositeSampler
from clew.sdk.ids import IdGenerator
from clew.sdk.ot_trace_state import RANDOMNESS_MASK, read_entry, threshold_text
from clew.sdk.sampler import Decision, SamplingResult
from clew.sdk.sampling_intent import ComposableSampler, SamplingIntent
from clew.sdk.span_match import SpanMatch
from clew.store.told_probability import probability_of
from tests.sdk.kept_spans import keeping_provider
from tests.sdk.parent_contexts import NO_PARENT, below


def _header(result: SamplingResult) -> str:
    return result.trace_state.to_header() if result.trace_state is not None else ""


def _ask(sampler: ComposableSampler, context: Context = NO_PARENT, trace_id: int = 7) -> tuple[bool, str]:
    result = CompositeSampler(sampler).should_sample(context, trace_id, "name")
    return result.decision.is_sampled(), _header(result)


def test_a_root_is_kept_when_its_id_is_not_below_the_threshold() -> None:
    """At the threshold it is kept; what is kept tells the threshold, what is dropped tells none."""
    half = ComposableProbability(0.5)
    assert _ask(half, trace_id=(1 << 100) | (1 << 55)) == (True, "ot=th:8")
    assert _ask(half, trace_id=(1 << 100) | ((1 << 55) - 1)) == (False, "")
    assert _ask(COMPOSABLE_ALWAYS_ON, trace_id=1 << 60) == (True, "ot=th:0")
    assert _ask(COMPOSABLE_ALWAYS_OFF, trace_id=RANDOMNESS_MASK) == (False, "")


def test_explicit_randomness_goes_before_the_id_and_is_passed_on() -> None:
    """Of a parent, and of a trace state that a root is given; kept or dropped."""
    half = ComposableProbability(0.5)
    for trace_id in (0, 7):
        assert _ask(half, below(trace_id=trace_id, state="ot=rv:80000000000000")) == (True, "ot=th:8;rv:80000000000000")
        state = "a=b,ot=rv:7fffffffffffff"
        assert _ask(half, below(trace_id=trace_id, state=state), RANDOMNESS_MASK) == (False, state)


@pytest.mark.parametrize(
    ("is_sampled", "state", "header"),
    [
        (True, "a=b,ot=x:1;th:8;rv:80000000000000", "ot=th:8;rv:80000000000000;x:1,a=b"),
        (True, "ot=th:8;rv:00000000000000", "ot=rv:00000000000000"),
        (True, "ot=th:8", ""),
        (True, "a=b", "a=b"),
        (False, "ot=th:8,a=b", "a=b"),
        (False, "ot=th:8;rv:00000000000000", "ot=rv:00000000000000"),
        (False, "ot=th:0", ""),
    ],
)
def test_below_a_parent_what_is_known_is_told_and_nothing_else(is_sampled: bool, state: str, header: str) -> None:
    """A threshold that contradicts the flag is erased, and so is one of a span that is dropped."""
    follow = ComposableParentThreshold(COMPOSABLE_ALWAYS_OFF)
    assert _ask(follow, below(is_sampled=is_sampled, state=state)) == (is_sampled, header)


@given(
    randomness=st.integers(0, RANDOMNESS_MASK),
    threshold=st.integers(0, RANDOMNESS_MASK),
    has_rv=st.booleans(),
)
def test_below_parents_that_agree_with_themselves_it_is_as_the_reference(
    randomness: int, threshold: int, has_rv: bool
) -> None:
    """The same decision, and for what is kept the same trace state."""
    entry = f"th:{threshold_text(threshold)}" + (f";rv:{randomness:014x}" if has_rv else "")
    context = below(is_sampled=randomness >= threshold, state=f"ot={entry}")
    trace_id = 7 << 56 | (0 if has_rv else randomness)
    mine = CompositeSampler(ComposableParentThreshold(COMPOSABLE_ALWAYS_OFF)).should_sample(context, trace_id, "a")
    reference = theirs.composite_sampler(theirs.composable_parent_threshold(theirs.composable_always_off()))
    state = get_current_span(context).get_span_context().trace_state
    expected = reference.should_sample(context, trace_id, "a", trace_state=state)
    assert mine.decision.value == expected.decision.value
    if mine.decision is Decision.RECORD_AND_SAMPLE:
        assert mine.trace_state == expected.trace_state == state


def test_thresholds_that_tell_nothing_are_tried_by_chance_of_their_own() -> None:
    """The trace's randomness would make later decisions depend on it; nothing is told."""
    unsure = ComposableConstant(SamplingIntent(1 << 55, is_reliable=False), "Unsure")
    drawn: list[int] = []

    def draw(bits: int) -> int:
        drawn.append(bits)
        return 1 << 55 if len(drawn) == 1 else 0

    sampler = CompositeSampler(unsure, draw=draw)
    results = [sampler.should_sample(NO_PARENT, trace_id, "a") for trace_id in (0, RANDOMNESS_MASK)]
    assert [result.decision.is_sampled() for result in results] == [True, False]
    assert [_header(result) for result in results] == ["", ""]
    assert drawn == [56, 56]


def test_attributes_of_annotations_are_on_what_is_kept() -> None:
    """Besides the span's own, which stay as they were."""
    own = {"a": 1}
    kept = CompositeSampler(ComposableAnnotating(COMPOSABLE_ALWAYS_ON, {"b": 2})).should_sample(
        NO_PARENT, 1, "name", None, own
    )
    assert dict(kept.attributes) == {"a": 1, "b": 2}
    assert own == {"a": 1}
    dropped = CompositeSampler(ComposableAnnotating(COMPOSABLE_ALWAYS_OFF, {"b": 2}))
    assert dict(dropped.should_sample(NO_PARENT, 1, "name", None, own).attributes) == {}


def test_a_sampler_may_leave_an_entry_of_its_own_in_the_state() -> None:
    """Behind what is told of sampling."""
    marking = ComposableConstant(SamplingIntent(0, update_state=lambda state: state.update("mine", "1")), "Marking")
    assert _ask(marking) == (True, "ot=th:0,mine=1")
    assert _ask(marking, below(state="a=b")) == (True, "ot=th:0,mine=1,a=b")


class _Counting(IdGenerator):
    """Ids that aren't random, and say so."""

    def __init__(self) -> None:
        self._last = 0

    def generate_span_id(self) -> int:
        self._last += 1
        return self._last

    def generate_trace_id(self) -> int:
        return self.generate_span_id()


def test_roots_whose_ids_are_not_random_get_randomness() -> None:
    """Half of a thousand are kept though their ids are small, and each tells the number by which it was."""
    sampler = CompositeSampler(
        ComposableParentThreshold(ComposableProbability(0.5)), are_ids_random=False, draw=Random(1).getrandbits
    )
    provider, kept = keeping_provider(sampler=sampler, id_generator=_Counting())
    tracer = provider.get_tracer("test")
    for _ in range(1000):
        with tracer.start_as_current_span("root"):
            tracer.start_span("child").end()
    entries = [read_entry(span.context.trace_state) for span in kept.spans]
    assert 430 < len(kept.spans) / 2 < 570
    assert all(entry.threshold == 1 << 55 and entry.randomness and entry.randomness >= 1 << 55 for entry in entries)
    assert entries[::2] == entries[1::2]
    assert all(span.context.trace_flags == 1 for span in kept.spans)


def test_children_in_the_process_are_as_their_parents() -> None:
    """With the threshold of the root in the trace state, and W3C's flag that the id is random; nobody is asked."""
    provider, kept = keeping_provider(sampler=CompositeSampler(ComposableParentThreshold(COMPOSABLE_ALWAYS_ON)))
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("root"), tracer.start_as_current_span("child"):
        tracer.start_span("grandchild").end()
    assert [span.context.trace_state for span in kept.spans] == [TraceState([("ot", "th:0")])] * 3
    assert [span.context.trace_flags for span in kept.spans] == [3, 3, 3]


def _stand_for(headers: Counter[str]) -> tuple[float, float]:
    """For how many spans those with these states stand, as the store counts them, and the variance of that."""
    total = variance = 0.0
    for header, count in headers.items():
        probability = probability_of(header.removeprefix("ot=th:").encode())
        total += count / probability
        variance += count * (1 - probability) / probability**2
    return total, variance


def test_adjusted_counts_are_the_numbers_of_spans() -> None:
    """Of 40,000 traces through three services, sampled by rules, on their own, and as the caller: within four sigma.

    The store's sums over what was kept are as many spans as there were; and who keeps a larger share keeps all that
    the others kept.
    """
    rules = ComposableRuleBased(
        [(SpanMatch(["rare"]), ComposableProbability(0.5)), (SpanMatch(), ComposableProbability(0.1))]
    )
    root, own = CompositeSampler(ComposableParentThreshold(rules)), CompositeSampler(ComposableProbability(0.3))
    follow = CompositeSampler(ComposableParentThreshold(COMPOSABLE_ALWAYS_OFF))
    random, told = Random(20), {"root": Counter[str](), "own": Counter[str](), "follow": Counter[str]()}
    traces = 40_000
    for number in range(traces):
        trace_id, name = random.getrandbits(128), "rare" if number % 10 == 0 else "usual"
        first = root.should_sample(NO_PARENT, trace_id, name)
        parent = below(is_sampled=first.decision.is_sampled(), state=_header(first), trace_id=trace_id)
        results = {
            "root": first,
            "own": own.should_sample(parent, trace_id, name),
            "follow": follow.should_sample(parent, trace_id, name),
        }
        for service, result in results.items():
            told[service].update([_header(result)] if result.decision.is_sampled() else [])
        assert results["follow"].decision is first.decision
        assert name == "rare" or results["own"].decision.is_sampled() or not first.decision.is_sampled()
    for headers in told.values():
        total, variance = _stand_for(headers)
        assert abs(total - traces) < 4 * math.sqrt(variance)
    assert set(told["root"]) == set(told["follow"]) == {"ot=th:8", "ot=th:e666"}
