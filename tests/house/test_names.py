from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house.names import find_crowded_root, find_drawers, find_logic_in_init
from tests.house.project_files import ROOT

Plant = Callable[[dict[str, str]], Path]


def test_every_module_is_named_after_what_it_holds() -> None:
    """There is no drawer in the project."""
    assert find_drawers(ROOT) == []


@pytest.mark.parametrize("name", ["src/clew/utils.py", "src/clew/common/ids.py", "ui/src/helpers.ts", "tests/Base.py"])
def test_a_drawer_is_found(plant: Plant, name: str) -> None:
    """A file or folder that could hold anything is named, whatever its language."""
    root = plant({name: "", "src/clew/database.py": ""})
    assert find_drawers(root) == [f"{name}: a drawer; name it after what it holds"]


def test_packages_only_introduce_themselves() -> None:
    """Each `__init__.py` holds a docstring and at most the version."""
    assert find_logic_in_init(ROOT) == []


@pytest.mark.parametrize(
    "statement", ["from clew.model import ids", "x = 1", "__version__ = read()", "f()", "__all__ = []"]
)
def test_logic_in_init_is_found(plant: Plant, statement: str) -> None:
    """An import, an assignment or a call in `__init__.py` is named; the docstring and the version are fine."""
    root = plant({"src/clew/__init__.py": f'"""A package."""\n__version__ = "1"\n{statement}\n'})
    assert find_logic_in_init(root) == ["src/clew/__init__.py:3 move this into a module"]


def test_the_root_is_tidy() -> None:
    """A newcomer sees at most twenty entries."""
    assert find_crowded_root(ROOT) == []


def test_a_crowded_root_is_found(plant: Plant) -> None:
    """21 entries are one too many; files in one folder count once."""
    root = plant({f"file{number}": "" for number in range(19)} | {"src/a": "", "src/b": ""})
    assert find_crowded_root(root) == []
    (root / "one-more").touch()
    assert len(find_crowded_root(root)) == 1
