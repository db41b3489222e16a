from collections.abc import Callable
from pathlib import Path

from tests.house.project_files import ROOT
from tests.house.size import find_long_functions, find_long_modules

Plant = Callable[[dict[str, str]], Path]


def _function(name: str, lines: int) -> str:
    return f"def {name}():\n" + "    pass\n" * (lines - 1)


def test_functions_are_short() -> None:
    """No function of the project is over the limit, and half of them fit in ten lines."""
    assert find_long_functions(ROOT) == []


def test_a_long_function_is_found(plant: Plant) -> None:
    """71 lines are one too many, 70 are not."""
    root = plant({"src/a.py": _function("short", 3), "tests/b.py": _function("fits", 70) + _function("long", 71)})
    assert find_long_functions(root) == ["tests/b.py:71 long has 71 lines, more than 70: split it"]


def test_a_high_median_is_found(plant: Plant) -> None:
    """Two functions of 11 lines beside one of two make a median of 11."""
    root = plant({"src/a.py": _function("f", 11) + _function("g", 11) + _function("h", 2)})
    assert find_long_functions(root) == ["the median function of src has 11 lines, more than 10"]


def test_modules_are_short() -> None:
    """No module of the project is over the limit, and four of five are well below it."""
    assert find_long_modules(ROOT) == []


def test_a_long_module_is_found(plant: Plant) -> None:
    """601 lines are one too many, in TypeScript too."""
    root = plant({"ui/src/page.tsx": "\n" * 601, "ui/src/fits.ts": "\n" * 600})
    assert find_long_modules(root) == ["ui/src/page.tsx has 601 lines, more than 600"]


def test_too_many_longish_modules_are_found(plant: Plant) -> None:
    """One module of 250 lines among three is more than a fifth."""
    root = plant({"src/a.py": "\n" * 250, "src/b.py": "", "src/c.py": ""})
    assert find_long_modules(root) == ["only 2 of 3 modules of src have under 250 lines"]
