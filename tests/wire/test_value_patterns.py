import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from clew.errors import ConfigurationError
from clew.wire.value_patterns import HINTS, LONGEST_TEXT, PATTERNS, expression

CARD, SPACED = "4111111111111111", "5500 0000 0000 0004"


def _found(pattern: str, text: str) -> list[str]:
    return [text[start:end] for start, end in PATTERNS[pattern](text)]


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("email", "to ann@example.com, bob.b+x@mail.example.co.uk.", ["ann@example.com", "bob.b+x@mail.example.co.uk"]),
        ("email", "mailto:jürgen@example.de?x", ["jürgen@example.de"]),
        ("email", "a@b, @home, user@localhost, 5 @ 3.50", []),
        ("email", f"{'-' * 90}ann@example.com", [f"{'-' * 61}ann@example.com"]),
        ("email", "'o'brien@x.a.b.c.d.e.f.g.h.i.example.com'", ["o'brien@x.a.b.c.d.e.f.g.h.i.example.com"]),
        ("email", "ann@example.com@example.org", ["ann@example.com"]),
        ("card", f"card {CARD} ok", [CARD]),
        ("card", f"{SPACED};{CARD}", [SPACED, CARD]),
        ("card", "378282246310005 and 6011-1111-1111-1117", ["378282246310005", "6011-1111-1111-1117"]),
        ("card", f"order 17 {SPACED}", [SPACED]),
        ("card", f"order 12 {SPACED}", [f"12 {SPACED}"]),
        ("card", "4111111111111112, 12345678901234567890123, 0000000000000000", []),
        ("card", f"9{CARD}999", []),
        ("ipv4", "from 10.0.0.1:80 to 192.168.255.254.", ["10.0.0.1", "192.168.255.254"]),
        ("ipv4", "1.2.3, 1.2.3.4.5, 256.1.1.1, 1.2.3.400", []),
        ("bearer", "Authorization: Bearer abc.DEF-123_x==", ["abc.DEF-123_x=="]),
        ("bearer", "bearer  of news", []),
    ],
)
def test_a_pattern_finds_what_it_is_for(pattern: str, text: str, expected: list[str]) -> None:
    """Each built-in pattern finds exactly those parts of a text."""
    assert _found(pattern, text) == expected


@pytest.mark.parametrize("pattern", sorted(PATTERNS))
@pytest.mark.parametrize(
    "unit", ["a", "a@", "1", "1 ", "1.", "4111 ", "bearer ", "@a.", "a.b-", "12 ", "123 ", "a@b.cc "]
)
def test_a_hostile_text_takes_time_in_proportion(pattern: str, unit: str) -> None:
    """A megabyte of nearly matching text takes seconds at most, where backtracking would take hours."""
    text = unit * (2**20 // len(unit))
    begun_s = time.thread_time()
    PATTERNS[pattern](text)
    assert time.thread_time() - begun_s < 5


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        (r"sk_[a-z]{2,8}_\w+", "key sk_live_abc123 end", ["sk_live_abc123"]),
        (r"(?i)password=([^&\s]*)", "?PASSWORD=x1&y", ["x1"]),
        (r"\d{3}-\d{2}-\d{4}", "123-45-6789", ["123-45-6789"]),
        (r"[*+]?a\*b{x}", "a*b{x}", ["a*b{x}"]),
        ("|".join(f"word{number}x{{0,9}}" for number in range(20)), "word7xx", ["word7xx"]),
        ("(?:(?:a|b)(?:c|d)|e)f{1,50}", "bcff", ["bcff"]),
    ],
)
def test_an_expression_finds_its_matches_or_its_first_group(text: str, value: str, expected: list[str]) -> None:
    """What is found is the first group where there is one."""
    assert [value[start:end] for start, end in expression(text)(value)] == expected


@pytest.mark.parametrize(
    "text",
    [
        "(",
        "(a+)+b",
        "(?:a{1,9}){2}",
        "a*b",
        "a{1,}b",
        r"(a)\1",
        "(?=a)",
        "(?P<x>a)",
        "a{0,90}b{0,90}",
        "x" * 501,
        "a+*",
        "[[a]",
        "(?:a|aa)" * 9 + "b",
        "(?:(?:a|aa)|aaa|b{1,20})" * 2,
    ],
)
def test_an_expression_that_could_be_slow_or_is_none_is_refused(text: str) -> None:
    """The complaint is about the regex."""
    with pytest.raises(ConfigurationError, match="regex"):
        expression(text)


def test_a_long_text_is_one_match() -> None:
    """What is too long to be searched is taken as a whole: rather too much than a leak."""
    text = "x" * (LONGEST_TEXT + 1)
    assert expression("needle")(text) == [(0, len(text))]
    assert expression("needle")(text[1:]) == []


@given(text=st.text(alphabet="a1.@- \xe9Bbearer0945", max_size=60), pattern=st.sampled_from(sorted(PATTERNS)))
@settings(max_examples=1000)
def test_a_hint_never_denies_what_is_there(text: str, pattern: str) -> None:
    """Whatever a pattern finds in a value, the hint sees it in the encoded bytes around."""
    if PATTERNS[pattern](text):
        assert HINTS[pattern](b"\x0a\xff" + text.encode() + b"\x00")


@pytest.mark.parametrize(
    ("pattern", "text"), [("email", "a@b.cc"), ("card", CARD), ("ipv4", "1.2.3.4"), ("bearer", "BEARER abcdefgh")]
)
def test_a_hint_tells_requests_apart(pattern: str, text: str) -> None:
    """It says yes where there is a match, and no for ordinary text."""
    assert HINTS[pattern](text.encode())
    assert not HINTS[pattern](b"GET /api/v1.2/items @home 2026-11-26 bear")


@pytest.mark.parametrize("number", [4111111111111111, 4222222222222, 6304000000000000000])
def test_the_hint_for_cards_sees_numbers(number: int) -> None:
    """A card that was sent as an int is encoded otherwise, and seen."""
    assert HINTS["card"](KeyValue(key="k", value=AnyValue(int_value=number)).SerializeToString())
