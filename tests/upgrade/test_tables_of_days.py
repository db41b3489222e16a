"""Stores whose tables were partitioned by day alone, so that tenants shared parts, become such of days and tenants."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from clew.errors import LoadFailed, MigrationFailed
from clew.store.engine import Engine
from clew.store.load import load_segment
from clew.store.migrate import create_functions, migrate
from clew.store.statement import migration_names, statement
from tests.store.alone import run_alone
from tests.store.partitions import shared_parts
from tests.store.segments import write_segment
from tests.upgrade.days_store import (
    DAYS,
    TENANTS,
    DaysStore,
    catch_up,
    contents,
    graph,
    record,
    request,
)

FIRST = "0080_drop_views_of_days.sql"
TOGETHER = (
    "0106_copy_trace_starts_in_graph.sql",
    "0107_record_graph_positions.sql",
    "0108_copy_trace_starts_not_in_graph.sql",
)
BROKEN_OFF = (
    FIRST,
    "0085_rename_operation_minutes.sql",
    "0090_create_spans.sql",
    "0099_copy_spans.sql",
    "0102_copy_operation_minutes.sql",
    *TOGETHER,
    "0110_begin_sampling_anew.sql",
    "0111_drop_tables_of_days.sql",
    "0114_copy_graph_windows.sql",
    "0121_create_trace_starts_view.sql",
)


def _make(directory: Path) -> dict[str, Any]:
    store = DaysStore(directory)
    store.fill()
    facts = contents(store.engine)
    store.engine.close()
    return facts


def _caught_up(directory: Path) -> list[Any]:
    engine = Engine(directory / "store")
    create_functions(engine.command)
    assert catch_up(engine)
    edges = graph(engine)
    engine.close()
    return edges


def _upgrade(directory: Path, broken_off_at: str | None = None) -> dict[str, Any]:
    engine = Engine(directory / "store")
    if broken_off_at is not None:
        _break_off(engine, broken_off_at)
    applied = migrate(engine)
    facts = {
        "applied": applied,
        "contents": contents(engine),
        "shared": shared_parts(engine),
        "tables": [name.decode() for (name,) in engine.read("SELECT name FROM system.tables WHERE database = 'clew'")],
        "read for the graph": catch_up(engine),
        "graph": graph(engine),
        "read again": catch_up(engine),
    }
    load_segment(engine.trusted(), write_segment(directory, "new", request(1, 2)))
    facts["one more"] = engine.read("SELECT sum(span_count) FROM clew.operations WHERE tenant = 'new'")
    facts["shared later"] = shared_parts(engine)
    engine.close()
    return facts


def _break_off(engine: Engine, last: str) -> None:
    """As a process that was killed when `last` was applied and not yet recorded."""
    create_functions(engine.command)
    names = [name for name in migration_names() if FIRST <= name <= last]
    for name in names:
        engine.command(statement(f"migrations/{name}"))
    unrecorded = TOGETHER if last in TOGETHER else (last,)
    record(engine, [name for name in names if name not in unrecorded])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], list[Any]]:
    """A store, what it holds, and the graph that it would have got."""
    directory = tmp_path_factory.mktemp("days")
    facts = run_alone(_make, directory / "made")
    shutil.copytree(directory / "made", directory / "other", symlinks=True)
    return directory / "made", facts, run_alone(_caught_up, directory / "other")


@pytest.mark.parametrize("broken_off_at", [None, *BROKEN_OFF])
def test_everything_is_taken_over(
    made: tuple[Path, dict[str, Any], list[Any]], tmp_path: Path, broken_off_at: str | None
) -> None:
    """Spans and logs field by field, all counts, and the graph, which reads only what it lacked; wherever the upgrade
    was killed.
    """
    source, facts, edges = made
    shutil.copytree(source, tmp_path / "copy", symlinks=True)
    upgraded = run_alone(_upgrade, tmp_path / "copy", broken_off_at)
    assert upgraded["contents"] == facts
    assert upgraded["shared"] == upgraded["shared later"] == []
    assert not [name for name in upgraded["tables"] if name.endswith(("_of_days", "_of_all"))]
    assert upgraded["graph"] == edges
    assert 0 < upgraded["read for the graph"] < len(facts["spans"]) / 2
    assert upgraded["read again"] == 0
    assert upgraded["one more"] == [(6,)]
    if broken_off_at is None:
        assert upgraded["applied"] == [name for name in migration_names() if name >= FIRST]


def _unsettled(directory: Path) -> tuple[str, list[str], list[Any]]:
    store = DaysStore(directory)
    store.load(TENANTS[0], DAYS[0], request(1, 5))

    def refuse() -> None:
        raise LoadFailed("no space left")

    try:
        migrate(store.engine, refuse)
    except MigrationFailed as error:
        said = str(error)
    applied = migrate(store.engine)
    rows = list(store.engine.read("SELECT count() FROM clew.spans"))
    store.engine.close()
    return said, applied, rows


def test_tables_are_not_made_anew_while_something_waits(tmp_path: Path) -> None:
    """What can't be loaded ends the start with its reason; the next start goes on."""
    said, applied, rows = run_alone(_unsettled, tmp_path)
    assert "no space left" in said
    assert "start again" in said
    assert applied[0] == FIRST
    assert rows == [(15,)]
