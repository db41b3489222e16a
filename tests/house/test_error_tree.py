from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house.error_tree import find_stray_exceptions, find_wrong_drawing
from tests.house.project_files import ROOT

Plant = Callable[[dict[str, str]], Path]

CLASSES = "class Top(Exception): ...\nclass Left(Top): ...\nclass Leaf(Left): ...\nclass Right(Top): ...\n"
DRAWING = "Top\n├── Left          why\n│   └── Leaf\n└── Right         Why not, it is a sentence\n"
INDENTED = "".join(f"    {line}\n" for line in DRAWING.splitlines())


def _errors(drawing: str, classes: str = CLASSES) -> dict[str, str]:
    return {"src/clew/errors.py": f'"""Every exception.\n\n{drawing}"""\n\n{classes}'}


def test_the_drawn_tree_is_the_real_one() -> None:
    """The docstring of errors.py draws exactly the classes below it."""
    assert find_wrong_drawing(ROOT) == []


@pytest.mark.parametrize("drawing", [DRAWING, INDENTED])
def test_a_right_drawing_is_accepted(plant: Plant, drawing: str) -> None:
    """The tree may be indented or not."""
    assert find_wrong_drawing(plant(_errors(drawing))) == []


def test_a_wrong_parent_is_found(plant: Plant) -> None:
    """A class that hangs from another branch than drawn is named."""
    root = plant(_errors(DRAWING.replace("│   └── Leaf", "├── Leaf")))
    assert find_wrong_drawing(root) == ["Leaf is drawn below Top but derives from Left"]


def test_missing_and_superfluous_names_are_found(plant: Plant) -> None:
    """A class without a line and a line without a class are named."""
    root = plant(_errors(DRAWING.replace("Right", "Wrong")))
    assert find_wrong_drawing(root) == ["Right exists but is not drawn", "Wrong is drawn but does not exist"]


def test_exceptions_live_in_one_module() -> None:
    """No other module of src defines an exception."""
    assert find_stray_exceptions(ROOT) == []


@pytest.mark.parametrize(
    "base", ["Exception", "KeyboardInterrupt", "errors.Leaf", "httpx.HTTPError", "Right, Protocol"]
)
def test_a_stray_exception_is_found(plant: Plant, base: str) -> None:
    """An exception of any origin is named where it is defined."""
    root = plant(_errors(DRAWING) | {"src/clew/query/plan.py": f"class Plan: ...\nclass Lost({base}): ...\n"})
    assert find_stray_exceptions(root) == ["src/clew/query/plan.py:2 Lost: exceptions live in src/clew/errors.py"]
