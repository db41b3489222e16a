import asyncio
import gc
import time
from typing import Any

from clew.sdk.loop_lag import LAG, LoopLag
from tests.sdk.kept_spans import Kept, keeping_provider


def _tracer() -> tuple[Any, Kept]:
    provider, kept = keeping_provider()
    provider.add_span_processor(LoopLag())
    return provider.get_tracer("test"), kept


def _hold_loop(seconds: float) -> None:
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        pass


def test_a_loop_that_is_held_is_late() -> None:
    """For the span that holds it, and for one that waits meanwhile, but not for one that comes later."""
    tracer, kept = _tracer()

    async def main() -> None:
        waiting = tracer.start_span("waiting")
        await asyncio.sleep(0)
        with tracer.start_as_current_span("holding"):
            _hold_loop(0.2)
        await asyncio.sleep(0.03)
        tracer.start_span("later").end()
        waiting.end()

    asyncio.run(main())
    holding, later, waiting = (dict[str, Any](span.attributes) for span in kept.spans)
    assert 100_000_000 < holding[LAG] < 2_000_000_000
    assert waiting[LAG] >= holding[LAG] - 20_000_000
    assert later == {}


def test_outside_of_a_loop_there_is_no_lag() -> None:
    """The span is left alone."""
    tracer, kept = _tracer()
    tracer.start_span("alone").end()
    assert kept.spans[0].attributes == {}


def test_the_timer_stops_with_the_last_span() -> None:
    """Also with one that nobody ends, and begins again with the next."""
    tracer, kept = _tracer()

    async def main() -> tuple[int, int]:
        loop: Any = asyncio.get_running_loop()
        first, dropped = tracer.start_span("first"), tracer.start_span("dropped")
        running = len(loop._scheduled)
        first.end()
        del first, dropped
        kept.spans.clear()
        gc.collect()
        await asyncio.sleep(0.05)
        stopped = len(loop._scheduled)
        tracer.start_span("again").end()
        return running, stopped

    assert asyncio.run(main()) == (1, 0)
    assert kept.names == ["again"]
