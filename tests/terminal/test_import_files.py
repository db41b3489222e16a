import io
import json
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import zstandard

from clew.api.ports import JournalStatus, StatusReport, StoreStatus
from clew.errors import MalformedInput, RemoteError
from clew.terminal import import_files as module
from clew.terminal.batches import BATCH_BYTES
from clew.terminal.import_files import import_files
from clew.wire.otlp_json import traces_to_json
from clew.wire.otlp_pieces import write_varint
from tests.api.memory_reader import MemorySystem, make_span, make_trace
from tests.terminal.ingest import IngestDoor


def delimited(first: int, count: int, spans: int = 3) -> bytes:
    """Length-delimited requests, one trace each."""
    traces = [make_trace(first + n, {"s": [make_span("w", i + 1) for i in range(spans)]}) for n in range(count)]
    return b"".join(write_varint(trace.ByteSize()) + trace.SerializeToString() for trace in traces)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A compressed file of 300 spans in 100 traces."""
    path = tmp_path / "traces.otlp.zst"
    path.write_bytes(zstandard.compress(delimited(1, 100)))
    return path


def test_a_file_is_imported_and_counted(
    server: str, door: IngestDoor, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All spans arrive; stdout has one line with spans, traces and rate, stderr nothing."""
    assert import_files(server, [str(file)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("300 spans in 100 traces can be searched (")
    assert err == ""
    assert len(door.spans()) == 300


def test_a_second_import_doubles_nothing(
    server: str, door: IngestDoor, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same file again: nothing is stored, and the line says so; with `again` it is stored again."""
    import_files(server, [str(file)])
    capsys.readouterr()
    import_files(server, [str(file)])
    assert capsys.readouterr().out.endswith("; 300 were already there\n")
    assert len(door.spans()) == 300
    import_files(server, [str(file)], again=True)
    assert len(door.spans()) == 600


def test_several_forms_and_standard_input(
    *,
    server: str,
    door: IngestDoor,
    file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Files of different forms and `-` are one import; `--json` gives the figures."""
    lines = tmp_path / "collector.json"
    lines.write_bytes(traces_to_json(make_trace(900, {"s": [make_span("j", 1)]})) + b'\n{"resourceMetrics":[]}\n')
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(delimited(1000, 2))))
    assert import_files(server, [str(file), str(lines), "-"], as_json=True) == 0
    out, err = capsys.readouterr()
    figures = json.loads(out)
    assert (figures["spans"], figures["traces"], figures["already_there"]) == (307, 103, 0)
    assert err == "1 request with metrics left out: Clew stores traces and logs\n"
    assert len(door.spans()) == 307


def test_refused_spans_make_the_exit_code_1(
    server: str, door: IngestDoor, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the server left out is reported, with its reason."""
    door.partial_success = b"\x0a\x0b\x08\x02\x12\x07zero id"  # rejected_spans 2, error_message "zero id"
    assert import_files(server, [str(file)]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("298 spans in 100 traces")
    assert err == "2 refused: zero id\n"


def test_it_waits_until_all_can_be_searched(
    server: str, system: MemorySystem, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command ends when the journal's last segment of its time is loaded, not before and not later."""
    loaded = iter([4, 5, 6, 7, 8])
    asked: list[None] = []

    def status() -> StatusReport:
        asked.append(None)
        return StatusReport("0.1.0", JournalStatus(0, 0, 7, next(loaded)), StoreStatus(0, 0, 0, 0))

    monkeypatch.setattr(system, "status", status)
    monkeypatch.setattr(module, "_POLL_S", 0.001)
    assert import_files(server, [str(file)]) == 0
    assert len(asked) == 4


def test_loading_that_stops_is_an_error(
    server: str, system: MemorySystem, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When nothing is loaded for long, the command says that all is stored but can't be searched yet."""
    system.report = StatusReport("0.1.0", JournalStatus(1, 1, 7, 6), StoreStatus(0, 0, 0, 0))
    monkeypatch.setattr(module, "_LOADING_STALLED_S", 0.05)
    monkeypatch.setattr(module, "_POLL_S", 0.01)
    with pytest.raises(RemoteError, match="all is stored, but loading has stopped"):
        import_files(server, [str(file)])


def test_a_damaged_file_fails_after_what_was_good(server: str, door: IngestDoor, tmp_path: Path) -> None:
    """A cut-off file is an error that names it and says what is stored; the whole file then doubles nothing."""
    path = tmp_path / "cut.otlp"
    good = delimited(1, 800, spans=200)
    assert len(good) > 2 * BATCH_BYTES
    path.write_bytes(good[:-3])
    with pytest.raises(MalformedInput, match=r"cut\.otlp ends in the middle") as caught:
        import_files(server, [str(path)])
    stored = len(door.spans())
    assert stored > 0
    (note,) = caught.value.__notes__
    assert note.startswith(f"{stored:,} spans of this import are stored; running the same command again is safe")
    path.write_bytes(good)
    import_files(server, [str(path)])
    assert len({(span.trace_id, span.span_id) for span in door.spans()}) == len(door.spans()) == 160_000


def test_with_again_no_safety_is_promised(server: str, door: IngestDoor, tmp_path: Path) -> None:
    """A second import on purpose has new keys each time."""
    path = tmp_path / "cut.otlp"
    path.write_bytes(delimited(1, 5)[:-3])
    with pytest.raises(MalformedInput) as caught:
        import_files(server, [str(path)], again=True)
    assert caught.value.__notes__[0].endswith("the same command with --again would store them once more")


def test_all_files_are_looked_at_before_any_is_sent(server: str, door: IngestDoor, file: Path, tmp_path: Path) -> None:
    """A second file that is missing, or a folder, leaves the first one unsent."""
    with pytest.raises(FileNotFoundError):
        import_files(server, [str(file), str(tmp_path / "missing.otlp")])
    with pytest.raises(IsADirectoryError):
        import_files(server, [str(file), str(tmp_path)])
    assert door.spans() == []


def test_interrupted_while_waiting_all_is_stored(
    server: str, door: IngestDoor, file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C after the last batch says that nothing is missing."""

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_wait_until_searchable", interrupt)
    with pytest.raises(KeyboardInterrupt):
        import_files(server, [str(file)])
    assert capsys.readouterr() == ("", "everything is stored; it can be searched in a moment\n")
    assert len(door.spans()) == 300


def test_no_server_is_told_before_the_files_are_read(tmp_path: Path) -> None:
    """Without a server there is no point in opening files."""
    with pytest.raises(RemoteError, match="no Clew answers"):
        import_files("http://127.0.0.1:1", [str(tmp_path / "missing.otlp")])


def test_an_interrupted_import_goes_on_where_it_was(server: str, door: IngestDoor, tmp_path: Path) -> None:
    """Ctrl-C: exit code 130 and how to go on; run again, everything is there once."""
    first, second = delimited(1, 800, spans=200), delimited(5000, 100, spans=200)
    assert len(first) > 2 * BATCH_BYTES
    command = [sys.executable, "-m", "clew.cli", "import", "-", "--server", server]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(first)
        process.stdin.flush()
        # It has read all that was written but for the rest in the pipe; now it waits for more.
        process.send_signal(signal.SIGINT)
        process.stdin.close()
        assert process.stderr is not None
        message = process.stderr.read().decode()
        assert process.wait(30) == 130
    assert "running the same command again is safe: it goes on from there" in message
    assert 0 < len(door.spans()) < 160_000
    path = tmp_path / "all.otlp"
    path.write_bytes(first + second)
    assert import_files(server, [str(path)]) == 0
    spans = [(span.trace_id, span.span_id) for span in door.spans()]
    assert len(spans) == len(set(spans)) == 180_000
