import sqlite3
from pathlib import Path

import pytest
from opentelemetry import trace

from clew.demo.database import Database
from clew.demo.settings import ServiceSettings


@pytest.fixture
def database(settings: ServiceSettings) -> Database:
    """A table with one row."""
    database = Database(settings, "create table stock (sku text, available integer)")
    database.load("insert into stock values (?, ?)", [("LA-001", 5)])
    return database


def _break_off(database: Database) -> None:
    with database.transaction():
        database.rows("update stock set available = 0")
        database.rows("update no_such_table set available = 0")


def test_a_transaction_that_fails_changes_nothing(database: Database) -> None:
    """An exception inside a transaction undoes all of it, and the next one works."""
    with pytest.raises(sqlite3.OperationalError):
        _break_off(database)
    assert database.rows("select available from stock where sku = ?", "LA-001") == [(5,)]
    with database.transaction():
        database.rows("update stock set available = 4")
    assert database.rows("select available from stock") == [(4,)]


def test_nothing_is_left_after_close(database: Database, tmp_path: Path) -> None:
    """Closing removes the database with its side files."""
    assert any(tmp_path.iterdir())
    database.close()
    assert not any(tmp_path.iterdir())


def test_a_database_needs_no_tracing(database: Database) -> None:
    """Without a tracer provider the statements run all the same."""
    assert not trace.get_current_span().is_recording()
    assert database.rows("select count(*) from stock") == [(1,)]
