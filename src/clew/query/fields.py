"""What can stand on either side of an operator of the search language: fields, and the values that fit them."""

import re
import time
from decimal import Decimal

from clew.model.duration import parse_duration_ns
from clew.model.moment import parse_moment_ns
from clew.query.condition import (
    CODES,
    DURATION_FIELDS,
    LEVELS,
    NUMBER_FIELDS,
    ORDER_OPERATORS,
    PARENT,
    TEXT_FIELDS,
    TEXT_OPERATORS,
    TRACE_FIELDS,
    TRACE_TEXT_FIELDS,
    Attribute,
    Field,
    Intrinsic,
    Number,
    Text,
    Typed,
    Value,
)
from clew.query.lexer import Token, refuse

MAX_REGEX_CHARACTERS = 1000
_INTRINSICS = {name: name for name in (*TEXT_FIELDS, *CODES, *NUMBER_FIELDS, *TRACE_FIELDS, PARENT)} | {
    "operation": "name"
}
_OF_TRACES = {name.partition(".")[0] for name in TRACE_FIELDS}
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_SPAN_ID = re.compile(r"[0-9a-fA-F]{16}")


def field_named(token: Token) -> Field:
    """The field that a word means: an intrinsic, else an attribute, with its level when that stands before it."""
    if token.text in _INTRINSICS:
        return Intrinsic(_INTRINSICS[token.text])
    level, dot, key = token.text.partition(".")
    if dot and level in LEVELS:
        if not key:
            raise refuse(token.at, f"{token.text!r} needs the name of an attribute, such as {level}.http.route")
        return Attribute(level, key)
    if dot and level in _OF_TRACES:
        known = ", ".join(sorted(TRACE_FIELDS))
        raise refuse(token.at, f"{token.text!r} is no field; there are {known}; an attribute is span.{token.text}")
    return Attribute(None, token.text)


def check_operator(field: Field, symbol: str, token: Token) -> None:
    """Raises BadQuery when the field can't be compared so."""
    if isinstance(field, Attribute) or field.name in TEXT_FIELDS + TRACE_TEXT_FIELDS:
        return
    allowed = ("=", "!=") if field.name in CODES or field.name == PARENT else ("=", "!=", *ORDER_OPERATORS)
    if symbol not in allowed:
        raise refuse(token.at, f"{field.name} can't be compared with {symbol}; use one of {' '.join(allowed)}")


def value_for(field: Field, operator: str, token: Token) -> Value:
    """The value as the field and the operator want it. Raises BadQuery."""
    if operator in TEXT_OPERATORS:
        return _pattern(operator, token)
    if isinstance(field, Attribute):
        return _attribute_value(operator, token)
    if field.name in TEXT_FIELDS + TRACE_TEXT_FIELDS:
        return Text(token.text)
    if field.name in CODES:
        return _code(field.name, token)
    if field.name == PARENT:
        return _parent(token)
    return Number(Decimal(_nanoseconds_or_count(field.name, token)))


def _pattern(operator: str, token: Token) -> Text:
    if operator == "=~" and len(token.text) > MAX_REGEX_CHARACTERS:
        raise refuse(token.at, f"this regular expression has more than {MAX_REGEX_CHARACTERS} characters; shorten it")
    return Text(token.text, token.at)


def _attribute_value(operator: str, token: Token) -> Value:
    if token.kind == "string":
        return Text(token.text)
    if operator == "=":
        return Typed(token.text)
    return Number(Decimal(token.text)) if _NUMBER.fullmatch(token.text) else Text(token.text)


def _code(name: str, token: Token) -> Number:
    if token.text.lower() in CODES[name]:
        return Number(Decimal(CODES[name][token.text.lower()]))
    if name == "kind" and token.text.isascii() and token.text.isdigit() and len(token.text) < 10:
        return Number(Decimal(token.text))
    instead = "; a code of HTTP is http.response.status_code" if name == "status" and token.text.isdigit() else ""
    raise refuse(token.at, f"{token} is no {name}; there are {', '.join(CODES[name])}{instead}")


def _parent(token: Token) -> Text:
    if token.text.lower() == "none":
        return Text("")
    if _SPAN_ID.fullmatch(token.text):
        return Text(token.text.lower())
    raise refuse(token.at, f"{token} is neither none nor a span id (16 hex digits)")


def _nanoseconds_or_count(name: str, token: Token) -> int:
    try:
        if name in DURATION_FIELDS:
            return parse_duration_ns(token.text)
        if name == "start":
            return parse_moment_ns(token.text, time.time_ns())
    except ValueError as error:
        raise refuse(token.at, str(error)) from error
    if token.text.isascii() and token.text.isdigit() and len(token.text) < 19:
        return int(token.text)
    raise refuse(token.at, f"{token} is no number of spans; write it like 100")
