"""How long an event loop kept others waiting while a span was open."""

import sys
import time
from collections.abc import Callable
from typing import Any
from weakref import ReferenceType, WeakKeyDictionary, ref

from opentelemetry.context import Context

from clew.sdk.processor import SpanProcessor

LAG = "clew.loop.lag_ns"
_TICK_NS = 20_000_000
_NOISE_NS = 5_000_000
"""What a timer is late anyway: the selector's millisecond, and what the system does in between."""


class LoopLag(SpanProcessor):
    """One attribute, in nanoseconds, on spans that began in an asyncio event loop that was late meanwhile.

    A timer of 20 ms runs in the loop as long as there are spans; what it is late, beyond 5 ms, is added up. That is
    roughly how long callbacks held the loop instead of giving it back, this span's own as well as others'.
    """

    def __init__(self) -> None:
        self._watches: WeakKeyDictionary[Any, ReferenceType[_Watch]] = WeakKeyDictionary()

    def on_start(self, span: Any, parent_context: Context | None = None) -> None:
        asyncio = sys.modules.get("asyncio")  # without it there is no loop
        loop = asyncio and asyncio._get_running_loop()
        if loop is None:
            return
        reference = self._watches.get(loop)
        watch = None if reference is None else reference()
        if watch is None:
            watch = _Watch()
            self._watches[loop] = ref(watch)
            _tick(loop.call_later, ref(watch))
        span._loop_before = watch, watch.lag_ns()

    def _on_ending(self, span: Any) -> None:
        before = getattr(span, "_loop_before", None)
        if before is None:
            return
        watch, lag_ns = before
        del span._loop_before  # the last span that lets go of the watch stops it
        if watch.lag_ns() > lag_ns:
            span.set_attribute(LAG, watch.lag_ns() - lag_ns)


class _Watch:
    """Of one loop; alive as long as there is a span that refers to it."""

    __slots__ = ("__weakref__", "due_ns", "late_ns")

    def __init__(self) -> None:
        self.late_ns = 0
        self.due_ns = time.perf_counter_ns() + _TICK_NS

    def lag_ns(self) -> int:
        """With what the timer that is due now is late already."""
        late_ns = time.perf_counter_ns() - self.due_ns
        return self.late_ns + late_ns if late_ns > _NOISE_NS else self.late_ns


def _tick(call_later: Callable[..., Any], reference: "ReferenceType[_Watch]") -> None:
    watch = reference()
    if watch is not None:
        watch.late_ns = watch.lag_ns()
        watch.due_ns = time.perf_counter_ns() + _TICK_NS
        call_later(_TICK_NS / 1e9, _tick, call_later, reference)
