import pytest

from clew.query.condition import ALWAYS
from clew.query.lexer import Token, read_tokens
from clew.query.parser import parse_condition
from clew.query.suggestions import for_operator, for_value, without_colon, written


@pytest.mark.parametrize("text", ["plain", '"two words"', r'"a \"quoted\" \\ word"'])
def test_a_token_is_written_as_it_was_typed(text: str) -> None:
    """With its quotes, and what must be escaped within them."""
    assert written(read_tokens(text)[0]) == text


@pytest.mark.parametrize("following", ["", ")", "= b", "'b c'", "is", "is null", "in", "not", "&&", "like", "== b"])
@pytest.mark.parametrize("field", ["a", '"a b"', "x" * 500])
def test_what_is_suggested_can_be_read(field: str, following: str) -> None:
    """Whatever stands behind a field: a suggestion is a condition; a long one is left out."""
    found = read_tokens(following)
    equal = Token("symbol", "=", 1, is_joined=False)
    for said in (for_operator(field, found), for_value(field, equal, found), without_colon("a:", found)):
        suggested = said.split("`")[1::2]
        assert all(parse_condition(each) != ALWAYS for each in suggested), said
        assert said.startswith("; ") or len(field) == 500
