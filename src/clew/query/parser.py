"""The search language: text to a condition. A Pratt parser: `not` binds tighter than `and`, `and` than `or`.

service = cart and http.response.status_code >= 500
(url.path ^= "/cart" or url.path =~ "^/basket/[0-9]+$") and not exists(user.id)
duration > 250ms and trace.duration < 2s and event.exception.type != "Timeout"
"""

from clew.query.condition import (
    Attribute,
    Comparison,
    Condition,
    Exists,
    Field,
    Intrinsic,
    all_of,
    any_of,
    none_of,
)
from clew.query.fields import check_operator, field_named, value_for
from clew.query.lexer import Token, read_tokens, refuse
from clew.query.suggestions import for_field, for_operator, for_rest, for_value, without_colon, written

MAX_CHARACTERS = 4000
MAX_CONDITIONS = 64
MAX_DEPTH = 32
_BINDING = {"or": 1, "and": 2}
_NOT_BINDING = 3
_WORDS = ("and", "or", "not", "exists")
_NEGATED = {"!=": "=", "!~": "=~"}


def parse_condition(text: str) -> Condition:
    """The condition that a text means. Raises BadQuery, whose message says where, what was expected, what to write."""
    if len(text) > MAX_CHARACTERS:
        too_long = f"at most {MAX_CHARACTERS} characters are read, and here are {len(text)}; shorten it"
        raise refuse(MAX_CHARACTERS + 1, too_long)
    parser = _Parser(read_tokens(text))
    condition = parser.read(0, 0)
    if parser.next.kind != "end":
        raise refuse(parser.next.at, f"expected `and`, `or` or the end, found {parser.next}{for_rest(parser.next)}")
    return condition


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._place = 0
        self._conditions = 0

    @property
    def next(self) -> Token:
        return self._tokens[self._place]

    def read(self, binding: int, depth: int) -> Condition:
        """A condition of operators that bind tighter than `binding`."""
        if depth > MAX_DEPTH:
            raise refuse(self.next.at, f"nested deeper than {MAX_DEPTH} levels; write it flatter")
        left = self._operand(depth)
        while (word := self._word()) in _BINDING and _BINDING[word] > binding:
            self._take()
            right = self.read(_BINDING[word], depth + 1)
            left = all_of((left, right)) if word == "and" else any_of((left, right))
        return left

    def _operand(self, depth: int) -> Condition:
        if self._word() == "not":
            self._take()
            return none_of(self.read(_NOT_BINDING, depth + 1))
        if self.next.text == "(" and self.next.kind == "symbol":
            opened = self._take()
            inner = self.read(0, depth + 1)
            self._expect(")", f"; close the ( of character {opened.at}{self._or_connect()}")
            return inner
        self._conditions += 1
        if self._conditions > MAX_CONDITIONS:
            raise refuse(self.next.at, f"more than {MAX_CONDITIONS} conditions; ask for less at once")
        return self._exists() if self._word() == "exists" else self._comparison()

    def _exists(self) -> Condition:
        self._take()
        meant = written(self.next) if self.next.kind == "word" else "http.route"
        self._expect("(", f"; write `exists({meant})`")
        place, first = self.next, self._place
        field = self._field()
        self._expect(")", f"; write `exists({self._spelled(first)})`")
        return Exists(_attribute(field, place))

    def _comparison(self) -> Condition:
        place, first = self.next, self._place
        field = self._field()
        spelled = self._spelled(first)
        if self._word() == "exists":
            self._take()
            return Exists(_attribute(field, place))
        symbol = self._operator(place, spelled)
        check_operator(field, symbol.text, symbol)
        operator = _NEGATED.get(symbol.text, symbol.text)
        found = Comparison(field, operator, value_for(field, operator, self._value(spelled, symbol)))
        return found if symbol.text == operator else _differs(found)

    def _operator(self, place: Token, spelled: str) -> Token:
        symbol = self._take()
        is_operator = symbol.kind == "symbol" and symbol.text not in "()"
        # `service:cart` and `service:>cart`, as elsewhere; within its name an attribute may have a colon.
        if place.kind == "word" and ":" in place.text and (place.text.endswith(":") or not is_operator):
            instead = without_colon(place.text, [symbol, *self._rest()])
            raise refuse(place.at + place.text.index(":"), f"expected an operator, found ':'{instead}")
        if not is_operator:
            expected = "expected an operator (= != < <= > >= ^= =~ !~) or `exists`"
            raise refuse(symbol.at, f"{expected}, found {symbol}{for_operator(spelled, [symbol, *self._rest()])}")
        return symbol

    def _field(self) -> Field:
        token = self._take()
        if token.kind == "string" and token.text:
            return Attribute(None, token.text)
        if token.kind != "word" or self._is_keyword(token):
            expected = "expected a field, such as service or http.route"
            raise refuse(token.at, f"{expected}, found {token}{for_field(token)}")
        level = token.text.removesuffix(".")
        if level != token.text and self.next.kind == "string" and self.next.is_joined and self.next.text:
            return Attribute(_level(level, token), self._take().text)
        return field_named(token)

    def _value(self, field: str, symbol: Token) -> Token:
        token = self._take()
        if token.kind not in ("word", "string"):
            instead = for_value(field, symbol, [token, *self._rest()])
            raise refuse(token.at, f"expected a value after {symbol.text}, found {token}{instead}")
        return token

    def _expect(self, symbol: str, instead: str) -> None:
        token = self._take()
        if token.kind != "symbol" or token.text != symbol:
            raise refuse(token.at, f"expected {symbol!r}, found {token}{instead}")

    def _or_connect(self) -> str:
        return "" if self.next.kind in ("end", "symbol") else ", or write `and` or `or` between conditions"

    def _spelled(self, first: int) -> str:
        return "".join(map(written, self._tokens[first : self._place]))

    def _rest(self) -> list[Token]:
        return self._tokens[self._place :]

    def _take(self) -> Token:
        token = self.next
        self._place = min(self._place + 1, len(self._tokens) - 1)
        return token

    def _word(self) -> str:
        return self.next.text.lower() if self._is_keyword(self.next) else ""

    @staticmethod
    def _is_keyword(token: Token) -> bool:
        return token.kind == "word" and token.text.lower() in _WORDS


def _level(level: str, token: Token) -> str:
    field = field_named(Token("word", f"{level}.x", token.at, is_joined=False))
    if isinstance(field, Intrinsic) or field.level is None:
        raise refuse(token.at, f"{level!r} is no level; there are span, resource, scope, event and link")
    return field.level


def _attribute(field: Field, place: Token) -> Attribute:
    if isinstance(field, Intrinsic):
        raise refuse(place.at, f"only attributes can be missing; every span has {field.name}")
    return field


def _differs(equal: Comparison) -> Condition:
    """`!=` and `!~`: an attribute must be there to differ, and none of its values may be equal."""
    if isinstance(equal.field, Attribute):
        return all_of((Exists(equal.field), none_of(equal)))
    return none_of(equal)
