"""The lines that docs/guides/send-traces.md shows are those that the programs here run."""

import re

import pytest

from tests.clients.environments import ROOT, SOURCES

PAGE = ROOT / "docs/guides/send-traces.md"
_BLOCK = re.compile(r"^<!-- (?P<file>tests/\S+) -->\n```\w+\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)

SHOWN = {found["file"]: found["code"] for found in _BLOCK.finditer(PAGE.read_text(encoding="utf-8"))}


def test_the_page_shows_how_every_client_is_set_up() -> None:
    """Each file called tracing is on the page, and nothing else claims to be."""
    files = {*SOURCES.glob("[a-z]*/*/tracing.*"), *SOURCES.glob("java/*/Tracing.java")}
    assert {file.relative_to(ROOT).as_posix() for file in files} == SHOWN.keys()


@pytest.mark.parametrize("file", SHOWN)
def test_the_page_and_the_program_are_equal(file: str) -> None:
    """What is shown is the whole file, to the letter."""
    assert SHOWN[file] == (ROOT / file).read_text(encoding="utf-8")
