"""Where text goes: data to stdout, all else to stderr; and text from spans is never taken for terminal codes."""

import os
import re
import sys
import unicodedata

from rich.console import Console

# What a pipe gets: wide enough that names stay whole, as nobody looks at the width.
PIPE_WIDTH = 160

_CONTROL_PICTURES = {chr(code): chr(0x2400 + code) for code in range(32)} | {"\n": "␤", "\x7f": "␡"}
_UNESCAPED = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


class _DataConsole(Console):
    def on_broken_pipe(self) -> None:
        """Rich would end the process with exit code 1; a reader that has seen enough is no failure."""
        raise BrokenPipeError


def data_console() -> Console:
    """Standard output; plain text without colours when it isn't a terminal."""
    return _DataConsole(
        file=sys.stdout, highlight=False, markup=False, emoji=False, soft_wrap=True, width=_width_unless_terminal()
    )


def note_console() -> Console:
    """Standard error."""
    return Console(file=sys.stderr, highlight=False, markup=False, emoji=False, soft_wrap=True)


def note(message: str) -> None:
    """One line on standard error."""
    note_console().print(plain(message))


def plain(text: str) -> str:
    """The text with signs in place of control characters and line ends: ␤ for a newline, ␛ for an escape.

    Span names come from strangers and could hold codes for the terminal.
    """
    return "".join(map(_harmless, text))


def plain_json(document: str) -> str:
    """The same JSON; what JSON lets through unescaped and a terminal could obey is escaped, too."""
    return _UNESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", document)


def _harmless(character: str) -> str:
    if unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return character
    return _CONTROL_PICTURES.get(character, "�")


def _width_unless_terminal() -> int | None:
    return None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH
