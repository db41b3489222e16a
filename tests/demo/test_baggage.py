from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from clew.demo.baggage import BaggageToAttributes, attached, shared, with_baggage


def test_user_and_session_become_attributes_of_every_span() -> None:
    """Spans inside the baggage carry the user and session; those outside and other entries don't."""
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(BaggageToAttributes())
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("test")
    with attached(with_baggage({"user.id": "u-1", "session.id": "s-1", "secret": "x"})):
        tracer.start_span("inside").end()
    tracer.start_span("outside").end()
    inside, outside = exporter.get_finished_spans()
    assert dict(inside.attributes or {}) == {"user.id": "u-1", "session.id": "s-1"}
    assert not outside.attributes


def test_the_context_before_comes_back() -> None:
    """What was attached is gone after the block, also when it raises."""
    try:
        with attached(with_baggage({"user.id": "u-1"})):
            assert shared(None) == {"user.id": "u-1"}
            raise LookupError
    except LookupError:
        assert shared(None) == {}
