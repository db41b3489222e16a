from clew.query.binder import Binder
from clew.query.parser import parse_condition
from clew.query.partial import leaves
from clew.query.span_sql import span_sql
from clew.query.token_lookup import Found, Tokens

NOWHERE = Tokens((), are_exact=True, count=0)
EVIL = '"x\') OR 1 -- {p0:String}"'


def _sql(text: str, found: Found) -> str:
    condition = parse_condition(text)
    return span_sql(condition, dict.fromkeys(leaves(condition), found), Binder())


def test_what_was_typed_is_never_in_the_expression() -> None:
    """Keys, values and patterns are parameters, whatever the field."""
    everywhere = Found(None, None, in_resources=True, in_scopes=True)
    for field in ("service", "name", "scope.name", "event.name", "status.message", "a", '"x\') OR 1 --"'):
        for operator in ("=", "!=", "<", "^=", "=~", "!~"):
            assert "OR 1" not in _sql(f"{field} {operator} {EVIL}", everywhere)


def test_the_index_alone_answers_what_it_knows_exactly() -> None:
    """No look at the attributes themselves where the tokens say all; one where they don't, or name too many."""
    exact = Tokens((b"\n\x01a\x12\x02\x18\x05",), are_exact=True, count=1)
    assert "arrayExists" not in _sql("a > 4", Found(exact, NOWHERE, in_resources=False, in_scopes=False))
    cut = Tokens((b"x" * 128,), are_exact=False, count=1)
    both = _sql("a > 4", Found(cut, NOWHERE, in_resources=False, in_scopes=False))
    assert "hasAny" in both
    assert "arrayExists" in both
    assert "hasAny" not in _sql("a > 4", Found(None, NOWHERE, in_resources=False, in_scopes=False))


def test_what_is_nowhere_is_never_true() -> None:
    """An attribute that nothing has needs no look at any span."""
    assert _sql("a > 4", Found(NOWHERE, NOWHERE, in_resources=False, in_scopes=False)) == "(0)"
