import pytest

from clew.errors import BadQuery
from clew.query.condition import CODES, LEVELS, NUMBER_FIELDS, TEXT_FIELDS, TRACE_FIELDS, Attribute, Intrinsic
from clew.query.fields import field_named
from clew.query.lexer import Token


def _named(text: str) -> object:
    return field_named(Token("word", text, 1, is_joined=False))


@pytest.mark.parametrize("name", [*TEXT_FIELDS, *CODES, *NUMBER_FIELDS, *TRACE_FIELDS, "parent"])
def test_every_intrinsic_has_its_name(name: str) -> None:
    """A bare name of a field of spans or traces means that field."""
    assert _named(name) == Intrinsic(name)


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_stands_before_the_key(level: str) -> None:
    """`span.name` is an attribute called name, and not the name of the span."""
    assert _named(f"{level}.a.b") == Attribute(level, "a.b")


def test_anything_else_is_an_attribute_of_any_level() -> None:
    """Also what only looks like a level."""
    assert _named("http.route") == Attribute(None, "http.route")
    assert _named("spans.x") == Attribute(None, "spans.x")
    assert _named("span") == Attribute(None, "span")


@pytest.mark.parametrize("name", ["trace.durations", "root.nam", "trace."])
def test_a_mistyped_field_of_traces_is_refused(name: str) -> None:
    """An attribute of such a name is asked for with its level; else a slip of the keys would find nothing, silently."""
    with pytest.raises(BadQuery, match=r"is no field; there are .*trace\.duration"):
        _named(name)
    assert _named(f"span.{name}") == Attribute("span", name)
