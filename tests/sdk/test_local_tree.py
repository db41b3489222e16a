import pytest
from opentelemetry import trace

from clew.sdk.deferred_spans import DeferredSpans
from clew.sdk.deferring_sampler import DeferringSampler
from clew.sdk.local_tree import LocalTree, keep_trace, tree_of
from clew.sdk.provider import TracerProvider
from clew.sdk.sampler import ALWAYS_OFF, ALWAYS_ON, AlwaysRecord, Sampler
from clew.sdk.span import Span
from tests.sdk.kept_spans import Kept


def _tracer(sampler: Sampler) -> tuple[trace.Tracer, Kept]:
    provider, kept = TracerProvider(shutdown_on_exit=False, sampler=sampler), Kept()
    provider.add_span_processor(DeferredSpans(kept))
    return provider.get_tracer("test"), kept


@pytest.fixture
def deferring() -> tuple[trace.Tracer, Kept]:
    """A tracer whose sampler drops all."""
    return _tracer(DeferringSampler(ALWAYS_OFF))


def test_an_application_has_a_trace_kept(deferring: tuple[trace.Tracer, Kept]) -> None:
    """What ended before is sent at once, what ends later as it ends; the current span is meant without another."""
    tracer, kept = deferring
    with tracer.start_as_current_span("root"):
        tracer.start_span("before").end()
        assert kept.names == []
        assert keep_trace()
        assert kept.names == ["before"]
        with tracer.start_as_current_span("after"):
            assert keep_trace()
    assert kept.names == ["before", "after", "root"]


def test_a_span_that_is_not_current_may_be_meant(deferring: tuple[trace.Tracer, Kept]) -> None:
    """Only its own local root is kept."""
    tracer, kept = deferring
    one, other = tracer.start_span("one"), tracer.start_span("other")
    assert keep_trace(one)
    one.end()
    other.end()
    assert kept.names == ["one"]


def test_what_is_too_late_is_told(deferring: tuple[trace.Tracer, Kept]) -> None:
    """After the root's end only what is still open can be kept; and nothing of what wasn't recorded, or of no span."""
    tracer, kept = deferring
    root = tracer.start_span("root")
    child = tracer.start_span("child", trace.set_span_in_context(root))
    root.end()
    assert not keep_trace(child)
    child.end()
    assert kept.names == ["child"]
    assert not keep_trace()
    assert not keep_trace(trace.NonRecordingSpan(root.get_span_context()))


def test_what_is_sampled_is_kept_anyway() -> None:
    """It has no tree; and what somebody else has recorded can't be sent."""
    for sampler, answer in ((DeferringSampler(ALWAYS_ON), True), (AlwaysRecord(ALWAYS_ON), True)):
        span = _tracer(sampler)[0].start_span("name")
        assert isinstance(span, Span)
        assert tree_of(span) is None
        assert keep_trace(span) is answer
    alone = TracerProvider(shutdown_on_exit=False, sampler=AlwaysRecord(ALWAYS_OFF)).get_tracer("test")
    assert not keep_trace(alone.start_span("name"))


def test_keeping_settles() -> None:
    """With the flag set before."""
    seen: list[bool] = []
    LocalTree(1, lambda tree: seen.append(tree.is_kept)).keep()
    assert seen == [True]
