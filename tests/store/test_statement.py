import re

import pytest

from clew.store.statement import migration_names, statement


def test_migrations_are_numbered_without_gaps() -> None:
    """Their names are 0001, 0002, … in the order in which they are applied."""
    names = migration_names()
    assert [int(name.split("_")[0]) for name in names] == list(range(1, len(names) + 1))
    assert all(re.fullmatch(r"\d{4}_[a-z_]+\.sql", name) for name in names)


def test_each_migration_is_one_statement_that_can_be_repeated() -> None:
    """A crash may fall between applying and recording, so each says IF NOT EXISTS."""
    for name in migration_names():
        text = statement(f"migrations/{name}")
        assert re.match(r"CREATE (TABLE|MATERIALIZED VIEW) IF NOT EXISTS ", text), name
        assert ";" not in text, name


def test_a_statement_is_the_text_of_its_file() -> None:
    """A file is found by name; an unknown name is an error."""
    assert statement("list_services.sql").startswith("SELECT service")
    with pytest.raises(FileNotFoundError):
        statement("drop_everything.sql")
