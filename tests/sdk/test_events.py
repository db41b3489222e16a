import pytest
from opentelemetry.trace import INVALID_SPAN_CONTEXT, SpanContext, TraceState
from opentelemetry.util.types import Attributes

from clew.sdk.events import BoundedLink, Event, is_worth_keeping

_SOMEWHERE = SpanContext(1, 2, True)


def test_a_link_keeps_clean_attributes_up_to_its_bounds() -> None:
    """What fell victim to the bound is counted."""
    link = BoundedLink(_SOMEWHERE, {"a": 1, "b": "long text", "c": [2]}, 2, 4)
    assert link.context == _SOMEWHERE
    assert link.attributes == {"b": "long", "c": (2,)}
    assert link.dropped_attributes == 1
    assert BoundedLink(_SOMEWHERE, None, 2, 4).attributes == {}


@pytest.mark.parametrize(
    ("context", "attributes", "expected"),
    [
        (_SOMEWHERE, None, True),
        (INVALID_SPAN_CONTEXT, None, False),
        (INVALID_SPAN_CONTEXT, {"a": 1}, True),
        (SpanContext(0, 0, True, None, TraceState([("a", "b")])), None, True),
        (None, {"a": 1}, False),
    ],
)
def test_a_link_to_nowhere_is_kept_for_what_it_says(
    context: SpanContext | None, attributes: Attributes, expected: bool
) -> None:
    """Attributes or a trace state; as the specification has it."""
    assert is_worth_keeping(context, attributes) is expected


def test_an_event_shows_itself() -> None:
    """In a debugger or a log."""
    assert repr(Event("retry", 5, {"a": 1}, 0)) == "Event(name='retry', timestamp=5, attributes={'a': 1})"
