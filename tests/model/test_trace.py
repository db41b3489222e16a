from opentelemetry.proto.trace.v1.trace_pb2 import Span

from clew.model.trace import SPAN_KINDS


def test_span_kinds_are_in_the_order_of_otlp() -> None:
    """The place of a kind is its number in OTLP."""
    assert {f"SPAN_KIND_{kind.upper()}": number for number, kind in enumerate(SPAN_KINDS)} == dict(
        Span.SpanKind.items()
    )
