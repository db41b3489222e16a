import logging
from pathlib import Path
from typing import Any

from clew.errors import MigrationFailed, StoreError
from clew.store.engine import Engine
from clew.store.migrate import migrate
from clew.store.statement import is_for_new_stores, migration_names
from tests.data_plane import DataPlane
from tests.store.alone import run_alone

CRASHED = ("0090_create_spans.sql", "0120_create_traces_view.sql", migration_names()[-1])
ALTERED = "ALTER TABLE schema_migrations {} SETTINGS mutations_sync = 2"


def _outcome(engine: Engine) -> list[str] | str:
    try:
        return migrate(engine)
    except MigrationFailed as error:
        return str(error)


def _migrate_often(directory: str) -> list[list[str] | str]:
    engine = Engine(Path(directory))
    outcomes = [_outcome(engine), _outcome(engine)]
    for name in CRASHED:  # as after a crash between applying and recording
        engine.command(ALTERED.format(f"DELETE WHERE name = '{name}'"))
        outcomes.append(_outcome(engine))
    engine.command("INSERT INTO schema_migrations (name, checksum) VALUES ('9999_from_the_future.sql', 'x')")
    outcomes.append(_outcome(engine))
    engine.command(ALTERED.format("DELETE WHERE name = '9999_from_the_future.sql'"))
    engine.command(ALTERED.format("UPDATE checksum = 'x' WHERE name = '0002_create_traces.sql'"))
    outcomes.append(_outcome(engine))
    engine.command("DROP TABLE schema_migrations SYNC")
    engine.command("DROP TABLE traces SYNC")
    engine.command("CREATE VIEW traces AS SELECT 1 AS a")
    outcomes.append(_outcome(engine))
    engine.close()
    return outcomes


def test_migrations_are_applied_once_and_can_be_applied_again(tmp_path: Path) -> None:
    """New data gets all, then none; unrecorded ones are applied again; strange ones are refused with a reason."""
    names = migration_names()
    first, second, *again, newer, changed, failed = run_alone(_migrate_often, str(tmp_path))
    assert (first, second) == (names, [])
    assert again == [[name] for name in CRASHED]
    assert newer == (
        "this data was written by a newer Clew (it knows 9999_from_the_future.sql); upgrade Clew to read it"
    )
    assert changed == (
        "migration 0002_create_traces.sql was changed after it was applied here; restore the original file"
    )
    assert isinstance(failed, str)
    assert failed.startswith("migration 00")
    assert "failed: Code: " in failed


def _start_again_after_a_crash(directory: str) -> tuple[list[str], list[str], int]:
    engine = Engine(Path(directory))
    made: list[str] = []
    command = engine.command

    def crash(sql: str, *arguments: Any) -> None:
        if sql.startswith("CREATE TABLE IF NOT EXISTS origins"):
            raise StoreError("the end")
        command(sql, *arguments)

    engine.command = crash  # type: ignore[method-assign,assignment] # one of the tables is never made
    made.append(str(_outcome(engine)))
    engine.command = command  # type: ignore[method-assign] # as it was
    rest = migrate(engine)
    ((tables,),) = engine.read("SELECT count() FROM system.tables WHERE database = 'clew'")
    engine.close()
    return made, rest, tables


def test_a_first_start_that_was_broken_off_is_gone_on_with(tmp_path: Path) -> None:
    """What is missing is made, nothing of older schemas is, and the store has the tables of any other."""
    (failed,), rest, tables = run_alone(_start_again_after_a_crash, str(tmp_path / "broken"))
    assert failed == "migration 0096_create_origins.sql failed: the end"
    assert rest[0] == "0041_create_graph_links.sql"
    assert all(map(is_for_new_stores, rest))
    whole = run_alone(_count_tables, str(tmp_path / "whole"))
    assert tables == whole


def _count_tables(directory: str) -> int:
    engine = Engine(Path(directory))
    migrate(engine)
    ((tables,),) = engine.read("SELECT count() FROM system.tables WHERE database = 'clew'")
    engine.close()
    return int(tables)


class _Lines(logging.Handler):
    """Keeps what is logged at `info` or above."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def _log_of_two_starts(directory: str) -> tuple[list[str], list[str]]:
    logger, first, second = logging.getLogger("clew.store.migrate"), _Lines(), _Lines()
    logger.setLevel(logging.INFO)
    engine = Engine(Path(directory))
    logger.addHandler(first)
    migrate(engine)
    logger.removeHandler(first)
    engine.command(ALTERED.format(f"DELETE WHERE name = '{CRASHED[0]}'"))  # as if it were new in this version
    logger.addHandler(second)
    migrate(engine)
    engine.close()
    return first.lines, second.lines


def test_a_new_store_is_one_line_of_the_log(tmp_path: Path) -> None:
    """Each migration of a store that has been used is a line."""
    first, second = run_alone(_log_of_two_starts, str(tmp_path))
    assert first == ["made the tables of a new store"]
    assert second == [f"applied migration {CRASHED[0]}"]


def test_every_table_survives_a_crash_of_the_machine(data_plane: DataPlane) -> None:
    """Each table of Clew syncs what is inserted, lives in an Atomic database, and knows the loads of before."""
    tables = data_plane.engine.read(
        "SELECT name, create_table_query FROM system.tables WHERE database = 'clew' AND engine LIKE '%MergeTree'"
    )
    names = {name.decode() for name, _ in tables}
    assert names > {"schema_migrations", "spans", "traces", "trace_starts", "operation_minutes", "operations", "logs"}
    for name, created in tables:
        assert b"fsync_after_insert = 1" in created, name
        assert b"fsync_part_directory = 1" in created, name
        if b"PARTITION BY (received_day, tenant)" in created:  # filled by loads
            assert b"non_replicated_deduplication_window = 10000" in created, name
    assert data_plane.engine.read("SELECT engine FROM system.databases WHERE name = 'clew'") == [(b"Atomic",)]
