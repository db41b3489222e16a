import logging
import os
import threading
import time

import pytest

from clew.sdk.provider import TracerProvider
from clew.sdk.reporter import Delivered, Refused, Reporter, ReporterCounts, ReporterOptions, TryLater
from clew.sdk.sampler import ALWAYS_OFF, AlwaysRecord
from tests.sdk.scripted_sender import ScriptedSender

_SLOW = ReporterOptions(interval_s=60)


def _spans(reporter: Reporter, count: int, **options: object) -> TracerProvider:
    provider = TracerProvider(shutdown_on_exit=False, **options)  # type: ignore[arg-type]  # a sampler at most
    provider.add_span_processor(reporter)
    tracer = provider.get_tracer("test")
    for number in range(count):
        tracer.start_span(f"span {number}").end()
    return provider


def test_a_flush_delivers_all_that_ended_before() -> None:
    """In the order of their ends, in requests of at most a batch."""
    sender = ScriptedSender()
    reporter = Reporter(sender, ReporterOptions(batch_spans=10, interval_s=60))
    _spans(reporter, 25)
    assert reporter.force_flush()
    assert sender.names == [f"span {number}" for number in range(25)]
    assert len(sender.requests) >= 3
    assert reporter.counts == ReporterCounts(sent=25, rejected=0, dropped=0, refused=0)
    reporter.shutdown()


def test_a_full_batch_waits_for_nobody() -> None:
    """It is sent as soon as it is full, long before its interval is over."""
    sender = ScriptedSender()
    reporter = Reporter(sender, ReporterOptions(batch_spans=5, interval_s=600))
    _spans(reporter, 5)
    assert sender.entered.wait(20)
    reporter.shutdown()
    assert len(sender.names) == 5


def test_few_spans_are_sent_after_the_interval() -> None:
    """A batch that doesn't fill is sent nevertheless."""
    sender = ScriptedSender()
    reporter = Reporter(sender, ReporterOptions(interval_s=0.05))
    _spans(reporter, 1)
    assert sender.entered.wait(20)
    reporter.shutdown()
    assert sender.names == ["span 0"]


def test_too_many_are_dropped_and_counted_while_the_other_side_is_slow() -> None:
    """The application goes on; what waits is bounded, and each span is either sent or counted."""
    sender = ScriptedSender()
    sender.hold()
    reporter = Reporter(sender, ReporterOptions(queue_spans=20, batch_spans=10, interval_s=60))
    provider = _spans(reporter, 10)
    assert sender.entered.wait(20)  # ten are on their way
    tracer = provider.get_tracer("test")
    for _ in range(50):
        tracer.start_span("later").end()
    assert reporter.counts.dropped == 30
    sender.released.set()
    assert reporter.force_flush()
    assert reporter.counts == ReporterCounts(sent=30, rejected=0, dropped=30, refused=0)
    reporter.shutdown()


def test_a_request_is_tried_until_it_is_taken() -> None:
    """Nothing is lost while the other side is away, and nothing is sent again that it took."""
    sender = ScriptedSender([TryLater("away", 0.01), TryLater("busy", 0.01), Delivered()])
    reporter = Reporter(sender, _SLOW)
    _spans(reporter, 3)
    assert reporter.force_flush()
    assert sender.requests[0] == sender.requests[1] == sender.requests[2]
    assert len(sender.requests) == 3
    assert reporter.counts == ReporterCounts(sent=3, rejected=0, dropped=0, refused=0)
    reporter.shutdown()


def test_the_other_sides_word_on_when_to_try_again_is_kept() -> None:
    """A Retry-After of 0.3 s is waited for."""
    sender = ScriptedSender([TryLater("busy", 0.3)])
    reporter = Reporter(sender, _SLOW)
    _spans(reporter, 1)
    begin_s = time.monotonic()
    assert reporter.force_flush()
    assert time.monotonic() - begin_s >= 0.3
    reporter.shutdown()


def test_what_is_refused_is_not_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    """It is counted, and the reason is told; the next request goes on its way."""
    sender = ScriptedSender([Refused("400 not like this"), Delivered(rejected=1)])
    reporter = Reporter(sender, ReporterOptions(batch_spans=2, interval_s=60))
    with caplog.at_level(logging.WARNING):
        _spans(reporter, 4)
        assert reporter.force_flush()
    assert reporter.counts == ReporterCounts(sent=2, rejected=1, dropped=0, refused=2)
    assert "400 not like this" in caplog.text
    reporter.shutdown()


def test_the_end_delivers_what_is_there_and_takes_no_more() -> None:
    """Spans that end after the shutdown are counted as dropped."""
    sender = ScriptedSender()
    reporter = Reporter(sender, _SLOW)
    provider = _spans(reporter, 3)
    reporter.shutdown()
    provider.get_tracer("test").start_span("late").end()
    assert sender.names == ["span 0", "span 1", "span 2"]
    assert sender.is_closed
    assert reporter.counts == ReporterCounts(sent=3, rejected=0, dropped=1, refused=0)
    reporter.shutdown()


def test_the_end_doesnt_wait_for_somebody_who_is_away() -> None:
    """After the time that it may take, what is left is counted."""
    sender = ScriptedSender([TryLater("away")] * 1000)
    reporter = Reporter(sender, ReporterOptions(interval_s=60, shutdown_s=0.2))
    _spans(reporter, 3)
    begin_s = time.monotonic()
    reporter.shutdown()
    assert time.monotonic() - begin_s < 5
    assert reporter.counts == ReporterCounts(sent=0, rejected=0, dropped=3, refused=0)


def test_a_flush_that_takes_too_long_says_so() -> None:
    """False, and the spans are still on their way."""
    sender = ScriptedSender()
    sender.hold()
    reporter = Reporter(sender, _SLOW)
    _spans(reporter, 1)
    assert not reporter.force_flush(50)
    sender.released.set()
    assert reporter.force_flush()
    reporter.shutdown()


def test_spans_that_are_not_sampled_stay_at_home() -> None:
    """They are recorded for other processors only."""
    sender = ScriptedSender()
    reporter = Reporter(sender, _SLOW)
    _spans(reporter, 3, sampler=AlwaysRecord(ALWAYS_OFF))
    assert reporter.force_flush()
    reporter.shutdown()
    assert sender.requests == []


def test_many_threads_lose_nothing() -> None:
    """Eight threads end 4,000 spans at once; each is sent once."""
    sender = ScriptedSender()
    reporter = Reporter(sender, ReporterOptions(batch_spans=100, interval_s=0.01))
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(reporter)
    tracer = provider.get_tracer("test")

    def work(thread: int) -> None:
        for number in range(500):
            tracer.start_span(f"{thread} {number}").end()

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reporter.force_flush()
    assert sorted(sender.names) == sorted(f"{thread} {number}" for thread in range(8) for number in range(500))
    reporter.shutdown()


def test_a_child_of_a_fork_reports_its_own_spans_only() -> None:
    """What waited in the parent is the parent's; the child sends its own, with its own process id."""
    sender = ScriptedSender()
    reporter = Reporter(sender, _SLOW)
    provider = _spans(reporter, 2)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:  # nothing of the test runner may run in here
        try:
            provider.get_tracer("test").start_span("of the child").end()
            reporter.force_flush(20_000)
            os.write(writing, "\n".join(sender.names).encode() + b"\n")
            os.write(writing, str(provider.resource.attributes["process.pid"]).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        names, pid = told.read().rsplit("\n", 1)
    os.waitpid(child, 0)
    assert names == "of the child"
    assert int(pid) == child
    assert reporter.force_flush()
    assert sender.names == ["span 0", "span 1"]
    assert provider.resource.attributes["process.pid"] == os.getpid()
    reporter.shutdown()
