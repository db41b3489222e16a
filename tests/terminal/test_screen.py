import pytest

from clew.terminal.screen import PIPE_WIDTH, data_console, note, plain


def test_data_goes_to_stdout_and_notes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """A pipe gets data only."""
    data_console().print("data [bold]")
    note("note [bold]")
    assert capsys.readouterr() == ("data [bold]\n", "note [bold]\n")


def test_a_pipe_is_wide_unless_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a terminal there is room for whole names; COLUMNS rules."""
    assert data_console().width == PIPE_WIDTH
    monkeypatch.setenv("COLUMNS", "80")
    assert data_console().width == 80


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET /cart", "GET /cart"),
        ("Grüße 世界 🧶", "Grüße 世界 🧶"),
        ("a\x1b[31mb", "a�[31mb"),
        ("a\nb\tc\r", "a�b�c�"),
        ("\u202eevil", "�evil"),
        ("\x9b31m", "�31m"),
    ],
)
def test_strangers_text_holds_no_codes(text: str, shown: str) -> None:
    """Control and direction characters are replaced, everything else stays."""
    assert plain(text) == shown
