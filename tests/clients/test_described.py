"""A comparison that finds nothing must have looked."""

from typing import Any

import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, TracesData

from tests.clients.described import Text, describe, difference, event, link, span


def _stored(*names: str, **values: Any) -> TracesData:
    """Spans of one service; the first is the parent of the others, which link to it."""
    data = TracesData()
    group = data.resource_spans.add()
    group.resource.attributes.add(key="service.name").value.string_value = "front"
    spans = group.scope_spans.add().spans
    for number, name in enumerate(names, start=1):
        each = spans.add(name=name, span_id=bytes([number] * 8), parent_span_id=b"\1" * 8 if number > 1 else b"")
        each.kind = Span.SPAN_KIND_SERVER
        each.attributes.extend(KeyValue(key=key, value=AnyValue(**{key: value})) for key, value in values.items())
        each.events.add(name="accepted").attributes.extend(each.attributes)
        if number > 1:
            each.links.add(span_id=b"\1" * 8)
    return data


EXPECTED = span("front", None, "SERVER", attributes={"int_value": 3}, events=[event("accepted", int_value=3)])


def test_equal_traces_do_not_differ() -> None:
    """Names stand for ids of parents and links."""
    expected = {"a": EXPECTED, "b": EXPECTED | {"parent": "a", "links": [link("a")]}}
    assert difference(describe(_stored("a", "b", int_value=3)), expected) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"service": "back"},
        {"parent": "b"},
        {"kind": "CLIENT"},
        {"attributes": {}},
        {"attributes": {"int_value": "int 4"}},
        {"attributes": {"int_value": "double 3.0"}},
        {"attributes": {"int_value": "string 3"}},
        {"events": []},
        {"events": [event("accepted")]},
        {"events": [event("refused", int_value=3)]},
        {"links": [link("a")]},
        {"status": ("OK", "")},
        {"scope": ("shop", "1.2.3")},
    ],
)
def test_every_field_is_compared(wrong: dict[str, Any]) -> None:
    """One field that differs is one finding, which names the span and the field."""
    [found] = difference(describe(_stored("a", int_value=3)), {"a": EXPECTED | wrong})
    assert found.startswith(f"'a', {next(iter(wrong))}:")


def test_missing_and_strange_spans_are_found() -> None:
    """Nothing lost, nothing invented."""
    found = difference(describe(_stored("a", int_value=3)), {"b": EXPECTED})
    assert found == ["'a' was never sent", "'b' is missing"]


def test_a_span_that_is_stored_twice_is_found() -> None:
    """Two spans of one name cannot be told apart, and none of these traces has them."""
    with pytest.raises(AssertionError, match="twice"):
        describe(_stored("a", "a"))


def test_a_pattern_stands_for_strings_only() -> None:
    """A stack trace is any text that matches in full."""
    expected = {
        "a": span(
            "front",
            None,
            "SERVER",
            attributes={"string_value": Text("x+")},
            events=[("accepted", {"string_value": Text(".*")})],
        )
    }
    assert difference(describe(_stored("a", string_value="xx")), expected) == []
    assert len(difference(describe(_stored("a", string_value="xxy")), expected)) == 1
    assert Text("3") != "int 3"
