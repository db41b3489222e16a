import stat
import sys
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import pytest

from clew.api.ports import JournalStatus, StatusReport, StoreStatus
from clew.errors import BadQuery, RemoteError
from clew.model.trace import TracePage
from clew.query.search import TraceQuery
from clew.terminal import export_traces as module
from clew.terminal.export_traces import export_traces
from clew.terminal.import_files import import_files
from clew.terminal.search_traces import TraceFilters
from tests.api.memory_reader import MemoryReader, MemorySystem, spans_with_service
from tests.terminal.ingest import IngestDoor


@pytest.mark.parametrize("name", ["t.otlp", "t.otlp.zst", "t.json", "t.jsonl"])
def test_an_export_imports_as_the_same_spans(
    server: str, door: IngestDoor, reader: MemoryReader, tmp_path: Path, name: str
) -> None:
    """Whatever the form of the file, what was exported comes back span by span."""
    path = tmp_path / name
    assert export_traces(server, TraceFilters(), str(path)) == 0
    assert import_files(server, [str(path)]) == 0
    held = [span for trace in reader.held.values() for _, span in spans_with_service(trace)]
    order = [(span.trace_id, span.span_id) for span in held]
    assert sorted(door.spans(), key=lambda s: order.index((s.trace_id, s.span_id))) == held


def test_filters_apply(server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only what the filters find is exported; stdout stays free."""
    path = tmp_path / "t.json"
    export_traces(server, TraceFilters(error_only=True), str(path))
    assert len(path.read_bytes().splitlines()) == 1
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"1 trace exported to {path}\n")


def test_an_export_that_finds_nothing_says_so(server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file is there, and empty."""
    path = tmp_path / "t.json"
    assert export_traces(server, TraceFilters(service="nothere"), str(path)) == 0
    assert path.read_bytes() == b""
    assert capsys.readouterr() == ("", f"no trace was found; {path} is empty\n")


def test_standard_output_gets_the_bytes(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` writes the length-delimited form to stdout."""
    stdout = BytesIO()
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=stdout))
    export_traces(server, TraceFilters(), "-")
    export_traces(server, TraceFilters(), str(tmp_path / "t.otlp"))
    assert stdout.getvalue() == (tmp_path / "t.otlp").read_bytes() != b""


def test_an_incomplete_export_leaves_no_file(
    server: str, reader: MemoryReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the server fails midway, the old file stays and no part of the new one."""
    path = tmp_path / "t.otlp"
    path.write_bytes(b"old")

    def search(query: TraceQuery) -> TracePage:
        if query.cursor is None:
            return TracePage(MemoryReader.search_traces(reader, query).traces, "next")
        raise OSError("disk gone")

    monkeypatch.setattr(reader, "search_traces", search)
    with pytest.raises(RemoteError, match="broke"):
        export_traces(server, TraceFilters(), str(path))
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_interrupted_it_says_that_there_is_no_file(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C leaves no file, and says so."""
    path = tmp_path / "t.otlp"

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "read_framed", interrupt)
    with pytest.raises(KeyboardInterrupt):
        export_traces(server, TraceFilters(), str(path))
    assert capsys.readouterr().err == f"stopped; no file {path} was written\n"
    assert list(tmp_path.iterdir()) == []


def test_logs_that_stay_behind_are_said(
    server: str, system: MemorySystem, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """When the server holds log records, the last line says that they aren't in the file."""
    system.report = StatusReport("0.1.0", JournalStatus(0, 0, 3, 3), StoreStatus(3, 2, 1, 400))
    export_traces(server, TraceFilters(), str(tmp_path / "t.otlp"))
    assert capsys.readouterr().err.endswith("t.otlp; log records are not exported yet\n")


def test_an_output_that_can_t_be_is_named_as_given(server: str, tmp_path: Path) -> None:
    """A folder that is missing, or in the file's place, is told of the path that was asked for."""
    path = tmp_path / "nodir" / "x.otlp"
    with pytest.raises(FileNotFoundError) as missing:
        export_traces(server, TraceFilters(), str(path))
    assert missing.value.filename == str(path)
    folder = tmp_path / "x.otlp"
    folder.mkdir()
    with pytest.raises(IsADirectoryError) as occupied:
        export_traces(server, TraceFilters(), str(folder))
    assert occupied.value.filename == str(folder)


def test_the_file_has_ordinary_rights(server: str, tmp_path: Path) -> None:
    """The rights are those that the umask leaves, not those of a temporary file."""
    ordinary = tmp_path / "ordinary"
    ordinary.touch()
    export_traces(server, TraceFilters(), str(tmp_path / "t.otlp"))
    assert stat.S_IMODE((tmp_path / "t.otlp").stat().st_mode) == stat.S_IMODE(ordinary.stat().st_mode)


def test_an_unknown_form_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    """The ending of the name decides the form; another one is wrong use."""
    with pytest.raises(BadQuery, match=r"output: .* has no known form"):
        export_traces("http://127.0.0.1:1", TraceFilters(), str(tmp_path / "t.parquet"))


def test_wrong_filters_leave_no_file(server: str, tmp_path: Path) -> None:
    """A filter that the server refuses is wrong use."""
    with pytest.raises(BadQuery, match="start: "):
        export_traces(server, TraceFilters(start="yesterday"), str(tmp_path / "t.otlp"))
    assert list(tmp_path.iterdir()) == []
