"""What to write instead: for signs and words of other languages, and for slips of the keys.

Each function gives the end of a message, beginning with "; ", or nothing when there is nothing better to say.
"""

from collections.abc import Sequence

from clew.query.lexer import Token

_OPERATORS = {
    "==": "=",
    "===": "=",
    ":": "=",
    "<>": "!=",
    "!==": "!=",
    "=>": ">=",
    "=<": "<=",
    "==~": "=~",
    "is": "=",
    "eq": "=",
    "equals": "=",
    "ne": "!=",
    "gt": ">",
    "gte": ">=",
    "lt": "<",
    "lte": "<=",
    "like": "=~",
    "contains": "=~",
    "matches": "=~",
    "startswith": "^=",
}
_CONNECTIVES = {"&&": "and", "&": "and", "||": "or", "|": "or"}
_NOTHING = {"null", "nil", "none", "missing"}
_LONGEST_CHARACTERS = 80


def written(token: Token) -> str:
    """The token as one would type it."""
    if token.kind != "string":
        return token.text
    escaped = token.text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def without_colon(field: str, following: Sequence[Token]) -> str:
    """For a word with a colon where a field should be: `service:cart`, `service: cart`."""
    name, _, value = field.partition(":")
    operator = "="
    if not value and following[0].kind == "symbol" and following[0].text not in "()":
        operator, following = following[0].text, following[1:]
    if not value:
        value = _value(following)
    return _write(f"{name or 'service'} {operator} {value}")


def for_operator(field: str, found: Sequence[Token]) -> str:
    """For what stands behind a field and is no operator."""
    words = [token.text.lower() for token in found[:3]]
    if field.startswith("{"):
        return "; leave { and } out, a condition needs none"
    if words[0] in _CONNECTIVES:
        return f"; write a whole condition before {_CONNECTIVES[words[0]]}, such as `{field} exists`"
    if found[0].kind in ("word", "string"):
        return _write(_meant(field, words, found))
    name = field if field.startswith('"') else f'"{field}"'
    return f"{_write(f'name = {name}')} for the name of a span"


def _meant(field: str, words: Sequence[str], found: Sequence[Token]) -> str:
    """The condition that was meant with a word for an operator; `words` are the first of `found`, in lower case."""
    wrong, *rest = found
    if words[0] == "is" and set(words) & _NOTHING:
        return f"{field} exists" if "not" in words else f"not {field} exists"
    if words[0] == "not":
        return f"not {field} exists" if "exists" in words else f"{field} != {_value(rest)}"
    if words[0] == "in":
        return f"({field} = x or {field} = y)"
    if wrong.kind == "word" and words[0] in _OPERATORS:
        return f"{field} {_OPERATORS[words[0]]} {_value(rest)}"
    return f"{field} = {written(wrong)}"


def for_value(field: str, symbol: Token, found: Sequence[Token]) -> str:
    """For what stands behind an operator and is no value."""
    wrong, *rest = found
    spelled = symbol.text
    while wrong.kind == "symbol" and wrong.is_joined and wrong.text not in "()" and rest:
        spelled, (wrong, *rest) = spelled + wrong.text, rest
    operator = _OPERATORS.get(spelled)
    if operator is not None:
        return _write(f"{field} {operator} {_value([wrong])}")
    if wrong.kind == "symbol" and wrong.text == "(":
        return _write(f"({field} {symbol.text} x or {field} {symbol.text} y)")
    if wrong.kind == "symbol" and wrong.text != ")":
        return "; put quotes around a value that begins so"
    if symbol.text not in ("=", "!="):
        return "; write a value behind it"
    return """; write a value behind it, "" for an empty text"""


def for_rest(found: Token) -> str:
    """For what stands behind a whole condition."""
    connective = _CONNECTIVES.get(found.text.lower()) if found.kind == "word" else None
    if connective is not None:
        return f"; write `{connective}`"
    if found.kind == "symbol":
        return "; there is no ( for it" if found.text == ")" else "; a field stands before it, such as service"
    return "; write `and` or `or` before it, or put quotes around a value of several words"


def for_field(found: Token) -> str:
    """For what stands where a condition should begin."""
    if found.kind == "end":
        return "; write a condition, such as `service = cart`"
    if found.kind == "symbol":
        return "; write a condition before it, such as `service = cart`"
    if found.kind == "string":
        return "; no field has an empty name"
    return "; write a condition before it, or put quotes around an attribute that is called so"


def _value(following: Sequence[Token]) -> str:
    return written(following[0]) if following and following[0].kind in ("word", "string") else "value"


def _write(condition: str) -> str:
    return f"; write `{condition}`" if len(condition) <= _LONGEST_CHARACTERS else ""
