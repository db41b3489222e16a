from datetime import UTC, date, datetime
from pathlib import Path

from clew.model.service_graph import EdgeFigures, EdgeKey, GraphNode
from clew.store.graph_windows import GraphWindows
from tests.store.aging_store import TENANT, TODAY, AgingStore, Plan, aging_store, days_ago
from tests.store.alone import run_alone

EDGE = EdgeKey(GraphNode("service", "shop"), GraphNode("database", "redis"), "database")
RULES = 'max_age = "30d"\nmax_age_errors = "60d"\ncounts_max_age = "100d"\n[sampling]\nprobability = 0.5\n'


def _window(day: date) -> int:
    return int(datetime.combine(day, datetime.min.time(), UTC).timestamp()) // 60


def _record_window(store: AgingStore, day: date) -> None:
    graph = GraphWindows(store.engine)
    window = _window(day)
    graph.record(TENANT, {window: {(window, EDGE, 0.0): EdgeFigures(call_count=1)}}, {window: 1})
    graph.record_links(TENANT, [(window.to_bytes(16, "big"), window)])


def _days_of(store: AgingStore, table: str, column: str) -> list[date]:
    rows = store.engine.read(f"SELECT DISTINCT {column} FROM clew.{table} ORDER BY 1")
    return [day for (day,) in rows]


def _dropped(directory: Path) -> None:
    with aging_store(directory) as store:
        store.retention.apply_rules(RULES, "test")
        for age in (101, 100, 61, 60, 1):
            store.load(days_ago(age), Plan(age, is_error=True))
            _record_window(store, days_ago(age))
        store.pass_hours(-48)
        assert _days_of(store, "trace_weights", "decided_day") == [days_ago(61), days_ago(60)]
        store.pass_hours(48)
        assert _days_of(store, "operation_minutes", "received_day") == [days_ago(age) for age in (100, 61, 60, 1)]
        assert _days_of(store, "trace_weights", "decided_day") == [days_ago(60), days_ago(1)]
        for table in ("graph_windows", "graph_links"):
            windows = [window for (window,) in store.engine.read(f"SELECT window FROM clew.{table} ORDER BY 1")]
            assert windows == [_window(days_ago(age)) for age in (100, 61, 60, 1)]
        assert days_ago(101) not in _days_of(store, "arrival_marks", "received_day")
        assert days_ago(101) not in _days_of(store, "sampling_positions", "received_day")
        actions = store.engine.read(
            "SELECT action, subject FROM clew.audit WHERE startsWith(action, 'drop ') ORDER BY 1, 2"
        )
        assert (b"drop decisions", str(days_ago(61)).encode()) in actions
        assert (b"drop counts", str(days_ago(101)).encode()) in actions


def test_counts_the_graph_and_decisions_go_by_their_age(tmp_path: Path) -> None:
    """Counts and the graph by counts_max_age, decisions with the last traces that they may be about."""
    run_alone(_dropped, tmp_path)


def _waits(directory: Path) -> None:
    with aging_store(directory) as store:
        store.retention.run_pass()
        _record_window(store, days_ago(500))
        store.retention.run_pass()
        assert store.count("SELECT count() FROM clew.graph_windows") == 1
        store.retention.apply_rules('counts_max_age = "10d"', "test")
        store.retention.run_pass()
        assert store.count("SELECT count() FROM clew.graph_windows") == 0
        assert days_ago(0) == TODAY


def test_it_is_done_once_a_day_and_for_new_rules(tmp_path: Path) -> None:
    """Clocks of senders may bring old windows with every load, and each time a mutation."""
    run_alone(_waits, tmp_path)
