"""Bring the schema up to date: forward only, one statement per file, each applied once and recorded."""

import hashlib
import logging
from collections.abc import Callable

from clew.errors import MigrationFailed, StoreError
from clew.store.engine import Engine
from clew.store.statement import function_names, migration_names, statement

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
    # Those of a new store take two seconds and touch no data: one line says all. Of an upgrade each is told.
    level = logging.INFO if applied else logging.DEBUG
    for name in known:
        checksum = hashlib.sha256(statement(f"migrations/{name}").encode()).hexdigest()
        if name not in applied:
            _apply(engine, name, checksum)
            log.log(level, "applied migration %s", name)
        elif applied[name] != checksum:
            raise MigrationFailed(f"migration {name} was changed after it was applied here; restore the original file")
    if not applied:
        log.info("made the tables of a new store")
    return [name for name in known if name not in applied]


def create_functions(command: Callable[[str], object]) -> None:
    """Define the functions that statements and views call; done anew at each start, so that they are always today's."""
    for name in function_names():
        command(statement(f"functions/{name}"))


def _apply(engine: Engine, name: str, checksum: str) -> None:
    try:
        for table in _FILLED.get(name, ()):
            engine.command(statement("empty_table.sql").replace("/*table*/", table))
        engine.command(statement(f"migrations/{name}"))
        engine.command(statement("record_schema_migration.sql"), {"name": name, "checksum": checksum})
    except StoreError as error:
        raise MigrationFailed(f"migration {name} failed: {error}") from error
