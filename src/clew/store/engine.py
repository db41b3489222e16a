"""The engine: embedded ClickHouse, opened once per process, reached only through `clickhouse-connect`.

Handles come in three sorts. A *trusted* handle runs statements that Clew itself wrote (migrations, loads). A *read*
handle is for everything that carries what a user typed: it is `readonly=1` with limits on time, memory and rows set
before, so that it can neither write, nor reach files or the network, nor change a setting. The *inspecting* handle
is for questions about the engine itself; it has one thread and is shared with nobody, so that it never waits for
those who search.
"""

import contextlib
import faulthandler
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import chdb
import clickhouse_connect
from clickhouse_connect.driver.exceptions import ClickHouseError

from clew.errors import ClewError, QueryCancelled, StoreError, StoreLocked
from clew.model.question import Question, Step, current_question
from clew.store.engine_errors import refusal_reason, short, translate
from clew.store.read_pool import STOPPING, ReadPool
from clew.store.running_queries import RunningQueries
from clew.store.settings import StoreSettings
from clew.store.statement import statement

DATABASE = "clew"

Answer = TypeVar("Answer")
Fetch: TypeAlias = Callable[[Any, str, Mapping[str, Any] | None], tuple[Answer, int, int]]

_LOCKED = "Error initializing EmbeddedServer: ."
"""All that the engine says when another process holds the directory; other reasons it names behind the colon."""
_INSPECT_TIME_S = 5.0
_STOP_TIMEOUT_S = 5.0
_KILL_AGAIN_S = 0.1


class Engine:
    """One open data directory. Raises StoreLocked when another process has it open."""

    def __init__(self, path: Path, settings: StoreSettings | None = None) -> None:
        self.settings = settings or StoreSettings()
        self._path = path
        path.mkdir(parents=True, exist_ok=True)
        _restore_signal_handlers()
        self._handles: list[Any] = []
        self._lock = threading.Lock()
        self._trusted = self._open_first()
        self._killer = self._open(database=DATABASE)
        self._inspecting = self._open_reader({"max_threads": 1, "max_execution_time": _INSPECT_TIME_S})
        self._inspect_lock = threading.Lock()
        readers = [self._open_reader(self._limits()) for _ in range(self.settings.read_handles)]
        self._pool = ReadPool(readers, self.settings.max_query_wait_s)
        self._running = RunningQueries(self._kill)
        self._ending: threading.Timer | None = None

    @property
    def busy_readers(self) -> int:
        """How many read handles are in use now."""
        return self._pool.busy

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
        """The rows of a query on a read-only handle, with strings as `bytes`; waits for a free handle.

        When the current question is withdrawn, the query is stopped within about 0.1 s, and raises QueryCancelled.
        Raises QueryTooExpensive at a limit, Overloaded when no handle came free, StoreError for the rest.
        """
        return self._read(_rows, sql, parameters)

    def read_native(self, sql: str, parameters: Mapping[str, Any] | None = None) -> bytes:
        """As `read`, with the answer in the Native format: blocks of columns, for answers of millions of rows."""
        return self._read(_native, sql, parameters)

    def inspect(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Sequence[Sequence[Any]]:
        """The rows of a statement of our own about the engine itself; never waits for queries or loads."""
        with self._inspect_lock:
            try:
                return _rows(self._inspecting, sql, parameters)[0]
            except ClickHouseError as error:
                raise translate(error, self.settings) from None

    def end_reads(self, grace_s: float) -> None:
        """Returns at once; after the grace, queries under way are stopped and new ones refused."""
        self._ending = threading.Timer(grace_s, self._end_reads)
        self._ending.daemon = True
        self._ending.start()

    def close(self) -> None:
        """Stop running queries and close every handle; a load under way ends first."""
        if self._ending is not None:
            self._ending.cancel()
        self._end_reads()
        for handle in self._handles:
            with contextlib.suppress(Exception):
                handle.close()

    def _read(self, fetch: Fetch[Answer], sql: str, parameters: Mapping[str, Any] | None) -> Answer:
        question = current_question() or Question("internal")
        asked_ns = time.time_ns()
        try:
            return self._read_for(question, asked_ns, fetch, sql, parameters)
        except ClewError as error:
            now_ns = time.time_ns()
            question.add_step(Step(asked_ns, now_ns, 0, 0, 0, refusal_reason(error)))
            raise

    def _read_for(
        self, question: Question, asked_ns: int, fetch: Fetch[Answer], sql: str, parameters: Mapping[str, Any] | None
    ) -> Answer:
        with self._pool.take(question) as handle, self._running.watch(question) as tag:
            began_ns = time.time_ns()
            try:
                answer, rows_read, rows = fetch(handle, f"{tag} {sql}", parameters)
            except ClickHouseError as error:
                refusal = translate(error, self.settings)
                if isinstance(refusal, QueryCancelled) and not question.is_withdrawn:
                    refusal = QueryCancelled(STOPPING)
                raise refusal from None
        question.add_step(Step(began_ns, time.time_ns(), began_ns - asked_ns, rows_read, rows, ""))
        return answer

    def _end_reads(self) -> None:
        self._pool.close()
        deadline_s = time.monotonic() + _STOP_TIMEOUT_S
        while True:  # one that was about to begin at the first kill is there at the second
            self._running.stop_all()
            if self._pool.wait_whole(_KILL_AGAIN_S) or time.monotonic() > deadline_s:
                return

    def _kill(self, tag: str) -> None:
        self._killer.command(statement("kill_query.sql"), parameters={"tag": tag})

    def _open_first(self) -> Any:
        try:
            first = self._open(database=None)
        except Exception as error:
            if _LOCKED in str(error):
                raise StoreLocked(
                    f"{self._path} can't be opened, most likely because another Clew is using it; stop that one, "
                    "or choose another data directory"
                ) from error
            raise StoreError(f"the store in {self._path} can't be opened: {short(error)}") from None
        first.command(statement("create_database.sql"))
        first.command(f"USE {DATABASE}")
        return first

    def _limits(self) -> dict[str, Any]:
        return {
            "max_execution_time": self.settings.max_query_time_s,
            "max_memory_usage": self.settings.max_query_memory_bytes,
            "max_rows_to_read": self.settings.max_query_rows_read,
            "max_result_rows": self.settings.max_query_result_rows,
            "max_threads": self.settings.max_query_threads,
            "use_skip_indexes_for_disjunctions": 1,
            # Else a query gets one thread when less than 1 GiB a thread is free of the 2 GiB: always.
            "max_threads_min_free_memory_per_thread": 0,
        }

    def _open_reader(self, limits: Mapping[str, Any]) -> Any:
        handle = self._open(database=DATABASE)
        for name, value in {**limits, "readonly": 1}.items():  # the last one forbids to change any
            handle.command(f"SET {name} = {value}")
        return handle

    def _open(self, database: str | None) -> Any:
        options = {
            "max_server_memory_usage": self.settings.max_memory_bytes,
            "background_pool_size": self.settings.background_threads,
            "mark_cache_size": 256 << 20,
            # Merges can wait; those who wait for an acknowledgement or for their spans to be found can't.
            "os_threads_nice_value_merge_mutate": 10,
            # Else a day of more than 50 GB would stay when its time has come. It guards against mistakes of people, and
            # nobody but Clew drops anything here.
            "max_table_size_to_drop": 0,
            "max_partition_size_to_drop": 0,
        }
        handle = clickhouse_connect.get_client(dsn=f"chdb:///{self._path.resolve()}", chdb_options=options)
        _count_stored_rows(handle)
        self._handles.append(handle)
        if database is not None:
            handle.command(f"USE {database}")
        return handle


def run(handle: Any, sql: str, parameters: Mapping[str, Any] | None, settings: Mapping[str, Any] | None) -> Any:
    """One statement on a handle; engine errors come as StoreError."""
    try:
        return handle.command(sql, parameters=dict(parameters or {}), settings=dict(settings or {}))
    except ClickHouseError as error:
        raise StoreError(short(error)) from None


def _rows(handle: Any, sql: str, parameters: Mapping[str, Any] | None) -> tuple[Sequence[Sequence[Any]], int, int]:
    """The rows, how many the engine read for them, and their number."""
    result = handle.query(sql, parameters=dict(parameters or {}), query_formats={"String": "bytes"})
    rows: Sequence[Sequence[Any]] = result.result_rows
    return rows, int(result.summary.get("read_rows", 0)), len(rows)


def _native(handle: Any, sql: str, parameters: Mapping[str, Any] | None) -> tuple[bytes, int, int]:
    """Blocks of columns; how many rows were read for them and are in them isn't said with this format."""
    return handle.raw_query(sql, parameters=dict(parameters or {}), fmt="Native"), 0, 0


def _count_stored_rows(handle: Any) -> None:
    """Make `read_rows` of a handle's summaries what the engine read, as over HTTP.

    The embedded backend puts the rows of the answer there; the engine's own result has both.
    """

    def summary(result: Any) -> dict[str, str]:
        return {"read_rows": str(result.storage_rows_read()), "elapsed_ns": str(int(result.elapsed() * 1e9))}

    handle._backend._summary = summary


def _restore_signal_handlers() -> None:
    """Take back the crash signals, which importing the engine replaces: a crash must end the process, not hang it."""
    compiled: Any = chdb._chdb
    compiled.set_signal_handlers_enabled(0)
    compiled.reset_signal_handlers()
    if not faulthandler.is_enabled():
        faulthandler.enable()
