import json
import socket
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from clew import __version__
from clew.api.ports import JournalStatus, LoadStatus, StatusReport, StoreStatus
from clew.terminal import doctor
from clew.terminal.doctor import (
    FAIL,
    OK,
    WARN,
    PlannedDoor,
    PlannedServer,
    check_compiled,
    check_disk,
    check_packages,
    check_ports,
    check_python,
    check_quarantine,
    check_server,
    check_settings,
    examine,
)
from tests.api.memory_reader import MemorySystem


def levels_of(server: str) -> dict[str, str]:
    """Level by check."""
    return {finding.check: finding.level for finding in check_server(server, PlannedServer())}


def test_a_healthy_server_is_all_ok(server: str) -> None:
    """Reachable, ready, same version, not behind, same time."""
    checks = ["server", "ready", "clock", "version", "journal", "load", "store"]
    assert levels_of(server) == dict.fromkeys(checks, OK)


def test_what_could_not_be_loaded_is_named(server: str, system: MemorySystem) -> None:
    """Segments that fail are a failure with their error; files set aside are named, each sort with what to do."""
    load = LoadStatus(2, "no space", "/data/quarantine", 2, 100, ("a.otlp", "b.otlp.damaged"))
    system.report = StatusReport(__version__, JournalStatus(0, 0, 3, 3), StoreStatus(0, 0, 0, 0), load)
    findings = list(check_server(server, PlannedServer()))
    (failing,) = [finding for finding in findings if finding.check == "load"]
    assert (failing.level, "no space" in failing.detail) == (FAIL, True)
    whole, damaged = [finding for finding in findings if finding.check == "quarantine"]
    assert "a.otlp" in whole.detail
    assert "clew requeue" in whole.advice
    assert "b.otlp.damaged" in damaged.detail
    assert "check the disk" in damaged.advice


def test_a_graph_that_is_far_behind_is_named(server: str, system: MemorySystem) -> None:
    """Up to two minutes, and without a graph, there is nothing to say."""
    for lag_s, details in ((None, []), (119.0, []), (4000.0, ["the service graph is 4,000 s behind"])):
        system.report = StatusReport(__version__, JournalStatus(0, 0, 3, 3), StoreStatus(0, 0, 0, 0), graph_lag_s=lag_s)
        findings = [finding for finding in check_server(server, PlannedServer()) if finding.check == "graph"]
        assert [finding.detail for finding in findings] == details
        assert all(finding.level == WARN and "max_core_share" in finding.advice for finding in findings)


def test_a_wrong_strategies_file_is_named(server: str, system: MemorySystem) -> None:
    """With the reason that the server has; a right one is not worth a line."""
    for complaint in ("", "strategies.json: default_strategy.param: 7 does not do"):
        counts = (JournalStatus(0, 0, 3, 3), StoreStatus(0, 0, 0, 0))
        system.report = StatusReport(__version__, *counts, sampling_complaint=complaint)
        findings = [finding for finding in check_server(server, PlannedServer()) if finding.check == "sampling"]
        assert [(finding.level, finding.detail) for finding in findings] == ([(WARN, complaint)] if complaint else [])


def test_what_was_set_aside_is_named_without_a_server(tmp_path: Path) -> None:
    """The quarantine in the data directory here is looked at when no server answers."""
    (tmp_path / "quarantine").mkdir()
    assert list(check_quarantine(tmp_path)) == []
    for number in range(7):
        (tmp_path / "quarantine" / f"{number}.otlp").touch()
    findings = list(check_server("http://127.0.0.1:1", PlannedServer(tmp_path, "127.0.0.1", 0, ())))
    (finding,) = [finding for finding in findings if finding.check == "quarantine"]
    assert "4.otlp and 2 more" in finding.detail


def test_what_is_wrong_has_its_advice(server: str, system: MemorySystem) -> None:
    """Each trouble of the server is its own line and says what to do."""
    system.not_ready = "the store is warming up"
    system.report = StatusReport("9.9.9", JournalStatus(1 << 30, 300, 400, 100), StoreStatus(0, 0, 0, 0))
    findings = {finding.check: finding for finding in check_server(server, PlannedServer())}
    assert (findings["ready"].level, findings["version"].level, findings["journal"].level) == (FAIL, WARN, WARN)
    assert "the store is warming up" in findings["ready"].detail
    assert "9.9.9" in findings["version"].detail
    assert all(finding.advice for finding in findings.values() if finding.level != OK)
    assert examine(PlannedServer(Path()), server, as_json=True) == 1


def test_without_a_server_the_ports_are_looked_at() -> None:
    """No server is a failure; then it matters whether one could start."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        planned = PlannedServer(http_port=0, doors=(PlannedDoor("otlp_grpc", port), PlannedDoor("otlp_http", 0)))
        findings = list(check_server("http://127.0.0.1:1", planned))
    assert [(finding.check, finding.level) for finding in findings] == [("server", FAIL), ("port", FAIL)]
    assert "clew up" in findings[0].advice
    assert "otlp_grpc_port" in findings[1].advice
    assert [finding.level for finding in check_ports(planned)] == [OK]


def test_a_taken_port_for_datagrams_is_told() -> None:
    """An agent of Jaeger's on this machine has the port that the door over UDP wants."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        planned = PlannedServer(http_port=0, doors=(PlannedDoor("jaeger_compact", port, is_udp=True),))
        (finding,) = check_ports(planned)
    assert (finding.level, finding.detail) == (FAIL, f"{port}/udp is taken (jaeger_compact)")
    assert "ss -lunp" in finding.advice


def test_an_old_python_fails() -> None:
    """3.10 is too old, 3.11 is not."""
    assert [finding.level for finding in check_python((3, 10, 9))] == [FAIL]
    assert [finding.level for finding in check_python((3, 11, 0))] == [OK]


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packages of the server that aren't installed are listed."""
    assert [finding.level for finding in check_packages()] == [OK]
    monkeypatch.setattr(
        doctor, "requires", lambda _: ["rich>=15; extra == 'server'", "no-such[x]>=1; extra == 'server'"]
    )
    (finding,) = check_packages()
    assert (finding.level, finding.detail) == (FAIL, "missing: no-such")
    monkeypatch.undo()
    assert [finding.level for finding in check_packages("not-installed-clew")] == [WARN]


def test_a_missing_scanner_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the compiled scanner the report says how to get it, or that it is switched off."""
    assert [finding.level for finding in check_compiled()] == [OK]
    monkeypatch.setattr(doctor, "load_library", lambda: None)
    (missing,) = check_compiled()
    monkeypatch.setenv("CLEW_COMPILED", "0")
    (switched_off,) = check_compiled()
    assert (missing.level, switched_off.level) == (WARN, WARN)
    assert "C compiler" in missing.advice
    assert switched_off.advice == "unset CLEW_COMPILED"


@pytest.mark.parametrize(("free", "level"), [(1 << 20, FAIL), (1 << 30, WARN), (1 << 40, OK)])
def test_room_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, level: str) -> None:
    """The disk of the data directory is measured, also before the directory is there."""
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free))
    (finding,) = check_disk(tmp_path / "not" / "there" / "yet")
    assert finding.level == level
    assert bool(finding.advice) == (level != OK)


def test_the_report_is_text_or_json(server: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """One line each with the level in front, or the same as JSON; 0 when nothing fails."""
    assert examine(PlannedServer(tmp_path), server, as_json=False) == 0
    lines = capsys.readouterr().out.splitlines()
    assert f"ok    version   {__version__}" in lines
    assert examine(PlannedServer(tmp_path), server, as_json=True) == 0
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert {finding["check"] for finding in findings} >= {"python", "packages", "disk", "server", "journal"}


def test_a_clock_that_is_off_is_noticed(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server whose Date is years away is a warning with the difference."""
    monkeypatch.setattr(doctor, "parsedate_to_datetime", lambda _: datetime(2020, 1, 1, tzinfo=UTC))
    clock = next(finding for finding in check_server(server, PlannedServer()) if finding.check == "clock")
    assert clock.level == WARN
    assert "NTP" in clock.advice


def test_a_data_directory_that_is_a_file_fails(tmp_path: Path) -> None:
    """A file in the place of the data directory, or of a folder above it, is told."""
    file = tmp_path / "clew-data"
    file.touch()
    for data_dir in (file, file / "below"):
        (finding,) = check_disk(data_dir)
        assert (finding.check, finding.level) == ("disk", FAIL)
        assert f"{file} is a file" in finding.detail


def test_settings_that_up_refuses_fail() -> None:
    """The words are those that `clew up` would end with."""
    assert [finding.level for finding in check_settings(PlannedServer())] == [OK]
    (finding,) = check_settings(PlannedServer(trouble="host is odd"))
    assert (finding.level, finding.detail) == (FAIL, "host is odd")


@pytest.mark.parametrize(
    ("host", "port", "address"),
    [
        ("127.0.0.1", 8080, "http://127.0.0.1:8080"),
        ("0.0.0.0", 0, "http://127.0.0.1:16686"),  # noqa: S104 - nothing listens here
        ("::", 1, "http://[::1]:1"),
    ],
)
def test_the_planned_server_has_an_address(host: str, port: int, address: str) -> None:
    """Listening everywhere is reached by the loopback; a port of 0 can't be known."""
    assert PlannedServer(host=host, http_port=port).address() == address
