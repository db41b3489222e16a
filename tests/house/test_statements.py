from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house.project_files import ROOT
from tests.house.statements import find_sql_in_python

Plant = Callable[[dict[str, str]], Path]


def test_sql_lives_in_sql_files() -> None:
    """No Python module of Clew holds an SQL statement."""
    assert find_sql_in_python(ROOT) == []


@pytest.mark.parametrize(
    "literal",
    [
        '"SELECT name FROM spans"',
        '"""\n  select *\n  from spans"""',
        'f"INSERT INTO {table} VALUES (1)"',
        'f"{prefix} SELECT a FROM b"',
        '"create table if not exists spans (a Int8)"',
        '"ALTER TABLE spans DROP PARTITION 1"',
    ],
)
def test_a_statement_in_python_is_found(plant: Plant, literal: str) -> None:
    """A statement is named whatever its case and quotes, and once."""
    found = find_sql_in_python(plant({"src/clew/store/read.py": f"statement = {literal}\n"}))
    assert [line.split(" ")[0] for line in found] == ["src/clew/store/read.py:1"]


@pytest.mark.parametrize("text", ["with a name", "Created from a table", "has(attributes, {key:String})"])
def test_a_fragment_or_a_docstring_is_no_statement(plant: Plant, text: str) -> None:
    """Prose is not taken for SQL, and a docstring may quote a statement."""
    root = plant(
        {
            "src/clew/store/read.py": f'"""{text}: SELECT a FROM b"""\nx = "{text}"\n',
            "tests/test_x.py": 'x = "SELECT a FROM b"',
        }
    )
    assert find_sql_in_python(root) == []
