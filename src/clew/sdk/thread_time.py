"""How much of a span's time its thread computed, and how much it waited."""

import threading
import time
from typing import Any

from opentelemetry.context import Context

from clew.sdk.processor import SpanProcessor

CPU = "clew.thread.cpu_ns"
OFF_CPU = "clew.thread.off_cpu_ns"


class ThreadTime(SpanProcessor):
    """Two attributes, in nanoseconds: CPU time of the thread, and the rest: waiting for a lock, a disk, others' turns.

    A span that ends in another thread than it began in has none. In an event loop the thread's time is that of all its
    tasks: there it tells how busy the loop was, not the span.
    """

    def on_start(self, span: Any, parent_context: Context | None = None) -> None:
        span._thread_before = threading.get_ident(), time.thread_time_ns(), time.perf_counter_ns()

    def _on_ending(self, span: Any) -> None:
        before = getattr(span, "_thread_before", None)
        if before is None or before[0] != threading.get_ident():
            return
        cpu_ns = time.thread_time_ns() - before[1]
        span.set_attribute(CPU, cpu_ns)
        span.set_attribute(OFF_CPU, max(0, time.perf_counter_ns() - before[2] - cpu_ns))
