from pathlib import Path

import pytest

from clew.server.own_command import own_command


def test_the_command_is_its_name_on_the_path_and_else_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that isn't active, as after `make run`, is named with the command; another clew doesn't count."""
    mine, other = tmp_path / "mine/clew", tmp_path / "other/clew"
    for program in (mine, other):
        program.parent.mkdir()
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    for path, command in ((mine.parent, "clew"), (other.parent, str(mine)), (tmp_path, str(mine))):
        monkeypatch.setenv("PATH", str(path))
        assert own_command(str(mine)) == command
