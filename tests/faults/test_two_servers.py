import os
import subprocess
from pathlib import Path

from tests.faults.traffic import Traffic, assert_exactly_once
from tests.server_process import CLEW, running_server

PORTS = ("HTTP_PORT", "OTLP_GRPC_PORT", "OTLP_HTTP_PORT")


def test_a_second_server_on_the_same_data_harms_nothing(tmp_path: Path) -> None:
    """It ends with 1 and says why and what to do; the first serves on and loses nothing, not even when it is killed."""
    command = [CLEW, "up", "--data-dir", str(tmp_path / "data")]
    environ = {**os.environ, **{f"CLEW_{port}": "0" for port in PORTS}, "CLEW_DOORS": "otlp"}
    with running_server(tmp_path / "data") as server:
        with Traffic(server) as traffic:
            traffic.wait_for("200", "OK")
            for _ in range(2):
                second = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)
                assert second.returncode == 1
                assert second.stderr.splitlines()[-1] == (
                    f"clew: another Clew is using {tmp_path}/data/journal; stop it, or choose another data directory"
                )
            traffic.wait_for("200", "OK")
        assert set(traffic.answers) == {"200", "OK"}
        server.wait_loaded()
        server.kill()
    with running_server(tmp_path / "data") as again:
        assert_exactly_once(again, traffic.acknowledged, traffic.sent)


def test_what_was_set_aside_is_not_moved_under_a_running_server(tmp_path: Path) -> None:
    """`clew requeue` is refused while Clew runs on that data."""
    with running_server(tmp_path / "data"):
        command = [CLEW, "requeue", "--data-dir", str(tmp_path / "data")]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 1
        assert "another Clew is using" in done.stderr
