from typing import Any

import pytest
from opentelemetry.trace import SpanKind

from clew.sdk.span_match import SpanMatch


@pytest.mark.parametrize(
    ("names", "name", "is_match"),
    [
        (["GET /health*"], "GET /healthz", True),
        (["GET /health*"], "XGET /healthz", False),
        (["a", "b?"], "bc", True),
        (["a", "b?"], "ab", False),
        (["[ab]x"], "bx", True),
        (["*"], "two\nlines", True),
        (["GET *"], "get x", False),
        ("GET *", "GET x", True),
        (["a.c"], "abc", False),
        ([], "anything", True),
    ],
)
def test_names_are_globs_for_the_whole_name(names: list[str], name: str, is_match: bool) -> None:
    """One of several must match, and a single text is one glob."""
    assert SpanMatch(names).matches(name, None, None, is_root=True) is is_match


def test_kinds_are_a_choice() -> None:
    """No kind is an internal span."""
    match = SpanMatch(kinds=[SpanKind.SERVER, SpanKind.INTERNAL])
    kinds = {kind: match.matches("a", kind, None, is_root=True) for kind in (*SpanKind, None)}
    assert [kind for kind, is_match in kinds.items() if is_match] == [SpanKind.INTERNAL, SpanKind.SERVER, None]


@pytest.mark.parametrize(
    ("wanted", "given", "is_match"),
    [
        ({"a": "x*"}, {"a": "xyz", "b": 1}, True),
        ({"a": "x*"}, {"a": "y"}, False),
        ({"a": "x*"}, {}, False),
        ({"a": "x*"}, None, False),
        ({"a": "1"}, {"a": 1}, False),
        ({"a": 1}, {"a": 1}, True),
        ({"a": 1}, {"a": True}, False),
        ({"a": 1}, {"a": 1.0}, False),
        ({"a": True, "b": "*"}, {"a": True}, False),
        ({"a": True, "b": "*"}, {"a": True, "b": ""}, True),
        ({"a": (1, 2)}, {"a": (1, 2)}, True),
        ({}, None, True),
    ],
)
def test_all_attributes_must_be_there(wanted: dict[str, Any], given: dict[str, Any] | None, is_match: bool) -> None:
    """Texts as globs, other values as they are."""
    assert SpanMatch(attributes=wanted).matches("a", None, given, is_root=True) is is_match


def test_roots_or_others_or_both() -> None:
    """As it is said."""
    found = [
        [SpanMatch(is_root=wanted).matches("a", None, None, is_root=is_root) for is_root in (True, False)]
        for wanted in (None, True, False)
    ]
    assert found == [[True, True], [True, False], [False, True]]


def test_all_that_is_said_must_hold() -> None:
    """Each part can be what fails; people are told what is matched."""
    match = SpanMatch(["a*", "b"], [SpanKind.CLIENT], {"x": "y", "n": 1}, is_root=True)
    good: dict[str, Any] = {"x": "y", "n": 1}
    assert match.matches("ab", SpanKind.CLIENT, good, is_root=True)
    assert not match.matches("c", SpanKind.CLIENT, good, is_root=True)
    assert not match.matches("ab", SpanKind.SERVER, good, is_root=True)
    assert not match.matches("ab", SpanKind.CLIENT, {"x": "y"}, is_root=True)
    assert not match.matches("ab", SpanKind.CLIENT, good, is_root=False)
    assert str(match) == "name=a*|b and kind=client and x='y' and n=1 and root"
    assert (str(SpanMatch()), str(SpanMatch(is_root=False))) == ("any", "not root")
