from pathlib import Path

import pytest

from clew.errors import StoreError
from clew.journal.segment import Segment
from clew.store.inspection import count_stored
from clew.store.load import load_segment
from clew.store.warm_up import SCRATCH_DATABASE, warm_up
from tests.data_plane import DataPlane


@pytest.fixture(autouse=True)
def warm(data_plane: DataPlane, tenant: str) -> None:
    """The loader of the data plane has warmed up when it has loaded something: two at once would meet."""
    data_plane.put(f"traces/{tenant}", b"")


def _left_behind(data_plane: DataPlane) -> list[object]:
    read = data_plane.engine.read
    return [
        *read("SELECT name FROM system.databases WHERE name LIKE '%warm%'"),
        *read("SELECT database, table FROM system.parts WHERE database NOT IN ('clew', 'system')"),
        *read("SELECT database, table FROM system.dropped_tables WHERE database != 'clew'"),
        *(data_plane.directory / "store").rglob(f"*{SCRATCH_DATABASE}*"),
    ]


def test_a_warm_up_leaves_nothing_behind(data_plane: DataPlane, tmp_path: Path) -> None:
    """No database, no table waiting to be dropped, no row, no file."""
    before = count_stored(data_plane.engine)[::2]
    warm_up(data_plane.engine, tmp_path, load_segment)
    assert _left_behind(data_plane) == []
    assert count_stored(data_plane.engine)[::2] == before
    assert list(tmp_path.iterdir()) == []


def test_a_warm_up_loads_into_the_scratch_database(data_plane: DataPlane, tmp_path: Path) -> None:
    """It goes the way of real loads, several times, each under its own token."""
    seen: list[tuple[str, int]] = []

    def load(handle: object, segment: Segment) -> None:
        load_segment(handle, segment)
        ((rows,),) = data_plane.engine.read(f"SELECT count() FROM {SCRATCH_DATABASE}.spans")
        seen.append((segment.token, rows))

    warm_up(data_plane.engine, tmp_path, load)
    assert len({token for token, _ in seen}) == len(seen) >= 3
    assert [rows for _, rows in seen] == [2000 * number for number in range(1, len(seen) + 1)]


def test_a_failed_warm_up_leaves_nothing_behind_either(data_plane: DataPlane, tmp_path: Path) -> None:
    """When a load fails the scratch database goes all the same."""

    def fail(_handle: object, _segment: Segment) -> None:
        raise StoreError("not today")

    with pytest.raises(StoreError, match="not today"):
        warm_up(data_plane.engine, tmp_path, fail)
    assert _left_behind(data_plane) == []
    assert list(tmp_path.iterdir()) == []


def test_the_remains_of_a_killed_warm_up_are_removed(data_plane: DataPlane, tmp_path: Path) -> None:
    """A scratch database of a process that was killed is gone after the next warm-up."""
    data_plane.engine.command(f"CREATE DATABASE {SCRATCH_DATABASE} ENGINE = Atomic")
    data_plane.engine.command(f"CREATE TABLE {SCRATCH_DATABASE}.spans (a UInt8) ENGINE = MergeTree ORDER BY a")
    warm_up(data_plane.engine, tmp_path, load_segment)
    assert _left_behind(data_plane) == []
