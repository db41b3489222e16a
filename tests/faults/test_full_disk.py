import resource
from pathlib import Path

import pytest

from tests.faults.disks import data_directory, small_disk
from tests.faults.traffic import Traffic, assert_exactly_once, wait_until
from tests.server_process import running_server

NO_LIMIT = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


def test_a_journal_whose_files_can_not_grow_refuses_and_recovers(tmp_path: Path) -> None:
    """While no file can grow, requests are told to come back; afterwards all that was acknowledged is there once."""
    with running_server(tmp_path / "data") as server:
        with Traffic(server) as traffic:
            traffic.wait_for("200", "OK")
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
            traffic.wait_for("429", "RESOURCE_EXHAUSTED", more=20)
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, NO_LIMIT)
            traffic.wait_for("200", "OK")
        assert_exactly_once(server, traffic.acknowledged, traffic.sent)
    said = "".join(server.stderr)
    assert 1 <= said.count("requests are refused") < 10, "one line for each refusal would fill the disk, too"


def test_too_little_room_left_is_refused_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the disk is full, requests are told to come back; nothing of them is stored."""
    monkeypatch.setenv("CLEW_JOURNAL_MIN_FREE_BYTES", str(1 << 60))
    with running_server(tmp_path / "data") as server:
        with Traffic(server) as traffic:
            traffic.wait_for("429", "RESOURCE_EXHAUSTED")
        assert set(traffic.answers) == {"429", "RESOURCE_EXHAUSTED"}
        assert server.get("/status")["store"]["spans"] == 0


def test_a_full_disk_of_the_journal_alone_costs_nothing() -> None:
    """Requests are told to come back until there is room; all that was acknowledged before and after is there once."""
    with data_directory() as directory:
        disk = small_disk(directory / "data", "journal")
        with running_server(directory / "data", program=disk.program) as server:
            with Traffic(server) as traffic:
                traffic.wait_for("200", "OK")
                disk.fill(server)
                traffic.wait_for("429", "RESOURCE_EXHAUSTED")
                disk.mend(server)
                traffic.wait_for("200", "OK")
            assert_exactly_once(server, traffic.acknowledged, traffic.sent)


def test_a_full_disk_of_the_store_alone_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests are taken all the while; loads are tried for ever, nothing is set aside, and then all is there once."""
    monkeypatch.setenv("CLEW_STORE_MAX_LOAD_TRIES", "2")
    with data_directory() as directory:
        disk = small_disk(directory / "data", "store")
        with running_server(directory / "data", program=disk.program) as server:
            with Traffic(server) as traffic:
                traffic.wait_for("200", "OK")
                disk.fill(server)
                wait_until(lambda: server.get("/status")["load"]["failing_segments"] > 1, "no load failed")
                traffic.wait_for("200", "OK", more=50)
                load = server.get("/status")["load"]
                disk.mend(server)
            assert load["last_error"]
            assert_exactly_once(server, traffic.acknowledged, traffic.sent)
            after = server.get("/status")["load"]
            assert (after["failing_segments"], after["quarantined_files"]) == (0, 0)
