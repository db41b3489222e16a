import signal
import socket
import time
from pathlib import Path

import pytest

from tests.faults.faulty_clew import faulty_clew, set_fault
from tests.faults.traffic import Traffic, assert_exactly_once
from tests.receive.grpc_calls import METHODS
from tests.receive.http2_client import HandmadeCall
from tests.server_process import CLEW, ServerProcess, running_server

STOP_S = 15.0
SLOW_S = 1.0


@pytest.mark.parametrize("sync_s", [0.0, SLOW_S])
def test_a_stop_under_load_loses_nothing(tmp_path: Path, sync_s: float) -> None:
    """SIGTERM amid traffic and stalled clients, also on a slow disk: exit code 0 in time, all acknowledged is kept."""
    control = tmp_path / "control.json"
    program = faulty_clew(control)
    server = ServerProcess(tmp_path / "data", program=program)
    with Traffic(server, spans=200) as traffic:
        traffic.wait_for("200", "OK")
        stalled = [_stall(server.otlp_http), _stall(server.http)]
        silent = HandmadeCall(server.otlp_grpc, METHODS["traces"], {})
        set_fault(control, sync_s=sync_s)
        traffic.wait_for("200", "OK", more=2)
        began_s = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(STOP_S + 5) == 0
        assert time.monotonic() - began_s < STOP_S
    server.kill()
    for client in stalled:
        client.close()
    silent.close()
    assert "Traceback" not in "".join(server.stderr)
    with running_server(tmp_path / "data", program=[CLEW]) as again:
        assert_exactly_once(again, traffic.acknowledged, traffic.sent)


def _stall(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    client = socket.create_connection((host, int(port)), timeout=STOP_S)
    client.sendall(b"POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\n")
    client.sendall(b"content-length: 1000\r\n\r\nhalf")
    return client
