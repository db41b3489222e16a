import pytest

from clew.cli import run
from clew.commands.parameters import LOCAL_SERVER


def test_the_server_is_that_of_this_machine_unless_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address comes from the environment, and the help tells the default."""
    assert run(["search", "--help"]) == 0
    assert LOCAL_SERVER in "".join(capsys.readouterr().out.split())
    monkeypatch.setenv("CLEW_SERVER", "http://127.0.0.1:1")
    assert run(["search"]) == 1
    assert "127.0.0.1:1" in capsys.readouterr().err
