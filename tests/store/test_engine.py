import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from clew.errors import ClewError, QueryTooExpensive, StoreError, StoreLocked
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


def _run_into_limits(directory: str) -> list[str]:
    settings = StoreSettings(max_query_time_s=0.3, max_query_memory_bytes=20 << 20)
    engine = Engine(Path(directory), settings)
    outcomes = []
    for sql in (
        "SELECT count() FROM numbers(1e12) WHERE sipHash64(number) = 1",
        "SELECT uniqExact(number) FROM numbers(1e8)",
        "SELECT 1",
    ):
        try:
            outcomes.append(str(engine.read(sql)))
        except ClewError as error:
            outcomes.append(f"{type(error).__name__}: {error}")
    engine.close()
    return outcomes


def test_a_query_over_the_limits_is_too_expensive(tmp_path: Path) -> None:
    """Over the time or the memory of one query, the message says how to narrow it; the handle goes on."""
    time, memory, after = run_alone(_run_into_limits, str(tmp_path))
    for message in (time, memory):
        assert message.startswith(QueryTooExpensive.__name__)
        assert "narrow the time range" in message
    assert after == "[(1,)]"


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
