import pytest

from tests.faults.disks import Rights, data_directory
from tests.faults.traffic import Traffic, assert_exactly_once, wait_until
from tests.server_process import running_server


def test_a_journal_on_a_read_only_disk_refuses_until_it_can_be_written() -> None:
    """Requests are told to come back, the API answers, and afterwards all that was acknowledged is there once."""
    with data_directory() as directory:
        disk = Rights(directory / "data", "journal")
        with running_server(directory / "data", program=disk.program) as server:
            with Traffic(server) as traffic:
                traffic.wait_for("200", "OK")
                disk.fill(server)
                traffic.wait_for("429", "RESOURCE_EXHAUSTED", more=20)
                assert server.client.get("/healthz").status_code == 200
                disk.mend(server)
                traffic.wait_for("200", "OK")
            assert_exactly_once(server, traffic.acknowledged, traffic.sent)
        said = "".join(server.stderr)
        assert 1 <= said.count("requests are refused") < 10


def test_a_store_on_a_read_only_disk_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests are taken, loads fail and are tried again, none is given up, and afterwards all is there once."""
    monkeypatch.setenv("CLEW_STORE_MAX_LOAD_TRIES", "2")
    with data_directory() as directory:
        disk = Rights(directory / "data", "store")
        with running_server(directory / "data", program=disk.program) as server:
            with Traffic(server) as traffic:
                traffic.wait_for("200", "OK")
                disk.fill(server)
                wait_until(lambda: server.get("/status")["load"]["failing_segments"] > 1, "no load failed")
                disk.mend(server)
            assert_exactly_once(server, traffic.acknowledged, traffic.sent)
            assert server.get("/status")["load"]["quarantined_files"] == 0
