"""The engine: embedded ClickHouse, opened once per process, reached only through `clickhouse-connect`.

Handles come in two sorts. A *trusted* handle runs statements that Clew itself wrote (migrations, loads). A *read*
handle is for everything that carries what a user typed: it is `readonly=1` with limits on time, memory and rows set
before, so that it can neither write, nor reach files or the network, nor change a setting.
"""

import contextlib
import faulthandler
import queue
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import chdb
import clickhouse_connect
from clickhouse_connect.driver.exceptions import ClickHouseError

from clew.errors import Overloaded, QueryTooExpensive, StoreError, StoreLocked
from clew.store.settings import StoreSettings
from clew.store.statement import statement

DATABASE = "clew"

_MESSAGE_CHARACTERS = 500
_LOCKED = "Error initializing EmbeddedServer: ."
"""All that the engine says when another process holds the directory; other reasons it names behind the colon."""
_LIMIT_CODES = frozenset({158, 159, 160, 161, 202, 241, 307, 394, 396})


class Engine:
    """One open data directory. Raises StoreLocked when another process has it open."""

    def __init__(self, path: Path, settings: StoreSettings | None = None) -> None:
        self.settings = settings or StoreSettings()
        self._path = path
        path.mkdir(parents=True, exist_ok=True)
        _restore_signal_handlers()
        self._handles: list[Any] = []
        self._lock = threading.Lock()
        self._readers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._trusted = self._open_first()
        for _ in range(self.settings.read_handles):
            self._readers.put(self._open_reader())

    def trusted(self) -> Any:
        """A new handle for statements of our own; the caller uses it from one thread."""
        return self._open(database=DATABASE)

    def command(
        self, sql: str, parameters: Mapping[str, Any] | None = None, settings: Mapping[str, Any] | None = None
    ) -> Any:
        """Run a statement of our own on the engine's first handle."""
        with self._lock:
            return run(self._trusted, sql, parameters, settings)

    def read(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Sequence[Sequence[Any]]:
        """The rows of a query on a read-only handle, with strings as `bytes`; waits for a free handle."""
        with self._reader() as handle:
            return _rows(handle, sql, parameters)

    def close(self) -> None:
        """Close every handle; running queries end first."""
        for handle in self._handles:
            with contextlib.suppress(Exception):
                handle.close()

    @contextlib.contextmanager
    def _reader(self) -> Iterator[Any]:
        try:
            handle = self._readers.get(timeout=self.settings.max_query_wait_s)
        except queue.Empty:
            raise Overloaded("too many queries at once; ask again in a moment") from None
        try:
            yield handle
        finally:
            self._readers.put(handle)

    def _open_first(self) -> Any:
        try:
            first = self._open(database=None)
        except Exception as error:
            if _LOCKED in str(error):
                raise StoreLocked(
                    f"{self._path} can't be opened, most likely because another Clew is using it; stop that one, "
                    "or choose another data directory"
                ) from error
            raise StoreError(f"the store in {self._path} can't be opened: {_short(error)}") from None
        first.command(statement("create_database.sql"))
        first.command(f"USE {DATABASE}")
        return first

    def _open_reader(self) -> Any:
        handle = self._open(database=DATABASE)
        limits = {
            "max_memory_usage": self.settings.max_query_memory_bytes,
            "max_execution_time": self.settings.max_query_time_s,
            "max_threads": self.settings.max_query_threads,
            "use_skip_indexes_for_disjunctions": 1,
            "readonly": 1,
        }
        for name, value in limits.items():
            handle.command(f"SET {name} = {value}")
        return handle

    def _open(self, database: str | None) -> Any:
        options = {
            "max_server_memory_usage": self.settings.max_memory_bytes,
            "background_pool_size": self.settings.background_threads,
            "mark_cache_size": 256 << 20,
            # Merges can wait; those who wait for an acknowledgement or for their spans to be found can't.
            "os_threads_nice_value_merge_mutate": 10,
        }
        handle = clickhouse_connect.get_client(dsn=f"chdb:///{self._path.resolve()}", chdb_options=options)
        self._handles.append(handle)
        if database is not None:
            handle.command(f"USE {database}")
        return handle


def run(handle: Any, sql: str, parameters: Mapping[str, Any] | None, settings: Mapping[str, Any] | None) -> Any:
    """One statement on a handle; engine errors come as StoreError."""
    try:
        return handle.command(sql, parameters=dict(parameters or {}), settings=dict(settings or {}))
    except ClickHouseError as error:
        raise StoreError(_short(error)) from None


def _rows(handle: Any, sql: str, parameters: Mapping[str, Any] | None) -> Sequence[Sequence[Any]]:
    try:
        result = handle.query(sql, parameters=dict(parameters or {}), query_formats={"String": "bytes"})
    except ClickHouseError as error:
        raise _translate(error) from None
    rows: Sequence[Sequence[Any]] = result.result_rows
    return rows


def _translate(error: Exception) -> Exception:
    code = re.search(r"Code: (\d+)", str(error))
    if code is not None and int(code[1]) in _LIMIT_CODES:
        return QueryTooExpensive(
            "the query ran into the limit on time or memory; narrow the time range or add a service"
        )
    return StoreError(_short(error))


def _short(error: Exception) -> str:
    return str(error)[:_MESSAGE_CHARACTERS]


def _restore_signal_handlers() -> None:
    """Take back the crash signals, which importing the engine replaces: a crash must end the process, not hang it."""
    compiled: Any = chdb._chdb
    compiled.set_signal_handlers_enabled(0)
    compiled.reset_signal_handlers()
    if not faulthandler.is_enabled():
        faulthandler.enable()
