"""Regular expressions: whether the engine can read them, before a search begins."""

from clew.errors import BadQuery, StoreError
from clew.query.condition import Comparison, Condition
from clew.query.lexer import KEY
from clew.query.partial import leaves
from clew.query.statement import fragment
from clew.store.engine import Engine


def check_patterns(engine: Engine, condition: Condition) -> None:
    """Raises BadQuery for a regular expression that isn't one of RE2."""
    for leaf in leaves(condition):
        if isinstance(leaf, Comparison) and leaf.operator == "=~":
            pattern = getattr(leaf.value, "text", "")
            try:
                engine.read(fragment("check_pattern.sql"), {"pattern": pattern})
            except StoreError:
                raise BadQuery(KEY, f"{pattern!r} is no regular expression of RE2 (github.com/google/re2)") from None
