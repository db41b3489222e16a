from typing import Any

import pytest

from clew.wire.zipkin_otel_tags import STATUS_ERROR, STATUS_OK, read_event_text, take_otel_tags
from clew.wire.zipkin_span import CLIENT, INTERNAL, TagValue


@pytest.mark.parametrize(
    ("tags", "status", "left"),
    [
        ({"otel.status_code": "OK"}, {"code": STATUS_OK}, {}),
        ({"otel.status_code": "ERROR", "error": "no"}, {"code": STATUS_ERROR, "message": "no"}, {}),
        ({"otel.status_code": "ERROR", "error": ""}, {"code": STATUS_ERROR}, {}),
        ({"otel.status_code": "ERROR"}, {"code": STATUS_ERROR}, {}),
        # The Collector's form.
        (
            {"otel.status_code": "STATUS_CODE_ERROR", "error": "true", "otel.status_description": "no"},
            {"code": STATUS_ERROR, "message": "no"},
            {},
        ),
        ({"otel.status_code": "Error", "error": "true"}, {"code": STATUS_ERROR}, {}),
        (
            {"otel.status_code": "ERROR", "error": "a", "otel.status_description": "b"},
            {"code": STATUS_ERROR, "message": "b"},
            {"error": "a"},
        ),
        ({"otel.status_code": "OK", "error": "a"}, {"code": STATUS_OK}, {"error": "a"}),
        # Zipkin's own.
        ({"error": "timeout"}, {"code": STATUS_ERROR, "message": "timeout"}, {"error": "timeout"}),
        ({"error": "true"}, {"code": STATUS_ERROR}, {"error": "true"}),
        ({"error": ""}, {"code": STATUS_ERROR}, {"error": ""}),
        ({"error": True}, {"code": STATUS_ERROR}, {"error": True}),
        ({"error": "false"}, None, {"error": "false"}),
        ({"error": False}, None, {"error": False}),
        ({"otel.status_code": "what"}, None, {"otel.status_code": "what"}),
        ({"otel.status_code": 1}, None, {"otel.status_code": 1}),
    ],
)
def test_the_status_is_found_in_the_tags(
    tags: dict[str, TagValue], status: dict[str, Any] | None, left: dict[str, TagValue]
) -> None:
    """As OpenTelemetry's specification has it, as the Collector does, and as Zipkin means its error tag."""
    assert take_otel_tags(tags, CLIENT).span.get("status") == status
    assert tags == left


@pytest.mark.parametrize(
    ("tags", "scope", "left"),
    [
        ({"otel.scope.name": "a", "otel.scope.version": "1"}, ("a", "1"), {}),
        ({"otel.library.name": "a", "otel.library.version": "1"}, ("a", "1"), {}),
        ({"otel.scope.name": "a", "otel.library.name": "a"}, ("a", ""), {}),
        ({"otel.scope.name": "a", "otel.library.name": "b"}, ("a", ""), {"otel.library.name": "b"}),
        ({"otel.scope.name": 1}, ("", ""), {"otel.scope.name": 1}),
        ({"a": "b"}, ("", ""), {"a": "b"}),
    ],
)
def test_the_scope_is_found_by_its_new_and_its_old_name(
    tags: dict[str, TagValue], scope: tuple[str, str], left: dict[str, TagValue]
) -> None:
    """Both may be there; what contradicts stays a tag."""
    assert take_otel_tags(tags, CLIENT).scope == scope
    assert tags == left


def test_the_kind_internal_is_a_tag_where_zipkin_has_no_kind() -> None:
    """Beside a kind it's an ordinary tag."""
    tags: dict[str, TagValue] = {"span.kind": "internal"}
    assert take_otel_tags(tags, CLIENT).span == {"kind": CLIENT}
    assert take_otel_tags(tags, 0).span == {"kind": INTERNAL}
    assert tags == {}
    other: dict[str, TagValue] = {"span.kind": "server"}
    assert (take_otel_tags(other, 0).span, other) == ({}, {"span.kind": "server"})


def test_trace_state_and_dropped_counts_are_fields() -> None:
    """Counts that aren't stay tags."""
    tags: dict[str, TagValue] = {
        "w3c.tracestate": "a=b",
        "otel.dropped_attributes_count": "3",
        "otel.dropped_events_count": "4294967295",
        "otel.dropped_links_count": "4294967296",
    }
    assert take_otel_tags(tags, 0).span == {
        "trace_state": "a=b",
        "dropped_attributes_count": 3,
        "dropped_events_count": 2**32 - 1,
    }
    assert tags == {"otel.dropped_links_count": "4294967296"}


@pytest.mark.parametrize(
    ("text", "name", "attributes", "dropped"),
    [
        (
            '{"exception": {"type": "E", "n": 1, "l": ["a", 1.5]}}',
            "exception",
            {"type": "E", "n": 1, "l": ["a", 1.5]},
            0,
        ),
        ('"my event": { "a" : true }', "my event", {"a": True}, 0),
        ('{"e": {}}', "e", {}, 0),
        ('n|{"a":"b|c"}|2', "n", {"a": "b|c"}, 2),
    ],
)
def test_events_with_attributes_are_taken_apart(text: str, name: str, attributes: dict[str, Any], dropped: int) -> None:
    """In the forms of OpenTelemetry's SDKs and of the Collector."""
    found = read_event_text(text)
    assert (found.name, found.attributes, found.dropped_attributes) == (name, attributes, dropped)


@pytest.mark.parametrize(
    "text",
    [
        "ws",
        "",
        "{",
        '{"a": 1}',
        '{"a": {}, "b": {}}',
        '{"a": {"b": {"c": 1}}}',
        '{"a": {"b": null}}',
        '{"a": {"b": 18446744073709551615}}',
        '"a"',
        '"a": {"b": [[1]]}',
        "a|b",
        "a|{}|x",
        "a|{]}|1",
        "a|{}|4294967296",
        '{"a": {"\ud800": 1}}',
        "[]}",
    ],
)
def test_other_texts_are_names(text: str) -> None:
    """Whatever hasn't exactly that form stays what it is."""
    found = read_event_text(text)
    assert (found.name, found.attributes, found.dropped_attributes) == (text, {}, 0)
