import logging
import threading
from typing import Any

import pytest
from opentelemetry.trace import INVALID_SPAN_CONTEXT, Link, SpanContext, SpanKind, Status, StatusCode, TraceState

from clew.sdk.limits import SpanLimits
from clew.sdk.span import Span, UnsampledSpan
from tests.sdk.kept_spans import Kept, keeping_provider


def _span(limits: SpanLimits | None = None, **arguments: Any) -> tuple[Span, Kept]:
    provider, kept = keeping_provider(span_limits=limits or SpanLimits())
    span = provider.get_tracer("test").start_span("name", **arguments)
    assert isinstance(span, Span)
    return span, kept


def test_attributes_are_kept_in_the_order_of_their_last_word() -> None:
    """Whatever way they came."""
    span, _ = _span(attributes={"a": 1, "b": [1, 2]})
    span.set_attribute("c", "x")
    span.set_attributes({"a": 2, "d": None})
    assert list(span.attributes.items()) == [("b", (1, 2)), ("c", "x"), ("a", 2), ("d", None)]


def test_attributes_that_are_read_can_not_be_changed() -> None:
    """A processor that tries hears of it."""
    span, _ = _span(attributes={"a": 1})
    with pytest.raises(TypeError):
        span.attributes["a"] = 2  # type: ignore[index]  # that is the point


def test_limits_hold_for_everything_and_are_counted() -> None:
    """Attributes, events, links, what those hold, and the length of texts."""
    span, _ = _span(
        SpanLimits(2, 1, 2, 1, 1, 3, 2),
        attributes={"a": 1, "b": "12345", "c": 3},
        links=[Link(SpanContext(1, 2, True))],
    )
    assert dict(span.attributes) == {"b": "123", "c": 3}
    span.set_attribute("d", "abcd")
    assert (dict(span.attributes), span.dropped_attributes) == ({"c": 3, "d": "abc"}, 2)
    for name in "xyz":
        span.add_event(name, {"a": 1, "b": "123"})
    assert ([event.name for event in span.events], span.dropped_events) == (["y", "z"], 1)
    assert (span.events[0].attributes, span.events[0].dropped_attributes) == ({"b": "12"}, 1)
    span.add_link(SpanContext(3, 4, True), {"a": 1, "b": 2})
    assert ([link.context.trace_id for link in span.links], span.dropped_links) == ([3], 1)


def test_a_link_to_nowhere_is_left_out() -> None:
    """It says nothing."""
    span, _ = _span()
    span.add_link(INVALID_SPAN_CONTEXT)
    assert span.links == ()


def test_after_its_end_a_span_changes_no_more(caplog: pytest.LogCaptureFixture) -> None:
    """Each call is told in the log, none raises, and processors hear of one end."""
    span, kept = _span()
    span.end(7)
    with caplog.at_level(logging.WARNING):
        span.set_attribute("a", 1)
        span.set_attributes({"b": 1})
        span.add_event("e")
        span.add_link(SpanContext(1, 2, True))
        span.update_name("other")
        span.set_status(StatusCode.ERROR)
        span.end(8)
    assert len(caplog.records) == 7
    assert (span.name, span.end_time, span.attributes, span.events, span.links) == ("name", 7, {}, (), ())
    assert span.status.status_code is StatusCode.UNSET
    assert not span.is_recording()
    assert kept.spans == [span]


def test_one_of_many_threads_ends_a_span() -> None:
    """The processors hear of it once."""
    for _ in range(200):
        span, kept = _span()
        gate = threading.Barrier(3)

        def end(gate: threading.Barrier = gate, span: Span = span) -> None:
            gate.wait()
            span.end()

        threads = [threading.Thread(target=end) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert kept.spans == [span]


def test_ok_is_the_last_word_and_unset_is_none() -> None:
    """As the specification has it."""
    span, _ = _span()
    span.set_status(StatusCode.ERROR, "first")
    span.set_status(StatusCode.UNSET)
    assert span.status.description == "first"
    span.set_status(Status(StatusCode.OK))
    span.set_status(StatusCode.ERROR, "late")
    assert span.status.status_code is StatusCode.OK


def test_a_status_keeps_its_own_description(caplog: pytest.LogCaptureFixture) -> None:
    """A second one is told, and ignored."""
    span, _ = _span()
    span.set_status(Status(StatusCode.ERROR, "its own"), "another")
    assert span.status.description == "its own"
    assert "another" in caplog.text


class _MyError(Exception):
    pass


class _RudeError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not now")


def test_an_exception_is_an_event_with_its_stack() -> None:
    """Type with its module, message, stack trace; more attributes may be added, and may replace these."""
    span, _ = _span()
    try:
        raise _MyError("lost")
    except _MyError as error:
        span.record_exception(error, {"more": 1, "exception.message": "mine"}, 9, True)
    [event] = span.events
    assert (event.name, event.timestamp) == ("exception", 9)
    attributes = event.attributes
    assert attributes["exception.type"] == f"{__name__}._MyError"
    assert (attributes["exception.message"], attributes["more"]) == ("mine", 1)
    assert 'raise _MyError("lost")' in str(attributes["exception.stacktrace"])
    assert attributes["exception.escaped"] == "True"
    span.record_exception(ValueError("x"))
    assert span.events[1].attributes["exception.type"] == "ValueError"


def test_an_exception_without_a_text_is_kept_nevertheless() -> None:
    """The application has one error, not two."""
    span, _ = _span()
    span.record_exception(_RudeError())
    assert "not now" in str(span.events[0].attributes["exception.message"])


def test_what_leaves_a_with_block_is_kept_and_goes_on() -> None:
    """As an event and as the status, unless the span was told otherwise."""
    span, kept = _span()
    with pytest.raises(_MyError), span:
        raise _MyError("lost")
    assert kept.spans == [span]
    assert [event.name for event in span.events] == ["exception"]
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "_MyError: lost")
    silent, _ = _span(record_exception=False, set_status_on_exception=False)
    with pytest.raises(_MyError), silent:
        raise _MyError("lost")
    assert (silent.events, silent.status.status_code) == ((), StatusCode.UNSET)


def test_processors_read_what_the_reference_calls_a_readable_span() -> None:
    """Names, times, kinds, contexts and origins."""
    provider, _ = keeping_provider()
    span = provider.get_tracer("library", "1.0", "https://schema", {"a": 1}).start_span(
        "name", kind=SpanKind.CLIENT, start_time=3
    )
    assert isinstance(span, Span)
    assert (span.name, span.kind, span.start_time, span.end_time, span.parent) == (
        "name",
        SpanKind.CLIENT,
        3,
        None,
        None,
    )
    assert span.context is span.get_span_context()
    assert span.resource is provider.resource
    scope = span.instrumentation_scope
    assert (scope.name, scope.version, scope.schema_url, scope.attributes) == (
        "library",
        "1.0",
        "https://schema",
        {"a": 1},
    )
    assert "name='name'" in repr(span)


def test_a_span_that_is_not_sampled_has_an_id_when_somebody_asks() -> None:
    """The same one from then on."""
    provider, _ = keeping_provider()
    source = provider.get_tracer("test").source  # type: ignore[attr-defined]  # of a tracer of ours
    span = UnsampledSpan(source, 5, 2, TraceState([("a", "b")]))
    context = span.get_span_context()
    assert (context.trace_id, context.trace_flags, context.trace_state.to_header()) == (5, 2, "a=b")
    assert context.span_id
    assert span.get_span_context() is context
    assert not span.is_recording()
    with pytest.raises(AttributeError, match="nothing"):
        _ = span.nothing
