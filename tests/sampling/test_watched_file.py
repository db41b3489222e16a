import json
import logging
from pathlib import Path

import pytest

from clew.errors import ConfigurationError
from clew.sampling.strategy import Probabilistic, Strategy
from clew.sampling.watched_file import WatchedFile


def write(path: Path, probability: float) -> None:
    """A file with a default strategy, put in the place of the old one."""
    new = path.with_suffix(".tmp")
    new.write_text(json.dumps({"default_strategy": {"type": "probabilistic", "param": probability}}))
    new.replace(path)


def default(file: WatchedFile) -> Strategy | None:
    """That in force."""
    return file.strategies.default


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    """And only a changed one."""
    path = tmp_path / "strategies.json"
    write(path, 0.1)
    file = WatchedFile(path, tmp_path / "good")
    assert default(file) == Strategy(Probabilistic(0.1))
    assert not file.look()
    write(path, 0.2)
    assert file.look()
    assert default(file) == Strategy(Probabilistic(0.2))
    assert not file.look()


def test_a_wrong_file_keeps_the_old_strategies(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is complained about once, with the place; a right one ends the complaint."""
    path = tmp_path / "strategies.json"
    write(path, 0.1)
    file = WatchedFile(path, tmp_path / "good")
    write(path, 7)
    with caplog.at_level(logging.WARNING):
        assert not file.look()
        assert not file.look()
    assert len(caplog.records) == 1
    assert json.loads(file.text)["default_strategy"]["param"] == 0.1
    assert "default_strategy.param: 7" in file.complaint
    assert default(file) == Strategy(Probabilistic(0.1))
    write(path, 0.3)
    assert file.look()
    assert file.complaint == ""


def test_a_file_that_goes_is_a_wrong_file(tmp_path: Path) -> None:
    """The old strategies stay until it is back, also if it is the same as before."""
    path = tmp_path / "strategies.json"
    write(path, 0.1)
    file = WatchedFile(path, tmp_path / "good")
    path.rename(tmp_path / "away")
    assert not file.look()
    assert "No such file" in file.complaint
    assert default(file) == Strategy(Probabilistic(0.1))
    (tmp_path / "away").rename(path)
    file.look()
    assert file.complaint == ""


def test_a_start_with_a_wrong_file_takes_the_last_good_one(tmp_path: Path) -> None:
    """A restart must not change what is sampled."""
    path = tmp_path / "strategies.json"
    write(path, 0.1)
    WatchedFile(path, tmp_path / "good")
    path.write_text("{")
    file = WatchedFile(path, tmp_path / "good")
    assert default(file) == Strategy(Probabilistic(0.1))
    assert "no JSON" in file.complaint


@pytest.mark.parametrize("content", [None, "{", '{"default_strategy": 1}'])
def test_a_first_start_with_a_wrong_file_ends(tmp_path: Path, content: str | None) -> None:
    """As any wrong setting: with its key and the reason."""
    path = tmp_path / "strategies.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigurationError, match=r"sampling\.strategies_file: .*strategies\.json: \w+"):
        WatchedFile(path, tmp_path / "good")


def test_a_copy_that_can_not_be_written_is_only_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The strategies hold all the same."""
    path = tmp_path / "strategies.json"
    write(path, 0.1)
    (tmp_path / "good" / "inside").mkdir(parents=True)
    with caplog.at_level(logging.WARNING):
        file = WatchedFile(path, tmp_path / "good")
    assert "a copy" in caplog.text
    assert default(file) == Strategy(Probabilistic(0.1))
