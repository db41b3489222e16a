"""What is told of each span's start and end."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from opentelemetry.context import Context


class SpanProcessor:
    """Called in the application's threads: MUST NOT block, and MUST be quick.

    One of the OpenTelemetry SDK does as well. Each method may be left as it is; those that are cost nothing.
    """

    def on_start(self, span: Any, parent_context: Context | None = None) -> None:
        """A span that records has begun; it may be changed."""

    def _on_ending(self, span: Any) -> None:
        """Its end is near, and it may be changed for the last time."""

    def on_end(self, span: Any) -> None:
        """It is over; MUST NOT change it. It may be kept."""

    def shutdown(self) -> None:
        """Deliver what is there, and take no more."""

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Deliver what is there; False when that took too long."""
        return True


def ignores(processor: Any, method: str) -> bool:
    """Whether its class says nothing but what the interface does, here or in the OpenTelemetry SDK."""
    inherited = getattr(type(processor), method, None)
    if inherited is None:
        return True
    return inherited is getattr(SpanProcessor, method) or inherited.__qualname__.startswith("SpanProcessor.")


def flush_all(processors: Iterable[Any], timeout_millis: int) -> bool:
    """One after the other, within the time that they have together; False when one didn't make it."""
    deadline_s = time.monotonic() + timeout_millis / 1000
    flushed = [_flush(processor.force_flush, deadline_s) for processor in processors]  # all of them, in any case
    return all(flushed)


def _flush(force_flush: Callable[[int], bool | None], deadline_s: float) -> bool:
    left_ms = int((deadline_s - time.monotonic()) * 1000)
    return left_ms > 0 and force_flush(left_ms) is not False
