"""Which attributes that are stored pass a test: asked of the index's dictionary, so that spans needn't be decoded.

A comparison (`>= 500`, a regular expression) thus becomes equality with a few encoded attributes, which the index
answers in milliseconds where a look at each attribute of 10 million spans takes seconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from clew.query.binder import Binder
from clew.query.comparison_sql import element_sql, forms_of
from clew.query.condition import Attribute, Comparison, Exists
from clew.query.side_by_side import side_by_side
from clew.query.statement import fragment
from clew.query.typed_value import key_prefix
from clew.store.engine import Engine

TOKEN_BYTES = 128
"""The index knows this much of an attribute."""
MAX_TOKENS = 1000
_MAX_BYTES = 60_000
_LEVELS = {"by_attribute": (None, "span"), "by_nested_attribute": (None, "event", "link")}
"""Which levels of attributes each index has; None is a test that names no level."""

Test = Comparison | Exists


@dataclass(frozen=True, slots=True)
class Tokens:
    """Beginnings of attributes. `are_exact`: an attribute that begins so passes the test. `count`: how often they are
    in the index (of all tenants), None when nobody counted.
    """

    tokens: tuple[bytes, ...]
    are_exact: bool
    count: int | None


@dataclass(frozen=True, slots=True)
class Found:
    """Where attributes that pass a test are: None stands for too many tokens to name them."""

    on_spans: Tokens | None
    nested: Tokens | None
    in_resources: bool
    in_scopes: bool


class TokenLookup:
    """Asks the engine about the attribute tests of one search."""

    def __init__(self, engine: Engine, tenant: str) -> None:
        self._engine = engine
        self._tenant = tenant

    def find(self, tests: Iterable[Test]) -> dict[Test, Found]:
        """What is stored that passes each of the tests on attributes."""
        distinct = list(dict.fromkeys(test for test in tests if isinstance(test.field, Attribute)))
        wheres, *tokens = side_by_side(
            partial(self._origins, distinct),
            *(partial(self._tokens, test, index) for test in distinct for index in _LEVELS),
        )
        pairs = zip(tokens[::2], tokens[1::2], strict=True)
        return {test: _found(test, *pair, *where) for test, pair, where in zip(distinct, pairs, wheres, strict=True)}

    def _origins(self, tests: list[Test]) -> list[tuple[bool, bool]]:
        if not tests:
            return []
        binder = Binder()
        counts = []
        for test in tests:
            passes = element_sql(test, "a", binder)
            counts += [f"countIf(arrayExists(a -> {passes}, {level}))" for level in ("in_resource", "in_scope")]
        sql = fragment("count_origins.sql").replace("/*counts*/", ", ".join(counts))
        (row,) = self._engine.read(sql, {**binder.parameters, "tenant": self._tenant})
        return [(row[place] > 0, row[place + 1] > 0) for place in range(0, len(row), 2)]

    def _tokens(self, test: Test, index: str) -> Tokens | None:
        if _level(test) not in _LEVELS[index]:
            return Tokens((), are_exact=True, count=0)
        key = test.field.key if isinstance(test.field, Attribute) else ""
        if isinstance(test, Comparison) and test.operator == "=":
            return self._equal(forms_of(test, key), index)
        binder = Binder()
        passes = element_sql(test, "token", binder, is_short=True)
        sql = fragment("list_tokens.sql").replace("/*index*/", index).replace("/*test*/", passes)
        prefix = key_prefix(key)[:TOKEN_BYTES]
        parameters = {"prefix": prefix.hex(), "token_bytes": TOKEN_BYTES, "limit": MAX_TOKENS + 1}
        rows = self._engine.read(sql, {**binder.parameters, **parameters})
        found = tuple(token for token, _ in rows)
        if len(found) > MAX_TOKENS or sum(map(len, found)) > _MAX_BYTES:
            return None
        are_exact = all(len(token) < TOKEN_BYTES for token in found) or isinstance(test, Exists)
        return Tokens(found, are_exact and len(prefix) < TOKEN_BYTES, sum(count for _, count in rows))

    def _equal(self, forms: list[bytes], index: str) -> Tokens:
        tokens = tuple(dict.fromkeys(form[:TOKEN_BYTES] for form in forms))
        count = self._count(tokens, index)
        return Tokens(tokens if count else (), max(map(len, forms)) <= TOKEN_BYTES, count)

    def _count(self, tokens: tuple[bytes, ...], index: str) -> int:
        sql = fragment(f"count_{index}.sql")
        ((count,),) = self._engine.read(sql, {"tokens": [token.hex() for token in tokens]})
        return int(count)


def _level(test: Test) -> str | None:
    return test.field.level if isinstance(test.field, Attribute) else None


def _found(test: Test, on_spans: Tokens | None, nested: Tokens | None, in_resources: bool, in_scopes: bool) -> Found:
    level = _level(test)
    return Found(on_spans, nested, in_resources and level in (None, "resource"), in_scopes and level in (None, "scope"))
