import re

import pytest

from clew.store.migrate import FILLED, TOGETHER
from clew.store.statement import function_names, migration_names, statement


def test_migrations_are_numbered() -> None:
    """Each has a number of its own, and they are applied in that order."""
    names = migration_names()
    numbers = [int(name.split("_")[0]) for name in names]
    assert numbers == sorted(set(numbers))
    assert numbers[0] == 1
    assert all(re.fullmatch(r"\d{4}_[a-z_]+\.sql", name) for name in names)


def test_each_migration_is_one_statement_that_can_be_repeated() -> None:
    """A crash may fall between applying and recording, so each says IF (NOT) EXISTS; a copy carries a token, begins
    from empty tables, or writes rows that replace those of the time before.
    """
    made = r"(CREATE (TABLE|MATERIALIZED VIEW) IF NOT|(DROP|RENAME|TRUNCATE) TABLE IF) EXISTS\s"
    begun_anew = {*FILLED, *(name for group in TOGETHER for name in group)}
    repeatable = made + r"|ALTER TABLE \w+\s+ADD (INDEX|COLUMN) IF NOT EXISTS "
    for name in migration_names():
        text = statement(f"migrations/{name}")
        if name in begun_anew:
            assert "INSERT INTO" in text, name
        elif "INSERT INTO" in text:
            assert "insert_deduplication_token = '" in text or "generation + 1" in text, name
        else:
            assert re.match(repeatable, re.sub(r"--.*", "", text).strip()), name
        assert ";" not in re.sub(r"--.*", "", text), name


def test_each_function_is_named_as_its_file() -> None:
    """And it can be defined anew at each start."""
    for name in function_names():
        text = re.sub(r"--.*", "", statement(f"functions/{name}")).strip()
        assert text.startswith(f"CREATE OR REPLACE FUNCTION {name.removesuffix('.sql')} AS "), name


def test_a_statement_is_the_text_of_its_file() -> None:
    """A file is found by name; an unknown name is an error."""
    assert statement("list_services.sql").startswith("SELECT service")
    with pytest.raises(FileNotFoundError):
        statement("drop_everything.sql")


def test_a_statement_may_stand_in_another() -> None:
    """Its file name between `/*` and `*/` is replaced by its text, also within what was put in."""
    text = statement("erase_spans.sql")
    assert statement("is_to_erase.sql").strip() in text
    assert statement("hash_of_span.sql").strip() in text
    assert ".sql" not in text
