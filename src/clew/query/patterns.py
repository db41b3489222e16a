"""Regular expressions: whether the engine can read them, before a search begins."""

import re

from clew.errors import BadQuery, StoreError
from clew.query.condition import Comparison, Condition, Text
from clew.query.lexer import KEY, refuse
from clew.query.partial import leaves
from clew.query.statement import fragment
from clew.store.engine import Engine

_REASON = re.compile(r"error: ([^:.]+)")
"""What RE2 says, within the engine's message."""
_INSTEAD = (
    (r"\(\?<?[=!]", "RE2 can't look ahead or behind; write a second condition, with !~ for what must not be there"),
    (r"\\[1-9]", "RE2 has no references to a group; write out what is repeated"),
    (r"^[*+?]", "write .* for any text, or nothing: a match anywhere counts"),
)
_OTHERWISE = r"write \\ before a sign that is meant as itself, or ^= for a text that begins so"


def check_patterns(engine: Engine, condition: Condition) -> None:
    """Raises BadQuery for a regular expression that isn't one of RE2; its message says where, why, what to write."""
    for leaf in leaves(condition):
        if isinstance(leaf, Comparison) and leaf.operator == "=~" and isinstance(leaf.value, Text):
            try:
                engine.read(fragment("check_pattern.sql"), {"pattern": leaf.value.text})
            except StoreError as error:
                raise _refusal(leaf.value, str(error)) from None


def _refusal(pattern: Text, message: str) -> BadQuery:
    found = _REASON.search(message)
    reason = f" ({found[1].strip()})" if found else ""
    instead = next((advice for sign, advice in _INSTEAD if re.search(sign, pattern.text)), _OTHERWISE)
    text = f"{pattern.text!r} is no regular expression of RE2{reason}; {instead}"
    return refuse(pattern.at, text) if pattern.at else BadQuery(KEY, text)
