import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.context import Context, get_current
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF as THEIR_ALWAYS_OFF
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio as TheirRatio
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, StatusCode, TraceFlags, TraceState

from clew.sdk.sampler import ALWAYS_OFF, ALWAYS_ON, Decision, ParentBased, Sampler, SamplingResult
from clew.sdk.span import Span, UnsampledSpan
from tests.sdk.kept_spans import keeping_provider


class _Marking(Sampler):
    """Keeps all, and leaves its mark."""

    def should_sample(  # noqa: PLR0917  # the interface fixes its parameters
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Any = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        return SamplingResult(Decision.RECORD_AND_SAMPLE, {"rate": 1}, TraceState([("my", "mark")]))

    def get_description(self) -> str:
        return "Marking"


def _remote(flags: int) -> Context:
    context = SpanContext(7, 8, True, TraceFlags(flags), TraceState([("a", "b")]))
    return trace.set_span_in_context(NonRecordingSpan(context), Context())


def test_children_are_of_their_parents_trace() -> None:
    """With its flags and its state, an id of their own, and the parent's id; roots have none."""
    provider, kept = keeping_provider()
    tracer = provider.get_tracer("test")
    with (
        tracer.start_as_current_span("root") as root,
        tracer.start_as_current_span("child") as child,
        tracer.start_as_current_span("grandchild"),
    ):
        assert trace.get_current_span(trace.set_span_in_context(child)) is child
    assert kept.names == ["grandchild", "child", "root"]
    assert {span.context.trace_id for span in kept.spans} == {root.get_span_context().trace_id}
    assert kept.spans[2].parent is None
    assert [span.parent.span_id if span.parent else None for span in kept.spans[:2]] == [
        child.get_span_context().span_id,
        root.get_span_context().span_id,
    ]
    assert root.get_span_context().trace_flags == TraceFlags.SAMPLED | TraceFlags.RANDOM_TRACE_ID
    assert get_current() == {}


def test_a_child_of_another_process_goes_on_with_its_trace() -> None:
    """And knows that its parent is remote."""
    provider, kept = keeping_provider()
    provider.get_tracer("test").start_span("child", _remote(3)).end()
    [span] = kept.spans
    assert span.parent is not None
    assert (span.context.trace_id, span.parent.span_id, span.parent.is_remote) == (7, 8, True)
    assert (span.context.trace_flags, span.context.trace_state.to_header()) == (3, "a=b")


def test_what_the_other_process_dropped_is_dropped_here() -> None:
    """And below, with the same trace id, so that nobody further on begins a trace of their own."""
    provider, kept = keeping_provider()
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("child", _remote(0)) as child, tracer.start_as_current_span("below") as below:
        assert isinstance(child, UnsampledSpan)
        assert isinstance(below, UnsampledSpan)
        assert below.get_span_context().trace_id == 7
        assert below.get_span_context().trace_state.to_header() == "a=b"
        assert below.get_span_context().span_id != child.get_span_context().span_id
    assert kept.spans == []


def test_a_context_that_is_given_counts_instead_of_the_current_one() -> None:
    """An empty one makes a root."""
    provider, kept = keeping_provider()
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("current"):
        tracer.start_span("root", Context()).end()
        tracer.start_span("elsewhere", _remote(1)).end()
    assert kept.spans[0].parent is None
    assert kept.spans[1].context.trace_id == 7


def test_a_samplers_attributes_and_state_are_the_spans() -> None:
    """Beside those of the application."""
    provider, kept = keeping_provider(sampler=_Marking())
    provider.get_tracer("test").start_span("name", attributes={"mine": 1}).end()
    [span] = kept.spans
    assert span.attributes == {"mine": 1, "rate": 1}
    assert span.context.trace_state.to_header() == "my=mark"


@pytest.mark.parametrize("sampler", [ALWAYS_OFF, ParentBased(ALWAYS_OFF), THEIR_ALWAYS_OFF, TheirRatio(0.0)])
def test_a_sampler_that_drops_all_leaves_nothing(sampler: Any) -> None:
    """One of ours, or of the OpenTelemetry SDK."""
    provider, kept = keeping_provider(sampler=sampler)
    with provider.get_tracer("test").start_as_current_span("dropped") as span:
        assert not span.is_recording()
        assert span.get_span_context().is_valid
        assert not span.get_span_context().trace_flags.sampled
    assert kept.spans == []


def test_a_sampler_that_follows_nobody_is_asked_for_children_too() -> None:
    """Always-on keeps what hangs below a dropped parent; a choice of one's own for local parents is asked."""
    provider, kept = keeping_provider(sampler=ALWAYS_ON)
    provider.get_tracer("test").start_span("kept", _remote(0)).end()
    assert kept.names == ["kept"]
    provider, kept = keeping_provider(sampler=ParentBased(ALWAYS_ON, local_parent_sampled=ALWAYS_OFF))
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("root"), tracer.start_as_current_span("child") as child:
        assert not child.is_recording()
    assert kept.names == ["root"]


def test_a_foreign_span_can_be_a_parent() -> None:
    """Of another library that implements the API; what is no span at all is none."""
    provider, kept = keeping_provider()
    tracer = provider.get_tracer("test")
    tracer.start_span("of nothing", trace.set_span_in_context(object())).end()  # type: ignore[arg-type]  # that is the point
    local = trace.set_span_in_context(NonRecordingSpan(SpanContext(7, 8, False, TraceFlags(1))))
    tracer.start_span("child", local).end()
    assert kept.spans[0].parent is None
    assert kept.spans[1].context.trace_id == 7


def test_an_error_is_kept_once_and_goes_on() -> None:
    """The exception of a block is an event and the status; what only looks like one, an exit, is neither."""
    provider, kept = keeping_provider()
    tracer = provider.get_tracer("test")
    with pytest.raises(KeyError), tracer.start_as_current_span("failing"):
        raise KeyError("x")
    with pytest.raises(SystemExit), tracer.start_as_current_span("leaving"):
        raise SystemExit
    with (
        pytest.raises(KeyError),
        tracer.start_as_current_span("silent", record_exception=False, set_status_on_exception=False),
    ):
        raise KeyError("x")
    failing, leaving, silent = kept.spans
    assert [event.name for event in failing.events] == ["exception"]
    assert (failing.status.status_code, failing.status.description) == (StatusCode.ERROR, "KeyError: 'x'")
    for span in (leaving, silent):
        assert (span.events, span.status.status_code) == ((), StatusCode.UNSET)


def test_a_span_may_outlive_its_block() -> None:
    """With `end_on_exit=False` it is ended by hand."""
    provider, kept = keeping_provider()
    with provider.get_tracer("test").start_as_current_span("long", end_on_exit=False) as span:
        pass
    assert kept.spans == []
    span.end()
    assert kept.names == ["long"]


def test_each_call_of_a_decorated_function_has_its_span() -> None:
    """Also of a coroutine function, whose span lasts as long as it does."""
    provider, kept = keeping_provider()
    tracer = provider.get_tracer("test")

    @tracer.start_as_current_span("sync")
    def double(number: int) -> int:
        assert trace.get_current_span().is_recording()
        return 2 * number

    @tracer.start_as_current_span("async")
    async def triple(number: int) -> int:
        await asyncio.sleep(0)
        assert trace.get_current_span().is_recording()
        return 3 * number

    assert (double(1), double(2), asyncio.run(triple(3))) == (2, 4, 9)
    assert kept.names == ["sync", "sync", "async"]
    assert double.__name__ == "double"


def test_tasks_have_the_parent_that_was_current_when_they_began() -> None:
    """And leave no trace in each other."""
    provider, kept = keeping_provider()
    tracer = provider.get_tracer("test")

    async def work(name: str) -> None:
        with tracer.start_as_current_span(name):
            await asyncio.sleep(0)
            with tracer.start_as_current_span(f"below {name}"):
                await asyncio.sleep(0)

    async def main() -> None:
        with tracer.start_as_current_span("root"):
            await asyncio.gather(*(work(str(number)) for number in range(20)))

    asyncio.run(main())
    parents = {span.context.span_id: span for span in kept.spans}
    for span in kept.spans:
        if span.name != "root":
            assert span.parent is not None
            parent = parents[span.parent.span_id].name
            assert parent == (span.name.removeprefix("below ") if span.name.startswith("below") else "root")


def test_processors_hear_of_the_beginning_with_the_context_that_was_given() -> None:
    """The span they are given may be changed."""
    provider, kept = keeping_provider()
    heard: list[Any] = []

    class _Listening:
        def on_start(self, span: Span, parent_context: Context | None = None) -> None:
            heard.append(parent_context)
            span.set_attribute("seen", True)

    provider.add_span_processor(_Listening())
    context = _remote(1)
    tracer = provider.get_tracer("test")
    tracer.start_span("with", context).end()
    tracer.start_span("without").end()
    assert heard == [context, None]
    assert [span.attributes for span in kept.spans] == [{"seen": True}] * 2
