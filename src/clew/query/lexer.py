"""The words of the search language, each with its place in the text."""

import re
from dataclasses import dataclass

from clew.errors import BadQuery

KEY = "q"
"""The parameter that refusals name."""
_PIECE = re.compile(
    r"""(?P<space>\s+)
    |(?P<symbol>\(|\)|!=|!~|=~|\^=|<=|>=|=|<|>)
    |(?P<word>[^\s()=!<>~^"'`,;]+)
    |(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\\": "\\", '"': '"', "'": "'"}
_INSTEAD = {
    "~": "write =~ before a regular expression",
    "!": "write not before a condition, or != between a field and a value",
    "^": "write ^= for a text that begins so",
    ",": "write `and` or `or` between conditions",
    ";": "write `and` or `or` between conditions",
    "`": "write \" or ' around text",
}


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is word, string, symbol or end; `text` is what it says, without quotes; `at` counts characters from 1.

    `is_joined`: nothing stands between it and the token before.
    """

    kind: str
    text: str
    at: int
    is_joined: bool

    def __str__(self) -> str:
        return "the end" if self.kind == "end" else repr(self.text)


def refuse(at: int, message: str) -> BadQuery:
    """The error that points at a place of the text."""
    return BadQuery(KEY, f"at character {at}: {message}")


def read_tokens(text: str) -> list[Token]:
    """All tokens, the last of which is the end. Raises BadQuery."""
    tokens = []
    at, is_joined = 0, False
    while at < len(text):
        match = _PIECE.match(text, at)
        if match is None:
            raise refuse(at + 1, _reason(text, at))
        kind = match.lastgroup or ""
        if kind != "space":
            said = _unescaped(match[0], at) if kind == "string" else match[0]
            tokens.append(Token(kind, said, at + 1, is_joined))
        is_joined = kind != "space"
        at = match.end()
    return [*tokens, Token("end", "", len(text) + 1, False)]


def _reason(text: str, at: int) -> str:
    if text[at] in "\"'":
        return "this quote is never closed; close it, or write \\ before a quote that is part of the text"
    instead = f"{_INSTEAD[text[at]]}; or " if text[at] in _INSTEAD else ""
    return f"{text[at]!r} has no meaning here; {instead}put quotes around text that contains it"


def _unescaped(quoted: str, at: int) -> str:
    def replaced(match: re.Match[str]) -> str:
        if match[1]:
            return chr(int(match[1], 16))
        if match[2] not in _ESCAPED:
            place = at + 2 + match.start()
            known = "there are \\n \\t \\r \\0 \\\\ \\\" \\' and \\u0041"
            raise refuse(place, f"\\{match[2]} is no escape, {known}; write \\\\{match[2]} for a backslash before it")
        return _ESCAPED[match[2]]

    said = _ESCAPE.sub(replaced, quoted[1:-1])
    try:
        said.encode()
    except UnicodeEncodeError:
        raise refuse(at + 1, "half of a surrogate pair is no character; write the character itself") from None
    return said
