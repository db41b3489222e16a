"""Whoever switches a check off says why."""

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tests.house.project_files import list_python

_ENTRY = re.compile(r'^\s*"[A-Z]{1,4}\d*",\s*(?P<reason>#.*)$')
_LIST_START = re.compile(r'^\s*(ignore|"[^"]+")\s*=\s*\[(?P<rest>.*)$')
# A suppression in a comment, then its codes, then the reason in words.
_SUPPRESSION = re.compile(
    r"#\s*(ruff:\s*)?(noqa|type:\s*ignore|mypy:|pragma:\s*no cover|fmt:\s*(off|skip))(?P<rest>[^#]*)(?P<reason>#.*)?"
)
_CODES = re.compile(r"^\s*(:\s*[A-Z]+\d+(\s*,\s*[A-Z]+\d+)*|\[[\w\-, ]+\])")
SHORTEST_REASON_WORDS = 2


def _is_reason(text: str) -> bool:
    return len(text.strip(" #-:").split()) >= SHORTEST_REASON_WORDS


def _ruff_ignores(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Line number and text of everything inside ruff's ignore lists."""
    section, inside = "", False
    for number, line in enumerate(lines, start=1):
        if line.startswith("["):
            section, inside = line.strip(), False
        start = _LIST_START.match(line) if section.startswith("[tool.ruff.lint") else None
        if start:
            inside = not start["rest"].strip().endswith("]")
            if not inside and start["rest"].strip() != "]":
                yield number, line
        elif line.strip() == "]":
            inside = False
        elif inside and not line.strip().startswith("#"):
            yield number, line


def find_ignores_without_reason(root: Path) -> list[str]:
    """Ruff rules that pyproject.toml ignores without a comment on the same line."""
    lines = (root / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    found = []
    for number, line in _ruff_ignores(lines):
        entry = _ENTRY.match(line)
        if not entry or not _is_reason(entry["reason"]):
            found.append(f"pyproject.toml:{number} one rule per line, each with its reason: {line.strip()}")
    return found


def _comments(root: Path, name: str) -> Iterator[tuple[int, str]]:
    with (root / name).open("rb") as file:
        source = io.BytesIO(file.read())
    for token in tokenize.tokenize(source.readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def _is_explained(comment: str) -> bool:
    suppression = _SUPPRESSION.search(comment)
    if not suppression:
        return True
    words = _CODES.sub("", suppression["rest"]) + (suppression["reason"] or "")
    return _is_reason(words)


def find_suppressions_without_reason(root: Path) -> list[str]:
    """`noqa`, `type: ignore` and the like whose comment has no words after the codes."""
    comments = (
        (name, line, text)
        for name in list_python(root, "src", "tests", "bench")
        for line, text in _comments(root, name)
    )
    return [f"{name}:{line} say why: {text}" for name, line, text in comments if not _is_explained(text)]
