import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.errors import BadQuery
from clew.query.lexer import read_tokens


def test_words_symbols_and_strings_are_told_apart() -> None:
    """Each with its place, counted from 1, and the end behind them."""
    tokens = [(t.kind, t.text, t.at) for t in read_tokens('a.b>=5 ("c d"')]
    assert tokens == [
        ("word", "a.b", 1),
        ("symbol", ">=", 4),
        ("word", "5", 6),
        ("symbol", "(", 8),
        ("string", "c d", 9),
        ("end", "", 14),
    ]


def test_escapes_are_read() -> None:
    """In either kind of quotes."""
    assert [t.text for t in read_tokens(r'"a\"b\\\n\u00e9" ' + r"'it\'s'")][:2] == ['a"b\\\né', "it's"]


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ('a = "b', 5, "never closed"),
        ("a ; b", 3, "no meaning"),
        (r'a = "\x"', 6, "no escape"),
        (r'a = "\ud800"', 5, "surrogate"),
        ("a ~ b", 3, "no meaning"),
    ],
)
def test_what_is_no_word_is_refused_at_its_place(text: str, place: int, reason: str) -> None:
    """The message says where and why."""
    with pytest.raises(BadQuery, match=rf"q: at character {place}: .*{reason}"):
        read_tokens(text)


@given(text=st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever is typed: tokens that cover it, or a BadQuery."""
    try:
        tokens = read_tokens(text)
    except BadQuery:
        return
    assert tokens[-1].kind == "end"
    assert [t.at for t in tokens] == sorted(t.at for t in tokens)
