import gc
import os
import threading
import weakref
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from clew.sdk.deferred_spans import DeferralCounts, DeferralOptions, DeferredSpans
from clew.sdk.deferring_sampler import DeferringSampler
from clew.sdk.probabilistic_sampler import ProbabilisticSampler
from clew.sdk.provider import TracerProvider
from clew.sdk.reporter import Reporter, ReporterOptions
from clew.sdk.sampler import ALWAYS_OFF, ALWAYS_ON, AlwaysRecord, Sampler
from tests.sdk.kept_spans import Kept
from tests.sdk.parent_contexts import below
from tests.sdk.scripted_sender import ScriptedSender


def _deferring(
    sampler: Sampler = ALWAYS_OFF, options: DeferralOptions | None = None
) -> tuple[trace.Tracer, DeferredSpans, Kept]:
    provider, kept = TracerProvider(shutdown_on_exit=False, sampler=DeferringSampler(sampler)), Kept()
    deferred = DeferredSpans(kept, options)
    provider.add_span_processor(deferred)
    return provider.get_tracer("test"), deferred, kept


def _fail(span: trace.Span) -> None:
    span.set_status(StatusCode.ERROR)
    span.end()


def _end(span: trace.Span, *, fails: bool) -> None:
    if fails:
        span.set_status(StatusCode.ERROR)
    span.end()


def test_a_failure_has_the_whole_local_trace_sent() -> None:
    """What ended before it and what ends after it, each once, in the order of their ends."""
    tracer, deferred, kept = _deferring()
    with tracer.start_as_current_span("root"):
        tracer.start_span("before").end()
        with tracer.start_as_current_span("middle"):
            _fail(tracer.start_span("failing"))
            tracer.start_span("after").end()
    assert kept.names == ["before", "failing", "after", "middle", "root"]
    assert len({span.context.trace_id for span in kept.spans}) == 1
    assert deferred.counts == DeferralCounts(held=0, dropped=0)


def test_what_goes_well_is_forgotten_at_the_end_of_its_root() -> None:
    """Until then it is held."""
    tracer, deferred, kept = _deferring()
    with tracer.start_as_current_span("root"):
        for _ in range(3):
            tracer.start_span("child").end()
        assert deferred.counts.held == 3
    assert kept.spans == []
    assert deferred.counts == DeferralCounts(held=0, dropped=0)


def test_a_root_may_be_what_fails() -> None:
    """As by an exception that nobody caught."""
    tracer, _, kept = _deferring()

    @tracer.start_as_current_span("root")
    def request() -> None:
        tracer.start_span("child").end()
        raise ValueError("bad")

    with pytest.raises(ValueError, match="bad"):
        request()
    assert kept.names == ["child", "root"]
    assert kept.spans[1].events[0].name == "exception"


def test_what_is_sampled_goes_on_at_once() -> None:
    """Without being held, and with what its sampler told."""
    tracer, deferred, kept = _deferring(ProbabilisticSampler(1))
    with tracer.start_as_current_span("root"):
        tracer.start_span("child").end()
        assert kept.names == ["child"]
    assert kept.names == ["child", "root"]
    assert kept.spans[1].attributes["sampler.type"] == "probabilistic"
    assert deferred.counts.held == 0


def test_local_roots_of_one_trace_are_apart() -> None:
    """Two requests of one caller: one fails, the other is forgotten."""
    tracer, _, kept = _deferring()
    good, bad = (tracer.start_span(name, below()) for name in ("good", "bad"))
    for root in (good, bad):
        tracer.start_span(f"below {root.name}", trace.set_span_in_context(root)).end()  # type: ignore[attr-defined]  # ours has one
    good.end()
    _fail(bad)
    assert kept.names == ["below bad", "bad"]


def test_the_reporter_sends_what_is_kept() -> None:
    """It is marked as sampled, so that it isn't taken for what was recorded for somebody else."""
    sender = ScriptedSender()
    provider = TracerProvider(shutdown_on_exit=False, sampler=DeferringSampler(ALWAYS_OFF))
    provider.add_span_processor(DeferredSpans(Reporter(sender, ReporterOptions(interval_s=60))))
    tracer = provider.get_tracer("test")
    for number in range(4):
        with tracer.start_as_current_span(f"root {number}"):
            child = tracer.start_span(f"child {number}")
            _end(child, fails=number % 2 == 1)
    assert provider.force_flush()
    provider.shutdown()
    assert sender.names == ["child 1", "root 1", "child 3", "root 3"]
    assert sender.is_closed


def test_a_processor_of_the_reference_may_follow() -> None:
    """It asks a span's context whether it is sampled, though that was made before anybody knew."""
    provider = TracerProvider(shutdown_on_exit=False, sampler=DeferringSampler(ALWAYS_OFF))
    exporter = InMemorySpanExporter()
    provider.add_span_processor(DeferredSpans(SimpleSpanProcessor(exporter)))  # type: ignore[arg-type]  # one of theirs does as well
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("root") as root:
        assert not root.get_span_context().trace_flags.sampled
        _fail(tracer.start_span("failing"))
    assert [span.name for span in exporter.get_finished_spans()] == ["failing", "root"]
    provider.shutdown()


def test_a_span_that_outlives_its_root_and_fails_is_sent() -> None:
    """A task in the background; what was forgotten is gone, what is below and comes later is there."""
    tracer, deferred, kept = _deferring()
    root = tracer.start_span("root")
    task = tracer.start_span("task", trace.set_span_in_context(root))
    tracer.start_span("gone", trace.set_span_in_context(root)).end()
    root.end()
    in_task = trace.set_span_in_context(task)
    tracer.start_span("gone, too", in_task).end()
    _fail(tracer.start_span("failing", in_task))
    tracer.start_span("later", in_task).end()
    task.end()
    assert kept.names == ["failing", "later", "task"]
    assert deferred.counts == DeferralCounts(held=0, dropped=0)


def test_one_root_holds_so_many_spans() -> None:
    """What ends beyond is counted; the failing one and the root are sent in any case."""
    tracer, deferred, kept = _deferring(options=DeferralOptions(spans_per_root=3))
    with tracer.start_as_current_span("root"):
        for number in range(10):
            tracer.start_span(f"{number}").end()
        assert deferred.counts == DeferralCounts(held=3, dropped=7)
        _fail(tracer.start_span("failing"))
    assert kept.names == ["0", "1", "2", "failing", "root"]
    assert deferred.counts == DeferralCounts(held=0, dropped=7)


def test_all_roots_together_hold_so_many_spans() -> None:
    """The one that has held longest loses its own, as a whole, and goes on; the others are complete."""
    tracer, deferred, kept = _deferring(options=DeferralOptions(spans=10))
    roots = [tracer.start_span(f"root {number}") for number in range(4)]
    contexts = [trace.set_span_in_context(root) for root in roots]
    for number, context in enumerate(contexts):
        for child in range(3):
            tracer.start_span(f"{number}.{child}", context).end()
    assert deferred.counts == DeferralCounts(held=9, dropped=3)
    tracer.start_span("0.3", contexts[0]).end()
    for root in roots[:2]:
        _fail(root)
    assert kept.names == ["0.3", "root 0", "1.0", "1.1", "1.2", "root 1"]
    assert deferred.counts == DeferralCounts(held=6, dropped=3)


def test_spans_that_never_end_leak_nothing() -> None:
    """Neither when somebody holds them, which is bounded, nor when nobody does."""
    tracer, deferred, _ = _deferring(options=DeferralOptions(spans=100))
    never: list[trace.Span] = []
    for _ in range(1000):
        root = tracer.start_span("root")
        tracer.start_span("child", trace.set_span_in_context(root)).end()
        never.append(root)
    assert deferred.counts == DeferralCounts(held=100, dropped=900)
    forgotten = weakref.ref(never[-1])
    never.clear()
    del root
    gc.collect()
    assert forgotten() is None
    assert deferred.counts.held <= 100


def test_the_end_forgets_what_is_held() -> None:
    """And what comes after it; the following processor is shut down."""

    class Last(Kept):
        is_shut_down = False

        def shutdown(self) -> None:
            self.is_shut_down = True

    provider, last = TracerProvider(shutdown_on_exit=False, sampler=DeferringSampler(ALWAYS_OFF)), Last()
    deferred = DeferredSpans(last)
    provider.add_span_processor(deferred)
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("root"):
        tracer.start_span("child").end()
        provider.shutdown()
        assert deferred.counts.held == 0
    assert last.spans == []
    assert last.is_shut_down


def test_spans_from_before_the_processor_are_not_its_own() -> None:
    """They end without it, and what begins below them is a tree of its own."""
    provider, kept = TracerProvider(shutdown_on_exit=False, sampler=AlwaysRecord(ALWAYS_OFF)), Kept()
    tracer = provider.get_tracer("test")
    early = tracer.start_span("early")
    provider.add_span_processor(DeferredSpans(kept))
    _fail(tracer.start_span("late", trace.set_span_in_context(early)))
    _fail(early)
    assert kept.names == ["late"]


def test_threads_of_one_trace_lose_nothing_and_send_nothing_twice() -> None:
    """Eight threads end 4,000 spans below one root, and each of them fails once in between."""
    tracer, deferred, kept = _deferring(options=DeferralOptions(10_000, 10_000))
    with tracer.start_as_current_span("root") as root:
        context = trace.set_span_in_context(root)

        def work(thread: int) -> None:
            for number in range(500):
                span = tracer.start_span(f"{thread} {number}", context)
                _end(span, fails=number == 250)

        _run(work)
    names = [f"{thread} {number}" for thread in range(8) for number in range(500)]
    assert sorted(kept.names) == sorted([*names, "root"])
    assert deferred.counts == DeferralCounts(held=0, dropped=0)


def test_threads_with_traces_of_their_own_keep_apart() -> None:
    """Every third trace of each of eight threads fails; those are whole, and nothing is held afterwards."""
    tracer, deferred, kept = _deferring()

    def work(thread: int) -> None:
        for number in range(60):
            root = tracer.start_span(f"{thread} {number}", Context())
            context = trace.set_span_in_context(root)
            for child in range(5):
                tracer.start_span(f"{thread} {number} {child}", context).end()
            _end(root, fails=number % 3 == 0)

    _run(work)
    roots = [f"{thread} {number}" for thread in range(8) for number in range(0, 60, 3)]
    expected = roots + [f"{root} {child}" for root in roots for child in range(5)]
    assert sorted(kept.names) == sorted(expected)
    assert deferred.counts == DeferralCounts(held=0, dropped=0)


def _run(work: Any) -> None:
    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_child_of_a_fork_sends_nothing_of_its_parents() -> None:
    """It fails below a root of its parent's: it sends what ended in it; the parent has its own as before."""
    tracer, deferred, kept = _deferring()
    reading, writing = os.pipe()
    with tracer.start_as_current_span("root"):
        tracer.start_span("of the parent").end()
        child = os.fork()
        if child == 0:  # nothing of the test runner may run in here
            _fail(tracer.start_span("of the child"))
            os.write(writing, f"{kept.names} {deferred.counts.held}".encode())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as told:
            assert told.read() == "['of the child'] 0"
        os.waitpid(child, 0)
        _fail(tracer.start_span("failing"))
    assert kept.names == ["of the parent", "failing", "root"]


def test_a_sampler_that_keeps_all_needs_no_deferral() -> None:
    """A failure changes nothing then."""
    tracer, _, kept = _deferring(ALWAYS_ON)
    with tracer.start_as_current_span("root"):
        _fail(tracer.start_span("failing"))
    assert kept.names == ["failing", "root"]
