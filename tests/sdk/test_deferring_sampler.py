import pytest
from opentelemetry import trace
from opentelemetry.propagate import inject
from opentelemetry.trace import TraceState

from clew.sdk.composable_samplers import ComposableParentThreshold, ComposableProbability
from clew.sdk.composite_sampler import CompositeSampler
from clew.sdk.const_sampler import ConstSampler
from clew.sdk.deferred_spans import DeferredSpans
from clew.sdk.deferring_sampler import DeferringSampler
from clew.sdk.provider import TracerProvider
from clew.sdk.remote_sampler import RemoteSampler
from clew.sdk.sampler import ALWAYS_OFF, ALWAYS_ON, DEFAULT_ON, Decision, Sampler
from clew.sdk.span import Span
from tests.sdk.kept_spans import Kept
from tests.sdk.parent_contexts import NO_PARENT, below


def _tracer(sampler: Sampler) -> tuple[trace.Tracer, Kept]:
    provider, kept = TracerProvider(shutdown_on_exit=False, sampler=DeferringSampler(sampler)), Kept()
    provider.add_span_processor(DeferredSpans(kept))
    return provider.get_tracer("test"), kept


def test_what_the_sampler_drops_is_recorded_only() -> None:
    """What it keeps is kept as it says, with its attributes."""
    assert DeferringSampler(ALWAYS_OFF).should_sample(NO_PARENT, 1, "a").decision is Decision.RECORD_ONLY
    kept = DeferringSampler(ConstSampler(True)).should_sample(NO_PARENT, 1, "a")
    assert kept.decision is Decision.RECORD_AND_SAMPLE
    assert kept.attributes["sampler.type"] == "const"


def test_a_local_root_below_a_caller_is_a_root_of_its_own() -> None:
    """The sampler is asked with its caller: one that wasn't sampled is recorded here nevertheless."""
    sampler = DeferringSampler(DEFAULT_ON)
    decisions = [sampler.should_sample(below(is_sampled=is_sampled), 7, "a").decision for is_sampled in (True, False)]
    assert decisions == [Decision.RECORD_AND_SAMPLE, Decision.RECORD_ONLY]


def test_children_of_what_does_not_record_here_do_not_either() -> None:
    """A local span that isn't recorded is nobody's tree; one of another library that is sampled is followed."""
    sampler = DeferringSampler(ALWAYS_ON)
    contexts = [below(is_remote=False, is_sampled=is_sampled) for is_sampled in (False, True)]
    decisions = [sampler.should_sample(context, 7, "a").decision for context in contexts]
    assert decisions == [Decision.DROP, Decision.RECORD_AND_SAMPLE]


@pytest.mark.parametrize("sampler", [ALWAYS_ON, ALWAYS_OFF])
def test_children_are_as_their_parents(sampler: Sampler) -> None:
    """Recorded, and sampled or not; the sampler says the same when it is asked though it needn't be."""
    tracer, _ = _tracer(sampler)
    with tracer.start_as_current_span("root") as root:
        child = tracer.start_span("child")
        asked = DeferringSampler(sampler).should_sample(None, root.get_span_context().trace_id, "child")
    assert isinstance(child, Span)
    assert child.is_recording()
    assert child.get_span_context().trace_flags == root.get_span_context().trace_flags
    assert asked.decision.is_sampled() is child.get_span_context().trace_flags.sampled


def _flag() -> str:
    carrier: dict[str, str] = {}
    inject(carrier)
    return carrier["traceparent"][-2:]


def test_callees_see_what_can_be_promised() -> None:
    """Not sampled (but with a random id), until something failed; what begins then says that it is sampled."""
    tracer, kept = _tracer(ALWAYS_OFF)
    with tracer.start_as_current_span("root"):
        assert _flag() == "02"
        with tracer.start_as_current_span("failing") as failing:
            assert _flag() == "02"
            failing.set_status(trace.StatusCode.ERROR)
        with tracer.start_as_current_span("after"):
            assert _flag() == "03"
            with tracer.start_as_current_span("below"):
                assert _flag() == "03"
        assert _flag() == "02"
    assert kept.names == ["failing", "below", "after", "root"]
    assert {span.context.trace_flags for span in kept.spans} == {3}


def test_a_trace_that_is_kept_for_its_error_stands_for_itself_only() -> None:
    """No threshold is in its trace state, neither the sampler's nor a caller's; other entries stay."""
    consistent = CompositeSampler(ComposableParentThreshold(ComposableProbability(2.0**-56)))
    for sampler in (consistent, DEFAULT_ON):
        result = DeferringSampler(sampler).should_sample(below(state="a=b,ot=th:8;x:1"), 7, "a")
        assert result.decision is Decision.RECORD_ONLY
        assert result.trace_state == TraceState([("ot", "x:1"), ("a", "b")])
    assert not DeferringSampler(consistent).should_sample(NO_PARENT, 7, "a").trace_state


def test_the_sampler_inside_is_shut_down_and_named() -> None:
    """One that works in the background stops."""
    remote = RemoteSampler("shop")
    sampler = DeferringSampler(remote)
    sampler.shutdown()
    assert remote._closing.is_set()
    assert sampler.get_description() == "DeferringSampler{RemoteSampler{shop,ProbabilisticSampler{0.001}}}"
