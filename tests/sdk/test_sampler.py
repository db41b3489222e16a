from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import sampling as theirs
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, TraceState

from clew.sdk import sampler as ours
from clew.sdk.sampler import (
    ALWAYS_OFF,
    ALWAYS_ON,
    AlwaysRecord,
    Decision,
    ParentBased,
    SamplingResult,
    TraceIdRatioBased,
)

_STATE = TraceState([("a", "b")])


def _context(parent: tuple[bool, bool] | None) -> Context | None:
    """Of a parent that is remote or not, sampled or not."""
    if parent is None:
        return Context()
    context = SpanContext(7, 8, parent[0], TraceFlags(parent[1]), _STATE)
    return trace.set_span_in_context(NonRecordingSpan(context), Context())


def _pairs(rate: float) -> list[tuple[Any, Any]]:
    return [
        (ours.ALWAYS_ON, theirs.ALWAYS_ON),
        (ours.ALWAYS_OFF, theirs.ALWAYS_OFF),
        (ours.TraceIdRatioBased(rate), theirs.TraceIdRatioBased(rate)),
        (ours.ParentBased(ours.TraceIdRatioBased(rate)), theirs.ParentBasedTraceIdRatio(rate)),
        (
            ours.ParentBased(ours.ALWAYS_ON, ours.ALWAYS_OFF, ours.ALWAYS_ON, ours.ALWAYS_OFF, ours.ALWAYS_ON),
            theirs.ParentBased(
                theirs.ALWAYS_ON, theirs.ALWAYS_OFF, theirs.ALWAYS_ON, theirs.ALWAYS_OFF, theirs.ALWAYS_ON
            ),
        ),
    ]


@given(
    rate=st.floats(0, 1),
    trace_id=st.integers(1, (1 << 128) - 1),
    parent=st.none() | st.tuples(st.booleans(), st.booleans()),
)
def test_decisions_are_those_of_the_reference(rate: float, trace_id: int, parent: tuple[bool, bool] | None) -> None:
    """Services with one and with the other agree on each trace; attributes and state are the same, and descriptions."""
    for mine, reference in _pairs(rate):
        arguments = _context(parent), trace_id, "name", None, {"x": 1}
        got, expected = mine.should_sample(*arguments), reference.should_sample(*arguments)
        assert got.decision.value == expected.decision.value
        assert dict(got.attributes) == dict(expected.attributes)
        assert got.trace_state == expected.trace_state
        assert mine.get_description() == reference.get_description()


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_what_is_no_probability_is_refused(rate: float) -> None:
    """With the number."""
    with pytest.raises(ValueError, match="from 0 to 1"):
        TraceIdRatioBased(rate)


def test_what_is_dropped_is_recorded_when_somebody_wants_it() -> None:
    """Not sampled, so that it isn't sent; what is sampled is as it was."""
    assert AlwaysRecord(ALWAYS_OFF).should_sample(None, 1, "name").decision is Decision.RECORD_ONLY
    assert AlwaysRecord(ALWAYS_ON).should_sample(None, 1, "name").decision is Decision.RECORD_AND_SAMPLE
    assert AlwaysRecord(ALWAYS_OFF).get_description() == "AlwaysRecordSampler{AlwaysOffSampler}"


def test_decisions_say_what_they_mean() -> None:
    """Recording and sampling are two things."""
    assert [(each.is_recording(), each.is_sampled()) for each in Decision] == [
        (False, False),
        (True, False),
        (True, True),
    ]
    assert repr(SamplingResult(Decision.DROP)) == "SamplingResult(Decision.DROP, attributes={})"


def test_a_sampler_knows_whether_children_follow_their_parents() -> None:
    """Only then nobody is asked for them."""
    assert ParentBased(ALWAYS_ON).follows_local
    assert ParentBased(ALWAYS_ON, remote_parent_sampled=ALWAYS_OFF).follows_local
    assert not ParentBased(ALWAYS_ON, local_parent_not_sampled=ALWAYS_ON).follows_local
