"""Where text goes: data to stdout, all else to stderr; and text from spans is never taken for terminal codes."""

import os
import sys
import unicodedata

from rich.console import Console

# What a pipe gets: wide enough that names stay whole, as nobody looks at the width.
PIPE_WIDTH = 160


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
    note_console().print(message)


def plain(text: str) -> str:
    """The text without control characters and line ends; span names come from strangers and could hold escape codes."""
    return "".join(
        "�" if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") else character for character in text
    )


def _width_unless_terminal() -> int | None:
    return None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH
