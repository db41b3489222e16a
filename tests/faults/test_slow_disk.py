import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.faults.faulty_clew import faulty_clew, set_fault
from tests.faults.traffic import Traffic, assert_exactly_once, make_request
from tests.server_process import PROTOBUF, ServerProcess, running_server

SLOW_S = 2.0
STUCK_S = 6.0
CLIENTS = 40
UNSYNCED_BYTES = 4 << 20
FILLER_BYTES = 20_000  # 20 spans of it are 400 kB a request


def _resident_bytes(server: ServerProcess) -> int:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    found = re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


def test_a_slow_disk_is_answered_late_and_loses_nothing(tmp_path: Path) -> None:
    """With syncs of two seconds, clients get their 200 after the sync and not before, and all of it is there once."""
    control = tmp_path / "control.json"
    with running_server(tmp_path / "data", program=faulty_clew(control)) as server:
        with Traffic(server) as traffic:
            traffic.wait_for("200", "OK")
            set_fault(control, sync_s=SLOW_S)
            traffic.wait_for("200", "OK", more=3)
            assert traffic.slowest_s >= SLOW_S
            set_fault(control)
            traffic.wait_for("200", "OK")
        assert set(traffic.answers) == {"200", "OK"}
        assert_exactly_once(server, traffic.acknowledged, traffic.sent)


def test_a_disk_that_hangs_costs_bounded_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the disk takes nothing, what waits for it is bounded, all others hear so at once, and nothing is lost."""
    monkeypatch.setenv("CLEW_JOURNAL_MAX_UNSYNCED_BYTES", str(UNSYNCED_BYTES))
    monkeypatch.setenv("CLEW_RECEIVE_JOURNAL_TIMEOUT_S", "2")
    control = tmp_path / "control.json"
    acknowledged: set[bytes] = set()
    sent: set[bytes] = set()
    statuses: list[int] = []
    lock = threading.Lock()
    with running_server(tmp_path / "data", program=faulty_clew(control)) as server:
        before_bytes = _resident_bytes(server)

        def send(_: int) -> None:
            body, span_ids = make_request(filler=FILLER_BYTES)
            answer = httpx.post(f"http://{server.otlp_http}/v1/traces", content=body, headers=PROTOBUF, timeout=60)
            with lock:
                statuses.append(answer.status_code)
                sent.update(span_ids)
                acknowledged.update(span_ids if answer.status_code == 200 else ())

        set_fault(control, sync_s=STUCK_S)
        with ThreadPoolExecutor(8) as clients:
            list(clients.map(send, range(CLIENTS)))
        # 503: taken, and not synced in time; 429: not taken. Either may be sent again.
        assert {503, 429} <= set(statuses) <= {200, 503, 429}
        assert statuses.count(429) >= CLIENTS // 2
        assert _resident_bytes(server) - before_bytes < 200 << 20
        set_fault(control)
        with Traffic(server) as traffic:
            traffic.wait_for("200", "OK")
        assert_exactly_once(server, acknowledged | traffic.acknowledged, sent | traffic.sent)


def test_a_request_sent_again_to_a_slow_disk_is_stored_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that was told to send again does so with its Idempotency-Key, and its spans are there once."""
    monkeypatch.setenv("CLEW_RECEIVE_JOURNAL_TIMEOUT_S", "0.5")
    control = tmp_path / "control.json"
    with running_server(tmp_path / "data", program=faulty_clew(control)) as server:
        set_fault(control, sync_s=SLOW_S)
        body, span_ids = make_request()
        headers = {"Idempotency-Key": "the-same"}
        assert server.post_traces(body, **headers).status_code == 503
        set_fault(control)
        while (answer := server.post_traces(body, **headers)).status_code != 200:
            assert answer.status_code == 503
        assert answer.headers["idempotency-replayed"] == "true"
        assert_exactly_once(server, span_ids, span_ids)
