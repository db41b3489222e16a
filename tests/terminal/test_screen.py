import json

import pytest

from clew.terminal.screen import PIPE_WIDTH, data_console, note, plain, plain_json


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
        ("a\x1b[31mb", "a␛[31mb"),
        ("a\nb\tc\r\x7f", "a␤b␉c␍␡"),
        ("\u202eevil", "�evil"),
        ("\x9b31m", "�31m"),
    ],
)
def test_strangers_text_holds_no_codes(text: str, shown: str) -> None:
    """Control and direction characters are replaced, everything else stays."""
    assert plain(text) == shown


def test_a_note_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """What a server says can't break out of its line or into the terminal."""
    note("a\nb\x1b[2J")
    assert capsys.readouterr().err == "a␤b␛[2J\n"


def test_json_for_the_terminal_is_the_same_json() -> None:
    """Codes that JSON lets through are escaped; the document means the same."""
    document = json.dumps({"name": "ü \x9b31m \x7f \u202e \u2028 \x1b[2J"}, ensure_ascii=False)
    shown = plain_json(document)
    assert json.loads(shown) == json.loads(document)
    assert "ü" in shown
    assert not set("\x9b\x7f\u202e\u2028\x1b") & set(shown)
