from hypothesis import given, settings

from clew.query.condition import ALWAYS, NEVER, Condition, all_of
from clew.query.parser import parse_condition
from clew.query.partial import Leaf, is_of_trace, leaves, relaxed, replaced, split
from tests.query.slow_condition import CONDITIONS, SlowTrace, holds, make_request, traces_of

TRACES: list[SlowTrace] = traces_of(make_request(5, 30))


def test_a_condition_falls_into_parts() -> None:
    """What is only about spans, only about traces, and about both."""
    parts = split(parse_condition("a=1 and trace.spans > 2 and (b=1 or root.name = x) and c=1"))
    assert parts.of_span == parse_condition("a=1 and c=1")
    assert parts.of_trace == parse_condition("trace.spans > 2")
    assert parts.mixed == parse_condition("b=1 or root.name = x")
    assert split(ALWAYS).of_span == split(ALWAYS).of_trace == split(ALWAYS).mixed == ALWAYS
    assert split(NEVER).of_span == NEVER


@given(condition=CONDITIONS)
@settings(max_examples=100, deadline=None)
def test_parts_are_the_whole(condition: Condition) -> None:
    """Together the parts say what the condition says, and the relaxed one is true wherever it is."""
    parts = split(condition)
    whole = all_of((parts.of_span, parts.of_trace, parts.mixed))
    loose = relaxed(condition)
    assert not any(map(is_of_trace, leaves(loose)))
    for trace in TRACES:
        for spanned in trace.spans:
            truth = holds(condition, spanned, trace)
            assert holds(whole, spanned, trace) == truth
            assert holds(loose, spanned, trace) or not truth


@given(condition=CONDITIONS)
@settings(max_examples=50, deadline=None)
def test_what_is_known_of_a_trace_can_be_put_in(condition: Condition) -> None:
    """With the fields of the trace replaced by their truth, the rest says the same about its spans."""
    for trace in TRACES:

        def value_of(leaf: Leaf, trace: SlowTrace = trace) -> Condition:
            if not is_of_trace(leaf):
                return leaf
            return ALWAYS if holds(leaf, trace.spans[0], trace) else NEVER

        left = replaced(condition, value_of)
        assert [holds(left, s, trace) for s in trace.spans] == [holds(condition, s, trace) for s in trace.spans]
