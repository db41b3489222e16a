import pytest

from clew.cli import WRONG_USE, run


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["erase"], "--trace"),
        (["erase", "--trace", "ab", "--attribute", "user.id=1"], "--trace"),
        (["erase", "--trace", "ab", "--spans"], "--spans"),
        (["pin", "--remove"], "ID"),
    ],
)
def test_what_contradicts_itself_is_refused_before_a_server_is_asked(
    capsys: pytest.CaptureFixture[str], arguments: list[str], reason: str
) -> None:
    """Nothing is erased or unpinned by half a command; the message names the option."""
    assert run([*arguments, "--server", "http://127.0.0.1:1"]) == WRONG_USE
    assert reason in capsys.readouterr().err
