from pathlib import Path

import pytest

from clew.errors import ConfigurationError
from clew.journal.data_directory import make_data_dir


def test_a_directory_is_made_with_those_above_it(tmp_path: Path) -> None:
    """The second time it is there already, and nothing is left behind in it."""
    for _ in range(2):
        make_data_dir(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_a_place_that_can_not_be_used_is_told(tmp_path: Path) -> None:
    """A file in its place, and a file system that takes nothing."""
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ConfigurationError, match="can't be made: File exists; choose another"):
        make_data_dir(tmp_path / "file")
    with pytest.raises(ConfigurationError, match=r"can't be written: .*; change its owner or choose another"):
        make_data_dir(Path("/proc/self"))
