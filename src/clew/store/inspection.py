"""What the engine says about itself: tables, memory, merges; milliseconds, whatever else it is doing."""

from dataclasses import dataclass

from clew.store.engine import Engine
from clew.store.statement import statement


@dataclass(frozen=True, slots=True)
class TableFigures:
    """One table as it is now: active parts, their rows (not yet merged ones count several times), bytes on disk."""

    name: str
    rows: int
    bytes: int
    parts: int


@dataclass(frozen=True, slots=True)
class EngineFigures:
    """Memory that the engine counts as in use; merges and mutations under way; merges since the start."""

    version: str
    memory_bytes: int
    running_merges: int
    running_merge_bytes: int
    waiting_mutations: int
    merges: int
    merged_rows: int
    tables: tuple[TableFigures, ...]


def engine_figures(engine: Engine) -> EngineFigures:
    """The figures now; about 6 ms with few parts, and it waits for nobody."""
    now = {name.decode(): value for name, value in engine.inspect(statement("engine_figures.sql"))}
    tables = engine.inspect(statement("list_tables.sql"))
    return EngineFigures(
        version=tables[0][4].decode(),
        memory_bytes=now["memory_bytes"],
        running_merges=now["running_merges"],
        running_merge_bytes=now["running_merge_bytes"],
        waiting_mutations=now["waiting_mutations"],
        merges=now.get("Merge", 0),  # the engine lists only events that have happened
        merged_rows=now.get("MergedRows", 0),
        tables=tuple(TableFigures(name.decode(), rows, size, parts) for name, rows, size, parts, _ in tables),
    )


def count_stored(engine: Engine) -> tuple[int, int, int, int]:
    """How many spans, traces and log records are stored, of all tenants, and the bytes they take on disk.

    Read from the tables' own books and not counted: it costs the same for a billion. A trace that came in several
    loads counts several times until its parts are merged, so that the number of traces is never too low.
    """
    ((spans, traces, logs, size_bytes),) = engine.inspect(statement("count_stored.sql"))
    return spans or 0, traces or 0, logs or 0, size_bytes or 0
