from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house.project_files import ROOT
from tests.house.reasons import find_ignores_without_reason, find_suppressions_without_reason

Plant = Callable[[dict[str, str]], Path]

LINT = '[tool.ruff.lint]\nselect = ["E", "F"]\nignore = [\n    "D203",  # contradicts D211\n{line}\n]\n'
FILES = '[tool.ruff.lint.per-file-ignores]\n{line}\n[tool.pytest]\nmarkers = [\n    "slow",\n]\n'
NOQA = "noqa"


def test_every_ignored_rule_has_its_reason() -> None:
    """Each rule that ruff skips says why on its line."""
    assert find_ignores_without_reason(ROOT) == []


@pytest.mark.parametrize(
    "line", ['    "D401",', '    "D401",  #', '    "D401", "D402",  # two at once', '    "D401",  # no']
)
def test_an_ignored_rule_without_reason_is_found(plant: Plant, line: str) -> None:
    """A bare rule, an empty comment and two rules under one reason are named."""
    found = find_ignores_without_reason(plant({"pyproject.toml": LINT.format(line=line)}))
    assert found == [f"pyproject.toml:5 one rule per line, each with its reason: {line.strip()}"]


@pytest.mark.parametrize(
    ("line", "count"), [('"tests/**" = ["S101"]', 1), ('"tests/**" = [\n    "S101",  # how pytest checks\n]', 0)]
)
def test_ignores_per_file_need_a_reason_too(plant: Plant, line: str, count: int) -> None:
    """A list in one line has no room for a reason."""
    assert len(find_ignores_without_reason(plant({"pyproject.toml": FILES.format(line=line)}))) == count


def test_every_suppression_says_why() -> None:
    """Each suppressed finding of ruff or mypy has words after its code."""
    assert find_suppressions_without_reason(ROOT) == []


@pytest.mark.parametrize(
    "comment",
    [f"# {NOQA}", f"# {NOQA}: E501", "# type: ignore[misc]", f"# ruff: {NOQA}: D100", f"# {NOQA}: E501, D1  # x"],
)
def test_a_suppression_without_reason_is_found(plant: Plant, comment: str) -> None:
    """Codes alone are no reason."""
    root = plant({"src/a.py": f"x = 1  {comment}\n"})
    assert find_suppressions_without_reason(root) == [f"src/a.py:1 say why: {comment}"]


@pytest.mark.parametrize(
    "comment", [f"# {NOQA}: BLE001  # a thread must not die", "# type: ignore[misc]  # no stubs yet", "# words"]
)
def test_a_suppression_with_reason_is_accepted(plant: Plant, comment: str) -> None:
    """Words after the code are enough, and text in a string is no comment."""
    assert find_suppressions_without_reason(plant({"src/a.py": f"x = '# {NOQA}'  {comment}\n"})) == []
