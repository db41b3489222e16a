"""SQLite for one service: a file that goes with the process, a connection per thread, every statement traced."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

from opentelemetry.instrumentation.sqlite3 import SQLite3Instrumentor

from clew.demo.service import spend
from clew.demo.settings import ServiceSettings

BUSY_TIMEOUT_S = 3.0
ROUND_TRIP_MEDIAN_MS = 1.4


class _Distant(sqlite3.Cursor):
    """A cursor as far away as a database server: a file answers so fast that no number of queries would ever hurt."""

    def execute(self, statement: str, values: Any = (), /) -> Self:
        spend(ROUND_TRIP_MEDIAN_MS)
        return super().execute(statement, values)


class _DistantConnection(sqlite3.Connection):
    def cursor(self) -> sqlite3.Cursor:  # type: ignore[override]  # the instrumentation asks without a factory
        return super().cursor(_Distant)


class Database:
    """Rows are tuples. Statements outside `transaction` commit on their own."""

    def __init__(self, settings: ServiceSettings, schema: str) -> None:
        self._path = Path(settings.directory) / f"{settings.name}.sqlite"
        self._connections = threading.local()
        with closing(sqlite3.connect(self._path)) as untraced:
            untraced.execute("pragma journal_mode = wal")
            untraced.executescript(schema)

    def load(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Fill a table before the service opens; leaves no spans."""
        with closing(sqlite3.connect(self._path)) as untraced, untraced:
            untraced.executemany(statement, rows)

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        cursor = self._connection().cursor()
        cursor.execute(statement, values)
        return list(cursor.fetchall())

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is done inside happens as a whole or, when it raises, not at all."""
        self.rows("begin immediate")
        try:
            yield
        except BaseException:
            self.rows("rollback")
            raise
        self.rows("commit")

    def close(self) -> None:
        """Remove the files; call it when nobody asks any more."""
        for path in self._path.parent.glob(f"{self._path.name}*"):
            path.unlink(missing_ok=True)

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._connections, "connection", None)
        if connection is None:
            plain = sqlite3.connect(
                self._path, timeout=BUSY_TIMEOUT_S, isolation_level=None, factory=_DistantConnection
            )
            connection = SQLite3Instrumentor().instrument_connection(plain)
            self._connections.connection = connection
        return connection
