import threading
import time
from typing import Any

from clew.sdk.thread_time import CPU, OFF_CPU, ThreadTime
from tests.sdk.kept_spans import keeping_provider


def test_computing_and_waiting_are_told_apart() -> None:
    """20 ms of each, and the other nearly nothing."""
    provider, kept = keeping_provider()
    provider.add_span_processor(ThreadTime())
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("waiting"):
        threading.Event().wait(0.02)
    with tracer.start_as_current_span("computing"):
        until_ns = time.thread_time_ns() + 20_000_000
        while time.thread_time_ns() < until_ns:
            pass
    waiting, computing = (dict[str, Any](span.attributes) for span in kept.spans)
    assert waiting[OFF_CPU] >= 19_000_000
    assert waiting[CPU] < 15_000_000
    assert computing[CPU] >= 20_000_000


def test_a_span_that_ends_in_another_thread_has_no_time_of_one() -> None:
    """The two clocks have nothing in common; and one that began earlier has none either."""
    provider, kept = keeping_provider()
    early = provider.get_tracer("test").start_span("early")
    provider.add_span_processor(ThreadTime())
    span = provider.get_tracer("test").start_span("moved")
    thread = threading.Thread(target=span.end)
    thread.start()
    thread.join()
    early.end()
    assert [dict(each.attributes) for each in kept.spans] == [{}, {}]
