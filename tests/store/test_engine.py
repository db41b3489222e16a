import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from clew.errors import ClewError, QueryCancelled, QueryTooExpensive, StoreError, StoreLocked
from clew.model.question import Question, asking
from clew.store.engine import Engine, run
from clew.store.settings import StoreSettings
from tests.data_plane import DataPlane
from tests.store.alone import run_alone

HOSTILE = [
    "'", "\\", "\\\\'", "a\\'b", '"', "`", "\0", "a\0b", "\n\r\t\b\f\v\a\x1b", "{x:String}", "{{x}}", "%s", "%(x)s",
    "%%", "\\N", "\\0", "', 1) --", "'; DROP TABLE clew.spans; --", "é😀\u2028\ufeff", "NULL", "", " ", "\\x27", "$$",
    "/*", "--",
]  # fmt: skip  # one item a line would say no more
REFUSED = [
    "SELECT * FROM file('/etc/hostname', 'LineAsString')",
    "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
    "SELECT * FROM default.`/etc/hostname`",
    "SELECT * FROM remote('127.0.0.1:1', system.one)",
    "SELECT * FROM sqlite('/tmp/x.sqlite', 'x')",
    "SELECT * FROM loop(file('/etc/hostname', 'LineAsString'))",
    "INSERT INTO clew.schema_migrations (name, checksum) VALUES ('a', 'b')",
    "INSERT INTO FUNCTION file('/tmp/x', 'TSV', 'a String') VALUES ('x')",
    "CREATE TABLE clew.x (a Int8) ENGINE = Memory",
    "CREATE TEMPORARY TABLE x (a Int8)",
    "DROP TABLE clew.spans",
    "TRUNCATE TABLE clew.spans",
    "ALTER TABLE clew.spans DELETE WHERE 1",
    "OPTIMIZE TABLE clew.spans",
    "SET readonly = 0",
    "SET max_execution_time = 0",
    "SELECT 1 SETTINGS max_memory_usage = 0",
]


@pytest.mark.parametrize("sql", REFUSED)
def test_a_read_handle_reaches_nothing_but_tables(data_plane: DataPlane, sql: str) -> None:
    """Files, the network, writes and settings are refused where a user's question is answered."""
    with pytest.raises(StoreError, match=r"READONLY|readonly mode"):
        data_plane.engine.read(sql)


@pytest.mark.parametrize("value", HOSTILE)
def test_a_parameter_is_a_value_whatever_it_holds(data_plane: DataPlane, value: str) -> None:
    """Quotes, backslashes, NUL, braces and the like arrive as they are, alone and in a list."""
    ((single, listed),) = data_plane.engine.read(
        "SELECT {x:String}, {y:Array(String)}", {"x": value, "y": [value, "z"]}
    )
    assert single == value.encode()
    assert listed == [value.encode(), b"z"]


def test_strings_come_as_bytes(data_plane: DataPlane) -> None:
    """What isn't UTF-8 comes back as it is stored."""
    ((text, fixed),) = data_plane.engine.read("SELECT unhex('ff00fe'), toFixedString(unhex('ff'), 2)")
    assert (text, fixed) == (b"\xff\x00\xfe", b"\xff\x00")


def test_an_engine_error_is_a_store_error(data_plane: DataPlane) -> None:
    """A failing statement raises StoreError with the engine's code, and the handle goes on."""
    for _ in range(data_plane.engine.settings.read_handles + 1):
        with pytest.raises(StoreError, match="Code: 60"):
            data_plane.engine.read("SELECT * FROM clew.nothing")
    with pytest.raises(StoreError, match="Code: 62"):
        data_plane.engine.command("SELEKT 1")
    with pytest.raises(StoreError, match="Code: "):
        run(data_plane.engine.trusted(), "INSERT INTO clew.nothing SELECT 1", None, None)
    assert data_plane.engine.read("SELECT 1") == [(1,)]


def test_more_readers_than_handles_take_turns(data_plane: DataPlane) -> None:
    """Any number of threads may read at once; each gets its own answer."""
    barrier = threading.Barrier(12)

    def read(number: int) -> int:
        barrier.wait(30)
        ((found,),) = data_plane.engine.read("SELECT {x:UInt32} + sleep(0.01)", {"x": number})
        return int(found)

    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(read, range(12))) == list(range(12))


SLOW = "SELECT count() FROM numbers(9e9) WHERE SHA256(toString(number)) = 'x'"
WITHDRAWN_WITHIN_S = 0.5


def _run_into_limits(directory: str) -> list[tuple[str, str | None]]:
    settings = StoreSettings(
        max_query_time_s=0.3, max_query_memory_bytes=20 << 20, max_query_rows_read=10**10, max_query_result_rows=1000
    )
    engine = Engine(Path(directory), settings)
    outcomes: list[tuple[str, str | None]] = []
    for sql in (
        SLOW,
        "SELECT uniqExact(number) FROM numbers(1e8)",
        "SELECT count() FROM numbers(1e11)",
        "SELECT number FROM numbers(1001)",
        "SELECT count() FROM (SELECT number FROM numbers(1000))",
    ):
        try:
            outcomes.append((str(engine.read(sql)), None))
        except QueryTooExpensive as error:
            outcomes.append((str(error), error.key))
    engine.close()
    return outcomes


def test_a_query_over_a_limit_is_told_which_and_what_to_do(tmp_path: Path) -> None:
    """Over the time, memory, rows read or rows returned of one query, the error names the setting; then all goes on."""
    *refused, after = run_alone(_run_into_limits, str(tmp_path))
    assert [key for _, key in refused] == [
        "max_query_time_s",
        "max_query_memory_bytes",
        "max_query_rows_read",
        "max_query_result_rows",
    ]
    for (message, _), limit in zip(refused, ("0.3 s", "20 MiB", "10,000,000,000 rows", "1,000 rows"), strict=True):
        assert limit in message
        assert "narrow the time range" in message
    assert after == ("[(1000,)]", None)


def _use_up_all_memory(directory: str) -> str:
    settings = StoreSettings(max_memory_bytes=512 << 20, max_query_memory_bytes=8 << 30)
    engine = Engine(Path(directory), settings)
    try:
        engine.read("SELECT uniqExact(number) FROM numbers(1e9)")
    except ClewError as error:
        return f"{type(error).__name__}: {error}"
    finally:
        engine.close()
    return "answered"


def test_memory_that_all_use_up_is_no_fault_of_the_query(tmp_path: Path) -> None:
    """When the engine's memory as a whole is used up, the client may come back: Overloaded."""
    assert run_alone(_use_up_all_memory, str(tmp_path)).startswith("Overloaded: other queries and loads use all")


def test_a_withdrawn_question_stops_its_query(data_plane: DataPlane) -> None:
    """The engine drops a slow query within half a second; its handle is free again and works."""
    engine, question = data_plane.engine, Question("slow")

    def ask() -> float:
        with asking(question), pytest.raises(QueryCancelled, match="nobody waits"):
            engine.read(SLOW)
        return time.monotonic()

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask)
        _wait_until(lambda: engine.busy_readers == 1)
        withdrawn_s = time.monotonic()
        question.withdraw()
        assert asked.result(timeout=30) - withdrawn_s < WITHDRAWN_WITHIN_S
    assert engine.busy_readers == 0
    assert question.refusal == "cancelled"
    for _ in range(engine.settings.read_handles):
        assert engine.read("SELECT 1") == [(1,)]
    assert engine.inspect("SELECT count() FROM system.processes WHERE startsWith(query, '/*clew')") == [(0,)]


def test_what_is_dropped_may_have_any_size(data_plane: DataPlane) -> None:
    """The engine's own guard (50 GB a table or partition) would keep a large day for ever, and end an upgrade."""
    names = ["max_partition_size_to_drop", "max_table_size_to_drop"]
    sql = "SELECT name, value FROM system.server_settings WHERE name IN {names:Array(String)} ORDER BY name"
    assert data_plane.engine.read(sql, {"names": names}) == [(name.encode(), b"0") for name in names]


def test_a_step_tells_how_a_question_was_answered(data_plane: DataPlane) -> None:
    """Each query is a step of the current question, with the rows that it read and gave, in order of time."""
    question = Question("q")
    with asking(question):
        data_plane.engine.read("SELECT number FROM numbers(100000) WHERE number % 1000 = 0")
        with pytest.raises(StoreError):
            data_plane.engine.read("SELECT * FROM clew.nothing")
    answered, failed = question.steps
    assert (answered.rows, answered.rows_read, answered.refusal) == (100, 100_000, "")
    assert question.began_unix_nano <= answered.began_unix_nano < answered.ended_unix_nano <= failed.ended_unix_nano
    assert (failed.rows, failed.refusal) == (0, "failed")


def _stop_with_queries(directory: str) -> tuple[list[str], float]:
    engine = Engine(Path(directory), StoreSettings(read_handles=2, max_query_time_s=60, max_query_wait_s=60))

    def ask(_: int) -> str:
        try:
            return str(engine.read(SLOW))
        except ClewError as error:
            return f"{type(error).__name__}: {error}"

    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(ask, number) for number in range(3)]  # the third one waits for a handle
        _wait_until(lambda: engine.busy_readers == 2)
        began_s = time.monotonic()
        engine.end_reads(0.2)
        outcomes = [each.result(timeout=30) for each in asked]
        took_s = time.monotonic() - began_s
    outcomes.append(ask(0))
    engine.close()
    return outcomes, took_s


def test_stopping_ends_queries_after_a_grace(tmp_path: Path) -> None:
    """Those under way get the grace and are dropped, those that wait and those that come are refused."""
    outcomes, took_s = run_alone(_stop_with_queries, str(tmp_path))
    assert outcomes == ["QueryCancelled: Clew is stopping; ask again when it is back"] * 4
    assert 0.2 <= took_s < 2


def _close_with_a_query(directory: str) -> float:
    engine = Engine(Path(directory), StoreSettings(max_query_time_s=60))
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(engine.read, SLOW)
        _wait_until(lambda: engine.busy_readers == 1)
        began_s = time.monotonic()
        engine.close()
        took_s = time.monotonic() - began_s
        assert isinstance(asked.exception(timeout=30), QueryCancelled)
    return took_s


def test_closing_does_not_wait_for_queries(tmp_path: Path) -> None:
    """A query that would take a minute is dropped, and the store can be closed."""
    assert run_alone(_close_with_a_query, str(tmp_path)) < 2


def _wait_until(is_so: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline_s
        threading.Event().wait(0.002)


def _open(directory: str) -> None:
    Engine(Path(directory))


def test_a_second_process_is_refused(data_plane: DataPlane) -> None:
    """While a store is open another process that opens it gets StoreLocked, with the path and what to do."""
    path = data_plane.directory / "store"
    with pytest.raises(StoreLocked, match="stop that one, or choose another data directory") as refused:
        run_alone(_open, str(path))
    assert str(path) in str(refused.value)


def test_a_store_that_is_no_directory_is_an_error(tmp_path: Path) -> None:
    """A path where no directory can be made fails before the engine starts."""
    (tmp_path / "file").touch()
    with pytest.raises((FileExistsError, NotADirectoryError)):
        Engine(tmp_path / "file" / "store")


CRASH = """
import ctypes, sys
from pathlib import Path
from clew.store.engine import Engine
engine = Engine(Path(sys.argv[1]))
assert engine.read("SELECT 1") == [(1,)]
print("open", flush=True)
ctypes.string_at(0)
"""


def test_a_crash_ends_the_process(tmp_path: Path) -> None:
    """A segmentation fault with an open engine ends the process by that signal, with a traceback, and doesn't hang."""
    crashed = subprocess.run(
        [sys.executable, "-c", CRASH, str(tmp_path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert crashed.stdout == "open\n"
    assert crashed.returncode == -11
    assert "Segmentation fault" in crashed.stderr
    assert "string_at" in crashed.stderr


def _reopen(directory: str) -> list[object]:
    engine = Engine(Path(directory))
    engine.command("CREATE TABLE IF NOT EXISTS kept (a UInt8) ENGINE = MergeTree ORDER BY a")
    engine.command("INSERT INTO kept VALUES (7)")
    engine.close()
    again = Engine(Path(directory))
    found: list[object] = list(again.read("SELECT a FROM kept"))
    again.close()
    return found


def test_a_closed_store_can_be_opened_again(tmp_path: Path) -> None:
    """After close the same process may open the path anew; what was written is there."""
    assert run_alone(_reopen, str(tmp_path)) == [(7,)]
