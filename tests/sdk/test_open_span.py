import asyncio
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.context import get_current, get_value, set_value
from opentelemetry.trace import INVALID_SPAN, NonRecordingSpan, SpanContext, SpanKind, TraceFlags

from clew.sdk.call_site import CallSite
from clew.sdk.open_span import Block, begin_call, end_quietly
from clew.sdk.sampler import ALWAYS_OFF, Sampler
from tests.sdk.kept_spans import Kept, keeping_provider


class _Failing(Sampler):
    def should_sample(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError

    def get_description(self) -> str:
        return "Failing"


def test_a_call_has_a_span_that_is_current_meanwhile(kept: Kept) -> None:
    """And leaves the context as it was."""
    site = CallSite("shop", "pay", SpanKind.CLIENT, {"a": 1})
    with begin_call(site), begin_call(site, {"b": 2}):
        assert trace.get_current_span().is_recording()
    inner, outer = kept.spans
    assert (inner.name, inner.kind, inner.attributes, outer.attributes) == ("pay", SpanKind.CLIENT, {"b": 2}, {"a": 1})
    assert inner.parent == outer.context
    assert inner.instrumentation_scope.name == "shop"
    assert get_current() == {}


def test_without_a_provider_nothing_is_current(monkeypatch: pytest.MonkeyPatch) -> None:
    """And a block gets a span that takes everything."""
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    site = CallSite("shop", "pay")
    with begin_call(site), Block(site, "block", SpanKind.INTERNAL, None) as span:
        span.set_attribute("a", 1)
        assert get_current() == {}
    assert span is INVALID_SPAN


def test_errors_pass_though_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The object in place of a span swallows none."""
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    with pytest.raises(KeyError), begin_call(CallSite("shop", "pay")):
        raise KeyError


def test_below_a_span_that_is_not_kept_nothing_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays current itself, so that others further on follow its decision."""
    provider, kept = keeping_provider(sampler=None)
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    remote = NonRecordingSpan(SpanContext(7, 8, True, TraceFlags(0)))
    site = CallSite("shop", "pay")
    with trace.use_span(remote), begin_call(site):
        dropped = trace.get_current_span()
        with begin_call(site):
            assert trace.get_current_span() is dropped
    assert dropped.get_span_context().trace_id == 7
    assert kept.spans == []


@pytest.mark.parametrize("sampler", [_Failing(), ALWAYS_OFF])
def test_a_sampler_that_fails_costs_the_span_and_no_more(sampler: Sampler, monkeypatch: pytest.MonkeyPatch) -> None:
    """The application goes on, as it does with one that keeps nothing."""
    provider, kept = keeping_provider(sampler=sampler)
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    site = CallSite("shop", "pay")
    with begin_call(site), Block(site, "block", SpanKind.INTERNAL, None) as span:
        assert not span.is_recording()
    assert kept.spans == []


def test_a_block_brings_the_context_it_is_given(kept: Kept) -> None:
    """With what is in it beside the parent."""
    context = trace.set_span_in_context(NonRecordingSpan(SpanContext(7, 8, True, TraceFlags(1))), set_value("k", "v"))

    async def main() -> None:
        async with Block(CallSite("shop", ""), "block", SpanKind.INTERNAL, None, context=context):
            assert get_value("k") == "v"

    asyncio.run(main())
    assert kept.spans[0].context.trace_id == 7
    assert get_value("k") is None


def test_a_processor_that_fails_at_the_end_is_no_error_of_the_application(caplog: pytest.LogCaptureFixture) -> None:
    """It is told in the log."""

    class _Breaking:
        def on_end(self, span: object) -> None:
            raise RuntimeError

    provider, _ = keeping_provider()
    provider.add_span_processor(_Breaking())
    end_quietly(provider.get_tracer("test").start_span("name"))
    assert "processor failed" in caplog.text
