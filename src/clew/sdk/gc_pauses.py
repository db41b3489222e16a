"""How long garbage collection stopped the process while a span was open."""

import gc
import time
from typing import Any

from opentelemetry.context import Context

from clew.sdk.processor import SpanProcessor

PAUSE = "clew.gc.pause_ns"
COLLECTIONS = "clew.gc.collections"


class GcPauses(SpanProcessor):
    """Two attributes, on spans during which something was collected: nanoseconds, and how often.

    A collection stops all threads, so that it counts for every span that is open. It listens until `shutdown`.
    """

    def __init__(self) -> None:
        self._paused_ns = 0
        self._collections = 0
        self._began_ns = time.perf_counter_ns()
        self._listener = self._hear  # the same object each time: a list looks for it at the end
        gc.callbacks.append(self._listener)

    def on_start(self, span: Any, parent_context: Context | None = None) -> None:
        span._gc_before = self._paused_ns, self._collections

    def _on_ending(self, span: Any) -> None:
        before = getattr(span, "_gc_before", None)
        if before is not None and before[1] != self._collections:
            span.set_attribute(PAUSE, self._paused_ns - before[0])
            span.set_attribute(COLLECTIONS, self._collections - before[1])

    def shutdown(self) -> None:
        if self._listener in gc.callbacks:
            gc.callbacks.remove(self._listener)

    def _hear(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._began_ns = time.perf_counter_ns()
        else:
            self._paused_ns += time.perf_counter_ns() - self._began_ns
            self._collections += 1
