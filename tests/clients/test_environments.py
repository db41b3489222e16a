"""Environments are made once, again when their pins change, and never left half made."""

from pathlib import Path

import pytest

from tests.clients.environments import Environment, run_tool


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """One that writes down each time it is made."""
    monkeypatch.setattr("tests.clients.environments.ROOT", tmp_path)
    sources, made = tmp_path / "sources", tmp_path / "made"
    sources.mkdir()
    (sources / "pins.txt").write_text("one==1")

    def make(sources: Path, made: Path) -> None:
        with (made / "result").open("a") as result:
            result.write((sources / "pins.txt").read_text() + "\n")

    return Environment(sources, made, ("*.txt",), make, made / "result")


def test_it_is_made_once(environment: Environment) -> None:
    """The second call finds it there."""
    assert environment.prepare() == environment.prepare() == environment.made
    assert environment.result.read_text() == "one==1\n"


def test_a_changed_pin_makes_it_again(environment: Environment) -> None:
    """What was made from other pins is out of date."""
    environment.prepare()
    (environment.sources / "pins.txt").write_text("one==2")
    environment.prepare()
    assert environment.result.read_text() == "one==1\none==2\n"


def test_it_is_made_again_when_it_was_removed(environment: Environment) -> None:
    """A folder that somebody cleaned is no environment."""
    environment.prepare()
    environment.result.unlink()
    environment.prepare()
    assert environment.result.exists()


def test_a_missing_tool_is_named_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a Java compiler the test fails and says how to get one."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AssertionError, match=r"there is no javac: .*apt install .*make clients"):
        run_tool(["javac"], tmp_path)


def test_a_tool_that_fails_is_quoted(tmp_path: Path) -> None:
    """What it said is in the message."""
    with pytest.raises(AssertionError, match="No such file"):
        run_tool(["ls", "missing"], tmp_path)
