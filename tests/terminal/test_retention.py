import io
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from clew.api.app import build_app
from clew.cli import run
from clew.store.erase import ErasureCounts
from tests.api.memory_reader import MemoryReader, MemorySystem
from tests.api.memory_retention import ONE_DAY, MemoryRetention
from tests.api.serving import serve

TRACE_ID = "5b8aa5a2d2c872e8321cf37308d69df2"


@pytest.fixture
def retention() -> MemoryRetention:
    """What the server has."""
    return MemoryRetention()


@pytest.fixture
def server(retention: MemoryRetention, tmp_path: Path) -> Iterator[str]:
    """Its address."""
    with serve(build_app(MemoryReader(), MemorySystem(), "default", tmp_path, retention=retention)) as served:
        yield served.url


@pytest.fixture
def rules(tmp_path: Path) -> str:
    """A file with rules."""
    path = tmp_path / "rules.toml"
    path.write_text('max_age = "7d"\n')
    return str(path)


def test_rules_are_written_as_they_are(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    """On stdout is TOML only."""
    assert run(["retention", "show", "--server", server]) == 0
    assert capsys.readouterr().out == 'max_age = "30d"\n'


def test_a_trial_shows_kept_and_lost(server: str, rules: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A row for each rule, service and fate; the sums on stderr."""
    assert run(["retention", "try", rules, "--server", server]) == 0
    captured = capsys.readouterr()
    assert [line.split()[:4] for line in captured.out.splitlines()[1:]] == [
        ["errors", "shop", "kept", "2"],
        ["gold", "no", "trace", "0"],
        ["the", "rest", "shop", "lost"],
    ]
    assert "lost: 3 traces with 120 spans" in captured.err
    assert "under the service of its root" in captured.err


def test_one_of_a_kind_is_singular(server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One trace, one day."""
    path = tmp_path / "one.toml"
    path.write_text(ONE_DAY)
    assert run(["retention", "try", str(path), "--server", server]) == 0
    err = capsys.readouterr().err
    assert "kept: 1 trace with 40 spans, 1 trace failed," in err
    assert "of 1 day; nothing was changed" in err


@pytest.mark.parametrize(
    ("text", "message"),
    [("max_age = 30d", ': is not valid TOML: .* in quotes: max_age = "30d"'), ("[smapling]", ": smapling: is no key")],
)
def test_wrong_rules_are_named_by_their_file(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    """And by their key, when it is one key that is wrong."""
    path = tmp_path / "rules.toml"
    path.write_text(text)
    assert run(["retention", "try", str(path), "--server", server]) == 2
    assert re.match(f"clew: {re.escape(str(path))}{message}", capsys.readouterr().err)


def test_rules_are_applied(server: str, rules: str, retention: MemoryRetention) -> None:
    """With who it was."""
    assert run(["retention", "apply", rules, "--server", server]) == 0
    assert retention.applied.text == 'max_age = "7d"\n'
    assert "@" in retention.applied.who


def test_pins_are_set_listed_and_removed(
    server: str, retention: MemoryRetention, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without an id the pins are listed."""
    assert run(["pin", TRACE_ID, "--server", server]) == 0
    assert run(["pin", "--server", server]) == 0
    assert capsys.readouterr().out.startswith(TRACE_ID)
    assert run(["pin", TRACE_ID, "--remove", "--server", server]) == 0
    assert retention.held == {}
    [who] = retention.let_go
    assert re.fullmatch(r".+@.+ \(127\.0\.0\.1\)", who)
    capsys.readouterr()
    assert run(["pin", "--server", server]) == 0
    assert capsys.readouterr() == ("", "no trace is pinned\n")
    assert run(["pin", "--remove", "--server", server]) == 2


@pytest.mark.parametrize(("answer", "code", "count"), [("y\n", 0, 1), ("\n", 1, 0)])
def test_an_erasure_asks_first(
    server: str, retention: MemoryRetention, monkeypatch: pytest.MonkeyPatch, *, answer: str, code: int, count: int
) -> None:
    """Only a yes erases."""
    stdin = io.StringIO(answer)
    monkeypatch.setattr(stdin, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", stdin)
    assert run(["erase", "--attribute", "user.id=42", "--server", server]) == code
    assert len(retention.erased) == count


def test_an_erasure_without_anybody_to_ask_needs_yes(
    server: str, retention: MemoryRetention, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a script it is refused; a dry run erases nothing; --yes does, and waits for the end."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    words = ["erase", "--attribute", "user.id=42", "--spans", "--server", server]
    assert run(words) == 2
    assert "clew: --yes: is missing, and there is no terminal to ask on" in capsys.readouterr().err
    assert run([*words, "--dry-run"]) == 0
    assert retention.erased == []
    capsys.readouterr()
    assert run([*words, "--yes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["state"] == "finished"
    assert [each[2:] for each in retention.erased] == [("user.id=42", "spans")]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "--trace: or --attribute must be given"),
        (["--trace", "1", "--attribute", "a=1"], "--trace: or --attribute must be given"),
        (["--trace", "1", "--spans"], "--spans: goes with --attribute only"),
        (["--trace", "xyz"], "--trace: "),
    ],
)
def test_a_wrong_erasure_is_told_by_its_flag(
    server: str, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    """Not by the field of the request, which nobody typed."""
    assert run(["erase", *words, "--yes", "--server", server]) == 2
    assert capsys.readouterr().err.startswith(f"clew: {message}")


def test_the_audit_log_is_written(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each entry."""
    assert run(["audit", "--server", server]) == 0
    assert "  1 trace, 2 spans, 3 logs  ann" in capsys.readouterr().out


def test_an_erasure_of_nothing_is_no_success(
    server: str, retention: MemoryRetention, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistyped id must not look like a trace that is gone."""
    retention.state = replace(retention.state, counts=ErasureCounts(0, 0, 0))
    assert run(["erase", "--trace", TRACE_ID, "--yes", "--server", server]) == 1
    assert "nothing was found to erase" in capsys.readouterr().err
