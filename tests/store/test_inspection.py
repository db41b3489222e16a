import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from clew.errors import QueryCancelled
from clew.model.question import Question, asking
from clew.store.inspection import count_stored, engine_figures
from tests.data_plane import DataPlane
from tests.store.segments import make_spans, request_of

SLOW = "SELECT count() FROM numbers(9e9) WHERE SHA256(toString(number)) = 'x'"
_SCRAPE_S = 0.05


@contextmanager
def all_handles_busy(data_plane: DataPlane) -> Iterator[None]:
    """Every read handle runs a query that ends when this does."""
    question = Question("slow")
    engine = data_plane.engine

    def ask() -> None:
        try:
            with asking(question):
                engine.read(SLOW)
        except QueryCancelled:
            return

    with ThreadPoolExecutor(engine.settings.read_handles) as pool:
        asked = [pool.submit(ask) for _ in range(engine.settings.read_handles)]
        deadline_s = time.monotonic() + 30
        while engine.busy_readers < engine.settings.read_handles:
            assert time.monotonic() < deadline_s
            threading.Event().wait(0.005)
        try:
            yield
        finally:
            question.withdraw()
        for each in asked:
            each.result(timeout=30)


def test_what_is_stored_is_counted(data_plane: DataPlane, tenant: str) -> None:
    """Spans and log records exactly, of all tenants; traces never too few; and the bytes on disk."""
    spans, _, logs, _ = count_stored(data_plane.engine)
    data_plane.put(f"traces/{tenant}", request_of("s", *make_spans(3)).SerializeToString())
    log_request = ExportLogsServiceRequest()
    log_request.resource_logs.add().scope_logs.add().log_records.add()
    data_plane.put(f"logs/{tenant}", log_request.SerializeToString())
    found = count_stored(data_plane.engine)
    assert (found[0], found[2]) == (spans + 3, logs + 1)
    (in_use,) = data_plane.engine.read("SELECT uniqExact(tenant, trace_id) FROM spans")
    assert found[1] >= in_use[0] > 0
    assert found[3] > 0


def test_the_figures_are_those_of_the_tables(data_plane: DataPlane, tenant: str) -> None:
    """Each table is there with its rows, bytes and parts; the engine counts its memory, and nothing is stuck."""
    data_plane.put(f"traces/{tenant}", request_of("s", *make_spans(5)).SerializeToString())
    figures = engine_figures(data_plane.engine)
    tables = {table.name: table for table in figures.tables}
    assert {"spans", "logs", "traces"} <= set(tables)
    ((rows,),) = data_plane.engine.read("SELECT count() FROM spans")
    assert tables["spans"].rows == rows > 0
    assert 0 < tables["spans"].parts < 1000
    assert tables["spans"].bytes > 0
    assert 1 << 20 < figures.memory_bytes < 4 << 30
    assert figures.waiting_mutations == 0
    assert figures.version[0].isdigit()


def test_a_merge_is_counted(data_plane: DataPlane) -> None:
    """Merges and the rows that they read go up when parts are merged."""
    engine = data_plane.engine
    before = engine_figures(engine)
    engine.command("CREATE TABLE merged (a UInt32) ENGINE = MergeTree ORDER BY a")
    try:
        for _ in range(2):
            engine.command("INSERT INTO merged SELECT number FROM numbers(1000)")
        engine.command("OPTIMIZE TABLE merged FINAL")
        after = engine_figures(engine)
    finally:
        engine.command("DROP TABLE merged SYNC")
    assert after.merges > before.merges
    assert after.merged_rows >= before.merged_rows + 2000


def test_figures_come_at_once_while_all_handles_are_busy(data_plane: DataPlane) -> None:
    """Slow queries on every read handle keep neither the figures nor the status waiting."""
    with all_handles_busy(data_plane):
        began_s = time.monotonic()
        assert engine_figures(data_plane.engine).tables
        assert count_stored(data_plane.engine)[3] > 0
        assert time.monotonic() - began_s < 2  # not the 5 s that a reader waits, nor the 15 s of the queries


def test_figures_are_cheap_with_a_thousand_parts(data_plane: DataPlane) -> None:
    """With 1,000 parts a scrape's share of the engine takes less than 50 ms."""
    engine = data_plane.engine
    engine.command("CREATE TABLE many_parts (a UInt32) ENGINE = MergeTree ORDER BY a PARTITION BY a")
    try:
        for first in range(0, 1000, 100):
            engine.command(f"INSERT INTO many_parts SELECT number + {first} FROM numbers(100)")
        took_s = []
        for _ in range(9):
            began_s = time.monotonic()
            figures = engine_figures(engine)
            took_s.append(time.monotonic() - began_s)
        assert max(table.parts for table in figures.tables) == 1000
        assert statistics.median(took_s) < _SCRAPE_S
    finally:
        engine.command("DROP TABLE many_parts SYNC")
