"""What outlives the traces, and goes by its own age: counts by minute, the service graph, decisions of sampling."""

from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from clew.store.audit import record_audit
from clew.store.engine import Engine, run
from clew.store.retention_rules import RetentionRules
from clew.store.statement import statement

BY_ITSELF = "retention"
"""Who the audit log says it was when nobody asked."""
_FINISHED = {"mutations_sync": 1}
_BY_WINDOW = ("graph_windows", "graph_links")
_BY_DAY = ("graph_positions", "arrival_marks", "sampling_positions")


class OldCounts:
    """Drops by partition where there are any; for one thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._handle = engine.trusted()
        self._done: Any = None

    def drop(self, rules: RetentionRules, today: date) -> None:
        """Drop what is too old; once a day and for each change of the rules."""
        first_count_day = today - timedelta(days=rules.counts_days)
        first_trace_day = today - timedelta(days=rules.longest_days)
        if self._done == (first_count_day, first_trace_day):
            return
        self._drop_partitions("operation_minutes", first_count_day, "drop counts")
        self._drop_partitions("trace_weights", first_trace_day, "drop decisions")
        self._drop_windows(first_count_day)
        for table in _BY_DAY:
            # of days whose traces are still there, marks and positions are needed
            self._delete("drop_old_days.sql", table, {"first_day": min(first_count_day, first_trace_day)})
        self._done = (first_count_day, first_trace_day)

    def _drop_partitions(self, table: str, first_day: date, action: str) -> None:
        rows = self._engine.read(statement("list_partitions.sql"), {"table": table})
        for day, partitions in groupby((row for row in rows if row[0] < first_day), key=itemgetter(0)):
            for _, partition in partitions:
                sql = statement("drop_partition.sql").replace("/*table*/", table)
                run(self._handle, sql, {"partition": partition.decode()}, None)
            record_audit(self._engine, "", BY_ITSELF, action, day.isoformat())

    def _drop_windows(self, first_day: date) -> None:
        """No partition is of one age: windows follow from the clocks of senders."""
        first_window = int(datetime.combine(first_day, datetime.min.time(), UTC).timestamp()) // 60
        for table in _BY_WINDOW:
            self._delete("drop_old_windows.sql", table, {"first_window": max(0, first_window)})

    def _delete(self, name: str, table: str, parameters: dict[str, Any]) -> None:
        run(self._handle, statement(name).replace("/*table*/", table), parameters, _FINISHED)
