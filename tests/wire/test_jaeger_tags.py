from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from clew.wire.jaeger_batch import Tag
from clew.wire.jaeger_tags import SpanTags

UNSET, OK, ERROR = 0, 1, 2


def tags(**values: Any) -> SpanTags:
    """Tags by their names; `__` stands for a dot."""
    return SpanTags([Tag(name.replace("__", "."), value) for name, value in values.items()])


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("client", Span.SPAN_KIND_CLIENT),
        ("server", Span.SPAN_KIND_SERVER),
        ("producer", Span.SPAN_KIND_PRODUCER),
        ("consumer", Span.SPAN_KIND_CONSUMER),
        ("internal", Span.SPAN_KIND_INTERNAL),
    ],
)
def test_the_kind_is_in_a_tag(value: str, kind: int) -> None:
    """The tag becomes the kind and is no attribute any more."""
    found = tags(span__kind=value, a="b")
    assert (found.kind(), found.rest()) == (kind, [Tag("a", "b")])


@pytest.mark.parametrize("value", ["Client", "", "broker", 3, True, b"client"])
def test_another_kind_stays_an_attribute(value: Any) -> None:
    """What OTLP has no kind for is kept as it came."""
    found = tags(span__kind=value)
    assert (found.kind(), found.rest()) == (Span.SPAN_KIND_UNSPECIFIED, [Tag("span.kind", value)])


def test_the_first_of_repeated_tags_counts() -> None:
    """The others stay attributes, and so does one before it that says nothing."""
    tag = [Tag("span.kind", value) for value in ("?", "server", "client")]
    found = SpanTags(tag)
    assert (found.kind(), found.rest()) == (Span.SPAN_KIND_SERVER, [tag[0], tag[2]])


def test_the_trace_state_is_in_a_tag() -> None:
    """An empty one says nothing."""
    found = tags(w3c__tracestate="k=v")
    assert (found.trace_state(), found.rest()) == ("k=v", [])
    found = tags(w3c__tracestate="")
    assert (found.trace_state(), found.rest()) == ("", [Tag("w3c.tracestate", "")])


@pytest.mark.parametrize(
    ("given", "status", "left"),
    [
        ({"error": True}, (ERROR, ""), {}),
        ({"error": "true"}, (ERROR, ""), {"error": "true"}),
        ({"error": False}, (UNSET, ""), {"error": False}),
        ({"error": "timeout"}, (UNSET, ""), {"error": "timeout"}),
        ({"error": True, "otel.status_description": "why"}, (ERROR, "why"), {}),
        ({"error": True, "otel.status_code": "ERROR", "otel.status_description": "why"}, (ERROR, "why"), {}),
        ({"error": True, "otel.status_code": "OK"}, (ERROR, ""), {"otel.status_code": "OK"}),
        ({"error": True, "http.status_message": "Gone"}, (ERROR, "Gone"), {"http.status_message": "Gone"}),
        ({"otel.status_code": "OK"}, (OK, ""), {}),
        ({"otel.status_code": "ok", "http.status_code": 500}, (OK, ""), {"http.status_code": 500}),
        ({"otel.status_code": "Error", "otel.status_description": "why"}, (ERROR, "why"), {}),
        ({"otel.status_code": "UNSET"}, (UNSET, ""), {"otel.status_code": "UNSET"}),
        ({"otel.status_description": "why"}, (UNSET, ""), {"otel.status_description": "why"}),
        ({"error": False, "otel.status_code": "ERROR"}, (ERROR, ""), {"error": False}),
    ],
)
def test_the_status_is_in_tags(given: dict[str, Any], status: tuple[int, str], left: dict[str, Any]) -> None:
    """The error tag goes first, then OpenTelemetry's; what the status can't give back stays."""
    found = SpanTags([Tag(key, value) for key, value in given.items()])
    assert found.status(Span.SPAN_KIND_CLIENT) == status
    assert {tag.key: tag.value for tag in found.rest()} == left


@pytest.mark.parametrize(
    ("code", "of_client", "of_server"),
    [
        (200, UNSET, UNSET),
        (302, UNSET, UNSET),
        (404, ERROR, UNSET),
        ("410", ERROR, UNSET),
        (500, ERROR, ERROR),
        ("503", ERROR, ERROR),
        (0, ERROR, ERROR),
        (99, ERROR, ERROR),
        (-1, ERROR, ERROR),
        ("4xx", UNSET, UNSET),
        ("1000000000", UNSET, UNSET),
        ("٤٠٤", UNSET, UNSET),
        (500.0, UNSET, UNSET),
        (True, UNSET, UNSET),
    ],
)
def test_a_failed_http_request_is_an_error(code: Any, of_client: int, of_server: int) -> None:
    """By its status code, which stays an attribute: what the client got wrong is no error of the server."""
    for kind, expected in ((Span.SPAN_KIND_CLIENT, of_client), (Span.SPAN_KIND_SERVER, of_server)):
        found = tags(http__status_code=code, http__status_message="No")
        assert found.status(kind) == (expected, "No" if expected else "")
        assert len(found.rest()) == 2


def test_the_scope_is_in_tags_of_either_name() -> None:
    """OpenTelemetry's exporters write it twice; a second name that says something else stays an attribute."""
    both = tags(
        otel__scope__name="lib", otel__scope__version="1", otel__library__name="lib", otel__library__version="1"
    )
    assert (both.scope(), both.rest()) == (("lib", "1"), [])
    old = tags(otel__library__name="lib", otel__library__version="1")
    assert (old.scope(), old.rest()) == (("lib", "1"), [])
    other = tags(otel__scope__name="lib", otel__library__name="other")
    assert (other.scope(), other.rest()) == (("lib", ""), [Tag("otel.library.name", "other")])
    assert tags(a="b").scope() == ("", "")


@pytest.mark.parametrize(("value", "count"), [(1, 1), (2**32 - 1, 2**32 - 1), (0, 0), (2**32, 0), (-1, 0), ("3", 0)])
def test_what_was_dropped_is_in_tags(value: Any, count: int) -> None:
    """A count that OTLP has room for; any other value stays an attribute."""
    for what in ("attributes", "events", "links"):
        found = tags(**{f"otel__dropped_{what}_count": value})
        assert (found.dropped(what), len(found.rest())) == (count, 0 if count else 1)
