"""Rewriting a day of receipt: what is kept is copied beside it, and then takes its place, table by table, and in each
tenant by tenant.

On a million spans of which a tenth stays: 0.3 s, as with a mutation; a lightweight DELETE takes 1.0 s, and 0.3 s more
until the space is free. A mutation would hold the ids of all that goes in memory, can't be done in small steps, and
leaves the tables without a trace id (operations, origins, attribute values) as they were. The copy goes through the
same views as a load, so that all of these follow from the spans that stay.

Every step can be done again: after a crash, the day is judged anew. `traces`, from which it is judged, comes last.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from clew.errors import StoreError
from clew.store.engine import Engine, run
from clew.store.judgement import LIMITS, ON_DAY, VerdictSum, record_verdicts
from clew.store.pins import Pins
from clew.store.retention_rules import RetentionRules
from clew.store.statement import in_partitions, is_for_loads, migration_names, statement

log = logging.getLogger(__name__)

CHUNK_SPANS = 2_000_000
"""Copied in one step: about a second, and a set of at most as many ids."""
REPLACED = ("spans", "logs", "operations", "origins", "attribute_values", "traces")
"""In this order; `traces` last. `trace_starts` is thinned out in place: the service graph knows its blocks."""
DROPPED = ("spans", "logs", "operations", "origins", "attribute_values", "trace_starts", "traces")
BEGUN: dict[str, str | int] = {"mutations_sync": 0, "max_query_size": 1 << 26, "max_ast_elements": 1 << 24}
"""Of mutations that nobody waits for here; they may have a command for each of many partitions."""
_MUTATION_POLL_S = 0.1

Pause = Callable[[], None]
"""Called between steps: returns when the loads need nothing, raises StoreError when Clew stops."""


class DayRewrite:
    """Judges days and removes what isn't kept. One thread at a time; `loading` is held while a segment is loaded."""

    def __init__(self, engine: Engine, pins: Pins, loading: threading.Lock, pause: Pause) -> None:
        self._engine = engine
        self._pins = pins
        self._loading = loading
        self._pause = pause
        self._handle = engine.trusted()
        self._generation = 0
        self._blocks: list[Any] = []

    def judge(self, rules: RetentionRules, parameters: dict[str, Any]) -> list[VerdictSum]:
        """Judge the day of the parameters; what sampling decides is remembered. The verdicts are in `day_verdicts`."""
        self._await_mutations()  # one that a crash left still reads the verdicts of then
        day = parameters["day"]
        self._generation, self._blocks = self._pins.generation, self._last_blocks(day)
        return record_verdicts(self._handle, rules, parameters, ON_DAY)

    def drop(self, day: str) -> bool:
        """Drop the day's partitions of every table; False when something came in meanwhile."""
        with self._unchanged(day) as is_unchanged:
            if is_unchanged:
                for table in DROPPED:
                    for partition in self._partitions(table, day):
                        self._run_for("drop_partition.sql", table, partition)
        return is_unchanged

    def keep_judged(self, day: str, parameters: dict[str, Any]) -> bool:
        """Replace the day by what was judged to be kept; False when something came in meanwhile."""
        with self._kept_database():
            for first_minute, last_minute in self._chunks(day):
                self._pause()
                bounds = {"day": day, "first_minute": first_minute, "last_minute": last_minute}
                self._run("copy_kept_spans.sql", bounds)
            self._run("copy_kept_logs.sql", parameters)
            with self._unchanged(day) as is_unchanged:
                if is_unchanged:
                    self._replace(day)
        self._await_mutations()
        return is_unchanged

    def _await_mutations(self) -> None:
        await_mutations(self._handle, ("trace_starts",), self._pause)

    def _replace(self, day: str) -> None:
        for table in REPLACED:
            if table == "traces":
                self._forget_lost_trace_starts(day)
            for partition in self._partitions(table, day):
                self._run_for("replace_partition.sql", table, partition)

    def _forget_lost_trace_starts(self, day: str) -> None:
        if partitions := self._partitions("trace_starts", day):
            run(self._handle, in_partitions("forget_lost_trace_starts.sql", partitions), None, LIMITS | BEGUN)

    def _partitions(self, table: str, day: str) -> list[str]:
        """One for each tenant that has anything of the day, or had before it was thinned out."""
        rows = self._query(statement("list_partitions_of_day.sql"), {"table": table, "day": day})
        return [partition for (partition,) in rows]

    @contextmanager
    def _unchanged(self, day: str) -> Iterator[bool]:
        """Nothing is loaded or pinned inside; yields whether nothing was since the day was judged."""
        with self._loading, self._pins.changing:
            yield self._pins.generation == self._generation and self._last_blocks(day) == self._blocks

    @contextmanager
    def _kept_database(self) -> Iterator[None]:
        """The tables that loads fill and their views again, empty; a crash leaves them, and they are made anew."""
        self._run("drop_kept_database.sql")
        self._run("create_kept_database.sql")
        try:
            self._handle.command("USE clew_kept")
            for name in filter(is_for_loads, migration_names()):
                run(self._handle, statement(f"migrations/{name}"), None, None)
            yield
        finally:
            self._handle.command("USE clew")
            self._run("drop_kept_database.sql")

    def _chunks(self, day: str) -> Iterator[tuple[int, int]]:
        """Ranges of minutes with about CHUNK_SPANS spans each."""
        first, counted, last = None, 0, 0
        for minute, spans in self._query(statement("list_start_minutes.sql"), {"day": day}):
            if first is not None and counted + spans > CHUNK_SPANS:
                yield first, last
                first, counted = None, 0
            first, counted, last = (minute if first is None else first), counted + spans, minute
        if first is not None:
            yield first, last

    def _last_blocks(self, day: str) -> list[Any]:
        return [tuple(row) for row in self._query(statement("list_last_blocks.sql"), {"day": day})]

    def _run(self, name: str, parameters: dict[str, Any] | None = None) -> None:
        run(self._handle, statement(name), parameters, LIMITS)

    def _run_for(self, name: str, table: str, partition: str) -> None:
        settings = {"allow_replace_partition_from_empty_source": 1}  # of logs, say, nothing may be left
        run(self._handle, statement(name).replace("/*table*/", table), {"partition": partition}, settings)

    def _query(self, sql: str, parameters: dict[str, Any]) -> Any:
        return self._handle.query(sql, parameters=parameters, settings=LIMITS).result_rows


def await_mutations(handle: Any, tables: tuple[str, ...], pause: Pause) -> None:
    """Return when no mutation of the tables is under way. Raises StoreError when one fails."""
    while True:
        parameters = {"tables": list(tables)}
        ((waiting, reason),) = handle.query(statement("count_mutations.sql"), parameters=parameters).result_rows
        if not waiting:
            return
        if reason:
            raise StoreError(f"a mutation of {', '.join(tables)} fails: {reason}; it is tried again")
        pause()
        time.sleep(_MUTATION_POLL_S)
