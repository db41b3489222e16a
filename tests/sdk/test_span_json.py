import json
from typing import Any

from opentelemetry.sdk.trace import TracerProvider as TheirProvider
from opentelemetry.trace import Link, SpanContext, SpanKind, StatusCode

from tests.sdk.kept_spans import keeping_provider

_SOMEWHERE = SpanContext(1, 2, True)


def _described(provider: Any) -> Any:
    span = provider.get_tracer("test").start_span(
        "name", kind=SpanKind.SERVER, attributes={"a": 1}, links=[Link(_SOMEWHERE, {"b": 2})], start_time=1_500_000_001
    )
    span.add_event("event", {"c": (1, 2)}, 2_000_000_003)
    span.set_status(StatusCode.ERROR, "broken")
    span.end(3_123_456_000)
    described = json.loads(span.to_json())
    for own in ("resource", "context"):  # ids and processes differ
        del described[own]
    return described


def test_it_reads_as_the_reference_does() -> None:
    """The same names in the same form, so that whoever knows the one finds his way in the other."""
    ours = _described(keeping_provider()[0])
    theirs = _described(TheirProvider(shutdown_on_exit=False))
    assert ours == theirs


def test_ids_are_hexadecimal_and_an_open_span_has_no_end() -> None:
    """With their zeros in front."""
    provider, _ = keeping_provider()
    span = provider.get_tracer("test").start_span("name", attributes={"bytes": b"x"})
    described = json.loads(span.to_json(None))  # type: ignore[attr-defined]  # of a span of ours
    assert described["end_time"] is None
    assert len(described["context"]["trace_id"]) == 34
    assert described["attributes"] == {"bytes": "b'x'"}
    assert described["resource"]["attributes"]["telemetry.sdk.name"] == "clew"
