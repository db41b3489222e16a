import re
from importlib import resources

import pytest

from clew.query.statement import fragment


def test_a_fragment_is_the_text_of_its_file() -> None:
    """A file is found by name; an unknown name is an error."""
    assert fragment("summarise_traces.sql").startswith("SELECT")
    with pytest.raises(FileNotFoundError):
        fragment("drop_everything.sql")


# Sub-queries, the index of a table named with its database, and what a statement itself defines.
_OTHERS = ("(", "mergeTreeTextIndex(clew,", "begun")


def test_every_table_is_named_with_its_database() -> None:
    """A read handle may stand in any database; the search must not depend on which."""
    for entry in resources.files("clew.query").joinpath("sql").iterdir():
        tables = re.findall(r"FROM (\S+)", entry.read_text(encoding="utf-8"))
        assert all(table.startswith(("clew.", *_OTHERS)) for table in tables), entry.name
