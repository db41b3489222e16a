"""Bring the schema up to date: forward only, one statement per file, each applied once and recorded."""

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence

from clickhouse_connect.driver.exceptions import ClickHouseError

from clew.errors import MigrationFailed, StoreError
from clew.store.engine import Engine
from clew.store.statement import function_names, is_for_new_stores, migration_names, statement

log = logging.getLogger(__name__)

FILLED = {
    "0029_copy_spans.sql": (
        "spans",
        "traces",
        "trace_starts",
        "operation_minutes",
        "operations",
        "origins",
        "attribute_values",
    ),
    "0030_copy_logs.sql": ("logs",),
    "0099_copy_spans.sql": ("spans",),
    "0100_copy_logs.sql": ("logs",),
    "0101_copy_traces.sql": ("traces",),
    "0102_copy_operation_minutes.sql": ("operation_minutes",),
    "0103_copy_operations.sql": ("operations",),
    "0104_copy_origins.sql": ("origins",),
    "0105_copy_attribute_values.sql": ("attribute_values",),
    "0106_copy_trace_starts_in_graph.sql": ("trace_starts", "graph_positions"),
    "0114_copy_graph_windows.sql": ("graph_windows",),
}
"""The tables that a copy fills, by itself and through views. One that was broken off is begun anew, from empty tables:
its token alone doesn't tell the engine that the rows are the same, for their blocks are other ones as soon as parts of
the source were merged."""
TOGETHER = (
    (
        "0106_copy_trace_starts_in_graph.sql",
        "0107_record_graph_positions.sql",
        "0108_copy_trace_starts_not_in_graph.sql",
    ),
)
"""Recorded at once: broken off, all of these are begun anew."""
_TABLES_OF_DAYS = "0080_drop_views_of_days.sql"
"""What comes from here on copies tables, and the copies don't know the tokens of what was loaded."""


def migrate(engine: Engine, settle: Callable[[], None] = lambda: None) -> list[str]:
    """Apply what is missing, in order; return the names applied.

    `settle` is called before tables are copied that loads have filled: when it returns, nothing that may be in them
    already MUST wait to be loaded, and no mutation of them may be under way.
    Every migration can be applied again (a crash may fall between doing and recording). Raises MigrationFailed when
    one fails, when an applied one was changed since, or when the data directory is from a newer Clew.
    """
    create_functions(engine.command)
    engine.command(statement("create_schema_migrations.sql"))
    known = migration_names()
    applied = {
        bytes(name).decode(): bytes(checksum).decode()
        for name, checksum in engine.read(statement("list_schema_migrations.sql"))
    }
    newer = sorted(set(applied) - set(known))
    if newer:
        raise MigrationFailed(f"this data was written by a newer Clew (it knows {newer[-1]}); upgrade Clew to read it")
    checksums = {name: hashlib.sha256(statement(f"migrations/{name}").encode()).hexdigest() for name in known}
    changed = next((name for name in known if applied.get(name, checksums[name]) != checksums[name]), None)
    if changed is not None:
        raise MigrationFailed(f"migration {changed} was changed after it was applied here; restore the original file")
    missing = [name for name in known if name not in applied]
    if not applied and engine.read(statement("count_tables.sql")) == [(0,)]:
        _make_new(engine, {name: checksums[name] for name in missing})
        return missing
    for names in _steps(missing):
        if names == [_TABLES_OF_DAYS]:
            _settle(settle)
        for name in names:
            _apply(engine, name)
        _record(engine, {name: checksums[name] for name in names})
        log.info("applied migration %s", ", ".join(names))
    return missing


def create_functions(command: Callable[[str], object]) -> None:
    """Define the functions that statements and views call; done anew at each start, so that they are always today's."""
    for name in function_names():
        command(statement(f"functions/{name}"))


def _make_new(engine: Engine, checksums: Mapping[str, str]) -> None:
    """The tables of a new store: nothing is made that a later migration makes anew, and the others are recorded at
    once, for each record takes as long as a table.

    Broken off, it goes on one by one: that there were no older tables is recorded before anything is made.
    """
    needed = {name: checksum for name, checksum in checksums.items() if is_for_new_stores(name)}
    _record(engine, {name: checksum for name, checksum in checksums.items() if name not in needed})
    for name in needed:
        _apply(engine, name)
    _record(engine, needed)
    log.info("made the tables of a new store")


def _steps(names: Sequence[str]) -> list[list[str]]:
    """The names in order, each in the list of those that are recorded with it."""
    followers = {name for group in TOGETHER for name in group[1:]}
    steps: list[list[str]] = []
    for name in names:
        if name in followers:
            steps[-1].append(name)
        else:
            steps.append([name])
    return steps


def _settle(settle: Callable[[], None]) -> None:
    try:
        settle()
    except (StoreError, ClickHouseError, OSError) as error:
        raise MigrationFailed(
            f"the tables can't be made anew before what waits in the journal is loaded: {error}; "
            "remove the reason and start again, nothing is lost"
        ) from error


def _record(engine: Engine, checksums: Mapping[str, str]) -> None:
    parameters = {"names": list(checksums), "checksums": list(checksums.values())}
    engine.command(statement("record_schema_migrations.sql"), parameters)


def _apply(engine: Engine, name: str) -> None:
    try:
        for table in FILLED.get(name, ()):
            engine.command(statement("empty_table.sql").replace("/*table*/", table))
        engine.command(statement(f"migrations/{name}"))
    except StoreError as error:
        raise MigrationFailed(f"migration {name} failed: {error}") from error
