import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.errors import BadQuery
from clew.query.condition import (
    ALWAYS,
    CODES,
    NUMBER_FIELDS,
    TEXT_FIELDS,
    TRACE_FIELDS,
    And,
    Attribute,
    Comparison,
    Condition,
    Exists,
    Intrinsic,
    Not,
    Number,
    Or,
    Text,
    Typed,
)
from clew.query.parser import MAX_CHARACTERS, MAX_CONDITIONS, MAX_DEPTH, parse_condition
from tests.house.project_files import ROOT

A, B, C = (Comparison(Attribute(None, key), "=", Typed("1")) for key in "abc")
SERVICE = Comparison(Intrinsic("service"), "=", Text("cart"))


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("a=1", A),
        ("a = 1 and b = 1 AND c = 1", And((A, B, C))),
        ("a=1 or b=1 and c=1", Or((A, And((B, C))))),
        ("(a=1 or b=1) and c=1", And((Or((A, B)), C))),
        ("not a=1 and b=1", And((Not(A), B))),
        ("not (a=1 and b=1)", Not(And((A, B)))),
        ("not not a=1", A),
        ("service = cart", SERVICE),
        ('operation = "GET /"', Comparison(Intrinsic("name"), "=", Text("GET /"))),
        ("exists(a)", Exists(Attribute(None, "a"))),
        ("resource.a.b exists", Exists(Attribute("resource", "a.b"))),
        ('"service" = 1', Comparison(Attribute(None, "service"), "=", Typed("1"))),
        ('event."a b" = "c"', Comparison(Attribute("event", "a b"), "=", Text("c"))),
        ("a != 1", And((Exists(Attribute(None, "a")), Not(A)))),
        ("service != cart", Not(SERVICE)),
        ("a >= 500", Comparison(Attribute(None, "a"), ">=", Number(Decimal(500)))),
        ('a >= "500"', Comparison(Attribute(None, "a"), ">=", Text("500"))),
        ("a >= b5", Comparison(Attribute(None, "a"), ">=", Text("b5"))),
        ("a ^= /cart", Comparison(Attribute(None, "a"), "^=", Text("/cart"))),
        ('a =~ "^x"', Comparison(Attribute(None, "a"), "=~", Text("^x"))),
        ('a !~ "^x"', And((Exists(Attribute(None, "a")), Not(Comparison(Attribute(None, "a"), "=~", Text("^x")))))),
        ("duration > 250ms", Comparison(Intrinsic("duration"), ">", Number(Decimal(250_000_000)))),
        ("trace.spans >= 100", Comparison(Intrinsic("trace.spans"), ">=", Number(Decimal(100)))),
        ("status = error", Comparison(Intrinsic("status"), "=", Number(Decimal(2)))),
        ("kind != SERVER", Not(Comparison(Intrinsic("kind"), "=", Number(Decimal(2))))),
        ("parent = none", Comparison(Intrinsic("parent"), "=", Text(""))),
        ("parent = 00F067AA0BA902B7", Comparison(Intrinsic("parent"), "=", Text("00f067aa0ba902b7"))),
        ("start < 1970-01-01T00:00:05Z", Comparison(Intrinsic("start"), "<", Number(Decimal(5 * 10**9)))),
        ("event.name = exception", Comparison(Intrinsic("event.name"), "=", Text("exception"))),
    ],
)
def test_a_text_means_its_condition(text: str, condition: Condition) -> None:
    """Precedence, levels, quotes, every operator and field."""
    assert parse_condition(text) == condition


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("", 1, "expected a field"),
        ("a", 2, "expected an operator"),
        ("a =", 4, "expected a value after =, found the end"),
        ("a = 1 b = 2", 7, "expected `and`, `or` or the end, found 'b'"),
        ("(a = 1", 7, r"expected '\)'"),
        ("a = 1 and", 10, "expected a field"),
        ("and = 1", 1, "expected a field"),
        ("exists a", 8, r"expected '\('"),
        ("exists(service)", 8, "only attributes can be missing"),
        ("duration exists", 1, "only attributes"),
        ("duration > fast", 12, "no duration"),
        ('duration =~ "a"', 10, "can't be compared with =~"),
        ("status > 1", 8, "use one of = !="),
        ("status = broken", 10, "unset, ok, error"),
        ("kind = 1.5", 8, "no kind"),
        ("parent = 12", 10, "16 hex digits"),
        ("trace.spans > many", 15, "number of spans"),
        ("start > tomorrow", 9, "no time"),
        ("span. = 1", 1, "name of an attribute"),
        ('nothing."a" = 1', 1, "no level"),
        ("a =~ " + "x" * 1001, 6, "shorten"),
    ],
)
def test_a_wrong_text_is_refused_at_its_place(text: str, place: int, expected: str) -> None:
    """The message says at which character and what was expected there."""
    with pytest.raises(BadQuery, match=rf"q: at character {place}: .*{expected}"):
        parse_condition(text)


@pytest.mark.parametrize(
    ("text", "place", "instead"),
    [
        ("service:cart", 8, "service = cart"),
        ("service: cart", 8, "service = cart"),
        ('service:"the cart"', 8, 'service = "the cart"'),
        ("duration:>5ms", 9, "duration > 5ms"),
        ("a:", 2, "a = value"),
        ("service == cart", 10, "service = cart"),
        ('span."a b" === "c"', 13, 'span."a b" = "c"'),
        ("a <> 1", 4, "a != 1"),
        ("a => 5", 4, "a >= 5"),
        ("a =< 5", 4, "a <= 5"),
        ("b = 1 or a is null", 12, "not a exists"),
        ("a is not null", 3, "a exists"),
        ("a is 5", 3, "a = 5"),
        ("a not exists", 3, "not a exists"),
        ("a not 5", 3, "a != 5"),
        ("a in (1)", 3, "(a = x or a = y)"),
        ("a = (1 or 2)", 5, "(a = x or a = y)"),
        ("a contains b", 3, "a =~ b"),
        ("a eq 5", 3, "a = 5"),
        ("checkout", 9, 'name = "checkout"'),
        ("service cart", 9, "service = cart"),
        ("a && b = 2", 3, "a exists"),
        ("a = 1 and", 10, "service = cart"),
        ("exists a", 8, "exists(a)"),
        ('exists(span."a b" = 1)', 19, 'exists(span."a b")'),
    ],
)
def test_a_slip_is_answered_with_what_to_write(text: str, place: int, instead: str) -> None:
    """What other languages have, and slips of the keys: the condition that was meant, which can be read."""
    with pytest.raises(BadQuery, match=rf"q: at character {place}: ") as refused:
        parse_condition(text)
    assert f"`{instead}`" in str(refused.value)
    assert parse_condition(instead) != ALWAYS


@pytest.mark.parametrize(
    ("text", "place", "advice"),
    [
        ("a = 1 && b = 2", 7, "write `and`"),
        ("a = 1 || b = 2", 7, "write `or`"),
        ("a = 1, b = 2", 6, "write `and` or `or`"),
        ("!(a = 1)", 1, "write not"),
        ("a ~ b", 3, "write =~"),
        ("`a` = 1", 1, 'write "'),
        (r'a =~ "\d"', 7, r"write \\d"),
        ("{ service = cart }", 3, "leave { and } out"),
        ("a =", 4, 'write a value behind it, "" for an empty text'),
        ("a >", 4, "write a value behind it"),
        ("a = >", 5, "put quotes around"),
        ("service = my cart", 14, "put quotes around a value of several words"),
        ("a = 1 = 2", 7, "a field stands before it"),
        ("a = 1)", 6, "there is no ( for it"),
        ("b = 1 and (a = 1", 17, "close the ( of character 11"),
        ("(a = 1 b = 2)", 8, "write `and` or `or`"),
        ("= 5", 1, "write a condition before it"),
        ("and a = 1", 1, "put quotes around an attribute"),
        ("'' = 1", 1, "no field has an empty name"),
        ("status = 500", 10, "http.response.status_code"),
        ("a" * (MAX_CHARACTERS + 1), MAX_CHARACTERS + 1, "shorten it"),
    ],
)
def test_every_mistake_has_its_place_and_advice(text: str, place: int, advice: str) -> None:
    """Where there is no one condition that was meant, the message says what to do."""
    with pytest.raises(BadQuery, match=rf"q: at character {place}: ") as refused:
        parse_condition(text)
    assert advice in str(refused.value)


def test_the_size_is_bounded() -> None:
    """Characters, conditions and depth: what is over says so and takes no stack."""
    parse_condition(" and ".join(["a=1"] * MAX_CONDITIONS))
    for text in (
        " and ".join(["a=1"] * (MAX_CONDITIONS + 1)),
        "(" * (MAX_DEPTH + 1) + "a=1",
        "not " * 900 + "a=1",
        "a" * (MAX_CHARACTERS + 1),
    ):
        with pytest.raises(BadQuery, match="q:"):
            parse_condition(text)


@given(text=st.text(alphabet='ab .:&,{()=!<>~^"\\and5orx', max_size=60))
def test_any_text_is_a_condition_or_refused(text: str) -> None:
    """Whatever is typed is parsed or a BadQuery, never another error; the refusal has place and advice."""
    try:
        said = "" if parse_condition(text) == ALWAYS else "q: at character 1: a condition; "
    except BadQuery as refused:
        said = str(refused)
    assert re.match(r"q: at character [0-9]+: .*; ", said, re.DOTALL)


def test_the_examples_of_the_guide_can_be_read() -> None:
    """Every line of its examples, and every one for the terminal, is a condition."""
    guide = (ROOT / "docs" / "guides" / "search.md").read_text(encoding="utf-8")
    examples = [line for block in re.findall(r"```text\n(.*?)```", guide, re.DOTALL) for line in block.splitlines()]
    examples += re.findall(r"clew search -q '(.*?)'", guide)
    assert len(examples) >= 6
    for example in examples:
        assert parse_condition(example) != ALWAYS


def test_the_guide_names_every_field_and_operator() -> None:
    """Nothing that the language has is missing there."""
    guide = (ROOT / "docs" / "guides" / "search.md").read_text(encoding="utf-8")
    fields = (*TEXT_FIELDS, *CODES, *NUMBER_FIELDS, *TRACE_FIELDS, "parent")
    for word in (*fields, "=", "!=", "<", ">=", "^=", "=~", "!~"):
        assert f"`{word}`" in guide, word
