from pathlib import Path

import pytest

from clew.sampling.durable_file import sync_directory, write_durably


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    """Directories are made, nothing else is left behind."""
    path = tmp_path / "a" / "b.json"
    for content in (b"first", b"second, and longer"):
        write_durably(path, content)
        assert path.read_bytes() == content
    assert [each.name for each in path.parent.iterdir()] == ["b.json"]


def test_what_can_not_be_written_leaves_the_old(tmp_path: Path) -> None:
    """A name that is a directory can't be replaced; the error is the system's."""
    (tmp_path / "taken" / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match="taken"):
        write_durably(tmp_path / "taken", b"new")
    assert (tmp_path / "taken" / "inside").is_dir()


def test_a_directory_that_is_not_there_can_not_be_synced(tmp_path: Path) -> None:
    """It is no silent success."""
    with pytest.raises(FileNotFoundError):
        sync_directory(tmp_path / "gone")
