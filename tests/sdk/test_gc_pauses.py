import gc
from typing import Any

from clew.sdk.gc_pauses import COLLECTIONS, PAUSE, GcPauses
from tests.sdk.kept_spans import keeping_provider


def test_collections_within_a_span_are_told() -> None:
    """And only those."""
    provider, kept = keeping_provider()
    pauses = GcPauses()
    provider.add_span_processor(pauses)
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("outer"):
        gc.collect()
        with tracer.start_as_current_span("inner"):
            gc.collect()
        gc.disable()
        tracer.start_span("quiet").end()
        gc.enable()
    pauses.shutdown()
    inner, quiet, outer = (dict[str, Any](span.attributes) for span in kept.spans)
    assert inner[COLLECTIONS] >= 1
    assert outer[COLLECTIONS] > inner[COLLECTIONS]
    assert outer[PAUSE] > inner[PAUSE] > 0
    assert quiet == {}


def test_after_the_shutdown_nobody_listens() -> None:
    """Also when it is called twice; a span that began before there was anybody is left alone."""
    before = len(gc.callbacks)
    pauses = GcPauses()
    provider, kept = keeping_provider()
    span = provider.get_tracer("test").start_span("early")
    provider.add_span_processor(pauses)
    assert len(gc.callbacks) == before + 1
    gc.collect()
    span.end()
    pauses.shutdown()
    pauses.shutdown()
    assert len(gc.callbacks) == before
    assert kept.spans[0].attributes == {}
