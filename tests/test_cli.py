import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clew import __version__
from clew.api.app import build_app
from clew.cli import run
from tests.api.memory_reader import MemoryReader, MemorySystem, make_span, make_trace
from tests.api.serving import serve

COMMANDS = ["up", "demo", "trace", "search", "import", "export", "doctor"]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A served API with one trace; named by CLEW_SERVER, as a user would."""
    reader = MemoryReader([make_trace(1, {"shop": [make_span("GET /", 1)]})])
    with serve(build_app(reader, MemorySystem(), "default", tmp_path)) as served:
        monkeypatch.setenv("CLEW_SERVER", served.url)
        yield served.url


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` shows how the command is called."""
    assert run([command, "--help"]) == 0
    assert f"Example: clew {command}" in " ".join(capsys.readouterr().out.split())


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    """`clew --help` lists the commands, `clew --version` prints the version alone."""
    assert run(["--help"]) == 0
    help_text = capsys.readouterr().out
    assert all(f" {command} " in help_text for command in COMMANDS)
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"{__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing"],
        ["search", "--limit", "many"],
        ["search", "--unknown"],
        ["search", "--limit", "0"],
        ["search", "--since", "1h", "--start", "now"],
        ["search", "--since", "yesterday"],
        ["trace"],
        ["trace", "xyz"],
        ["import"],
        ["import", "--agian", "file.otlp"],
        ["export"],
        ["export", "--output", "file.xyz"],
        ["demo", "--duration", "soon"],
        ["up", "--http-port", "-1"],
        ["up", "--config", "does-not-exist.toml"],
    ],
)
def test_wrong_use_is_exit_code_2(arguments: list[str], server: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is called wrongly says so on stderr and leaves stdout alone."""
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err != ""


def test_a_command_that_fails_is_exit_code_1_with_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """No server: one line that says what to do, and no traceback."""
    assert run(["search", "--server", "http://127.0.0.1:1"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("clew: no Clew answers at http://127.0.0.1:1; start one with `clew up`")
    assert err.count("\n") == 1


def test_a_file_that_is_missing_is_named(server: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """An error of the operating system is one line with the file's name."""
    assert run(["import", str(tmp_path / "missing.otlp")]) == 1
    assert capsys.readouterr().err == f"clew: {tmp_path / 'missing.otlp'}: No such file or directory\n"


def test_notes_on_an_error_are_lines_of_their_own(
    server: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """What a command adds to an error, such as what is stored already, is shown below it."""
    path = tmp_path / "cut.otlp"
    trace = make_trace(1, {"s": [make_span("w", 1)]}).SerializeToString()
    path.write_bytes(bytes([len(trace)]) + trace[:-1])
    assert run(["import", str(path)]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert "ends in the middle" in lines[0]
    assert lines[1].startswith("clew: 0 spans of this import are stored; running the same command again is safe")


def test_doctor_looks_where_up_would_start(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Data directory, ports and address come from clew.toml and the environment; a flag wins."""
    for name in ("CLEW_SERVER", "CLEW_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    Path("clew.toml").write_text('data_dir = "from-file"\nhttp_port = 1\notlp_grpc_port = 0\notlp_http_port = 0\n')
    assert run(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "free for from-file" in out
    assert "no Clew answers at http://127.0.0.1:1;" in out
    assert "4317" not in out
    monkeypatch.setenv("CLEW_DATA_DIR", "from-environment")
    run(["doctor"])
    assert "free for from-environment" in capsys.readouterr().out
    run(["doctor", "--data-dir", "from-flag"])
    assert "free for from-flag" in capsys.readouterr().out


def test_doctor_tells_what_is_wrong_with_the_settings(
    server: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings that `clew up` would refuse are a finding, not the end of the examination."""
    monkeypatch.chdir(tmp_path)
    Path("clew.toml").write_text("htp_port = 1\n")
    assert run(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "fail  settings  htp_port in clew.toml is no setting" in out
    assert "ok    server" in out


def test_the_commands_reach_the_server_of_the_environment(
    server: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """search, trace, export and doctor run with their flags against CLEW_SERVER."""
    assert run(["search", "--service", "shop", "--start", "-9000d", "--max-duration", "1s", "--limit", "5"]) == 0
    assert f"{1:032x}" in capsys.readouterr().out
    assert run(["search", "--attr", "a=1", "--attr", "b=2", "--error"]) == 0
    assert capsys.readouterr().out == ""
    assert run(["trace", f"{1:032x}", "--json"]) == 0
    assert capsys.readouterr().out.startswith('{"resourceSpans"')
    assert run(["export", "-o", str(tmp_path / "t.otlp")]) == 0
    assert (tmp_path / "t.otlp").stat().st_size > 50
    assert run(["doctor", "--data-dir", str(tmp_path)]) == 0


def test_standard_input_and_output_are_a_hyphen(server: str) -> None:
    """`-` is standard output for export and standard input for import."""
    command = [sys.executable, "-m", "clew.cli"]
    exported = subprocess.run([*command, "export", "--output", "-"], capture_output=True, check=True, timeout=60)
    assert len(exported.stdout) > 50
    empty = subprocess.run([*command, "import", "-"], input=b"", capture_output=True, check=True, timeout=60)
    assert empty.stdout.startswith(b"0 spans in 0 traces can be searched")


def test_help_needs_neither_the_engine_nor_the_clients() -> None:
    """`clew --help` answers at once: the heavy packages are imported by the commands that need them."""
    code = (
        "import sys; from clew.cli import run; run(['--help']);"
        "sys.exit(','.join({'chdb','clickhouse_connect','grpc','httpx','litestar','uvicorn'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_missing_extra_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the packages of a command, the command says how to get them."""
    monkeypatch.setitem(sys.modules, "clew.demo.shop", None)
    assert run(["demo"]) == 2
    assert "pip install '.[demo]'" in capsys.readouterr().err


def test_a_reader_that_leaves_is_no_error(server: str) -> None:
    """`clew … | head` ends quietly."""
    command = [sys.executable, "-m", "clew.cli", "trace", f"{1:032x}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait(30) == 0
