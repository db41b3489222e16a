"""Bring the schema up to date: forward only, one statement per file, each applied once and recorded."""

import hashlib
import logging
from collections.abc import Callable, Mapping

from clew.errors import MigrationFailed, StoreError
from clew.store.engine import Engine
from clew.store.statement import function_names, is_of_first_schema, migration_names, statement

log = logging.getLogger(__name__)

_FILLED = {
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
}
"""The tables that a copy fills, by itself and through views. One that was broken off is begun anew, from empty tables:
its token alone doesn't tell the engine that the rows are the same, for their blocks are other ones as soon as parts of
the source were merged."""


def migrate(engine: Engine) -> list[str]:
    """Apply what is missing, in order; return the names applied.

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
    for name in missing:
        _apply(engine, name)
        _record(engine, {name: checksums[name]})
        log.info("applied migration %s", name)
    return missing


def create_functions(command: Callable[[str], object]) -> None:
    """Define the functions that statements and views call; done anew at each start, so that they are always today's."""
    for name in function_names():
        command(statement(f"functions/{name}"))


def _make_new(engine: Engine, checksums: Mapping[str, str]) -> None:
    """The tables of a new store: nothing is made of the first schema, and the others are recorded at once, for each
    record takes as long as a table.

    Broken off, it goes on one by one: that there was no first schema is recorded before anything is made.
    """
    first_schema = {name: checksum for name, checksum in checksums.items() if is_of_first_schema(name)}
    _record(engine, first_schema)
    others = {name: checksum for name, checksum in checksums.items() if name not in first_schema}
    for name in others:
        _apply(engine, name)
    _record(engine, others)
    log.info("made the tables of a new store")


def _record(engine: Engine, checksums: Mapping[str, str]) -> None:
    parameters = {"names": list(checksums), "checksums": list(checksums.values())}
    engine.command(statement("record_schema_migrations.sql"), parameters)


def _apply(engine: Engine, name: str) -> None:
    try:
        for table in _FILLED.get(name, ()):
            engine.command(statement("empty_table.sql").replace("/*table*/", table))
        engine.command(statement(f"migrations/{name}"))
    except StoreError as error:
        raise MigrationFailed(f"migration {name} failed: {error}") from error
