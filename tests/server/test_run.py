import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.receive.grpc_calls import call_grpc
from tests.server_process import CLEW, PROTOBUF, ServerProcess, running_server

STOP_S = 10.0
SHOP_S = 60.0
GLANCE_S = 0.1
SPANS_PER_REQUEST = 5
PORT_KEYS = ("http_port", "otlp_grpc_port", "otlp_http_port")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A running server for the tests that leave it running."""
    with running_server(tmp_path_factory.mktemp("run") / "data") as running:
        yield running


def _request(trace_id: bytes) -> bytes:
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    resource_spans.resource.attributes.add(key="service.name").value.string_value = "run"
    spans = resource_spans.scope_spans.add().spans
    for number in range(SPANS_PER_REQUEST):
        spans.add(trace_id=trace_id, span_id=os.urandom(8), name=f"step {number}", start_time_unix_nano=time.time_ns())
    return request.SerializeToString()


def _span_count(server: ServerProcess, trace_id: bytes) -> int:
    return sum(len(scope.spans) for each in server.trace(trace_id).resource_spans for scope in each.scope_spans)


def _up(data_dir: Path, *flags: str, **ports: int) -> subprocess.CompletedProcess[str]:
    """`clew up` on free ports unless told, for when it is expected to end by itself."""
    environ = {
        **os.environ,
        **{f"CLEW_{key.upper()}": str(ports.get(key, 0)) for key in PORT_KEYS},
        "CLEW_DOORS": "otlp",
    }
    command = [CLEW, "up", "--data-dir", str(data_dir), *flags]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)


def _last_line(done: subprocess.CompletedProcess[str]) -> str:
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()[-1]


def test_the_ready_file_names_three_addresses_that_answer(server: ServerProcess) -> None:
    """Once the file is there, UI and API, OTLP/HTTP and OTLP/gRPC answer where it says, on ports of their own."""
    ready_file = server.data_dir.with_name(f"{server.data_dir.name}.ready.json")
    addresses = json.loads(ready_file.read_text())
    assert set(addresses) == {"http", "otlp_grpc", "otlp_http"}
    assert all(address.startswith("127.0.0.1:") for address in addresses.values())
    assert len({address.rpartition(":")[2] for address in addresses.values()} - {"0"}) == 3
    assert httpx.get(f"http://{addresses['http']}/healthz").text == "ok\n"
    assert httpx.get(f"http://{addresses['otlp_http']}/v1/traces").status_code == 405
    assert call_grpc(addresses["otlp_grpc"], "traces", b"").code.name == "OK"


def test_spans_are_taken_on_the_port_of_the_api(server: ServerProcess) -> None:
    """OTLP/HTTP under /v1/ of the REST port stores spans; other paths there are no pages of the UI."""
    trace_id = os.urandom(16)
    url = f"http://{server.http}/v1"
    assert httpx.post(f"{url}/traces", content=_request(trace_id), headers=PROTOBUF).status_code == 200
    server.wait_loaded()
    assert _span_count(server, trace_id) == SPANS_PER_REQUEST
    assert httpx.post(f"{url}/metrics", content=b"", headers=PROTOBUF).status_code == 404
    assert "send to /v1/traces or /v1/logs" in httpx.post(f"{url}/other", content=b"").text


def test_a_second_server_on_the_same_data_is_refused(server: ServerProcess) -> None:
    """The data directory belongs to one process: the second one says so and ends with 1; the first is unharmed."""
    done = _up(server.data_dir)
    assert done.returncode == 1
    assert str(server.data_dir) in _last_line(done)
    assert "another" in _last_line(done)
    assert server.client.get("/healthz").status_code == 200


def test_a_refused_server_leaves_the_ready_file_of_the_first_alone(server: ServerProcess, tmp_path: Path) -> None:
    """A second server on the same data directory takes nothing away from the one that runs."""
    ready_file = tmp_path / "ready.json"
    ready_file.write_text("{}")
    assert _up(server.data_dir, "--ready-file", str(ready_file)).returncode == 1
    assert ready_file.read_text() == "{}"


@pytest.mark.parametrize("key", PORT_KEYS)
def test_a_port_that_is_taken_is_told_with_its_setting(tmp_path: Path, key: str) -> None:
    """Whichever of the three ports is taken, the message names its setting, and the exit code is 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = _up(tmp_path / "data", **{key: port})
    assert done.returncode == 2
    assert str(port) in _last_line(done)
    assert key in _last_line(done)


def test_a_data_dir_that_is_a_file_is_told(tmp_path: Path) -> None:
    """A file where the data directory should be is left as it is."""
    path = tmp_path / "data"
    path.write_text("mine")
    done = _up(path)
    assert done.returncode == 2
    assert _last_line(done) == f"clew: data_dir {path} can't be made: File exists; choose another"
    assert path.read_text() == "mine"


def test_a_data_dir_that_cannot_be_made_is_told() -> None:
    """A place where nobody may write, not even root, is told with what to do."""
    done = _up(Path("/proc/clew-data"))
    assert done.returncode == 2
    assert _last_line(done).startswith("clew: data_dir /proc/clew-data can't be made: ")
    assert _last_line(done).endswith("; choose another")


def test_a_data_dir_that_cannot_be_written_is_told() -> None:
    """A directory that exists but takes no files, /proc for one, is told with what to do."""
    done = _up(Path("/proc"))
    assert done.returncode == 2
    assert _last_line(done).startswith("clew: data_dir /proc can't be written: ")
    assert _last_line(done).endswith("; change its owner or choose another")


def test_a_ready_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A ready file in a directory that is missing is one line with its name, and the server ends."""
    done = _up(tmp_path / "data", "--ready-file", str(tmp_path / "missing" / "ready.json"))
    assert done.returncode == 1
    assert "missing/ready.json" in _last_line(done)


def test_a_wrong_fault_is_told_before_anything_starts(tmp_path: Path) -> None:
    """The shop comes last, but its settings are looked at first."""
    done = _up(tmp_path / "data", "--demo", "--fault", "nobody=error:0.2")
    assert done.returncode == 2
    assert "nobody" in _last_line(done)
    assert not (tmp_path / "data").exists()


class _Sender(threading.Thread):
    """Sends until the server is gone; `acknowledged` are the traces it was promised."""

    def __init__(self, server: ServerProcess, door: str) -> None:
        super().__init__(daemon=True)
        self.acknowledged: list[bytes] = []
        self.began = threading.Event()
        self._server = server
        self._door = door

    def run(self) -> None:
        with contextlib.suppress(httpx.HTTPError), httpx.Client(timeout=STOP_S) as client:
            while self._send(client, trace_id := os.urandom(16)):
                self.acknowledged.append(trace_id)
                self.began.set()

    def _send(self, client: httpx.Client, trace_id: bytes) -> bool:
        if self._door == "grpc":
            return call_grpc(self._server.otlp_grpc, "traces", _request(trace_id)).code.name == "OK"
        url = f"http://{self._server.otlp_http}/v1/traces"
        return client.post(url, content=_request(trace_id), headers=PROTOBUF).status_code == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_under_load_ends_the_server_in_order(tmp_path: Path, number: signal.Signals) -> None:
    """SIGTERM and SIGINT end with 0 within seconds; all that was acknowledged until then is there after a restart."""
    server = ServerProcess(tmp_path / "data")
    senders = [_Sender(server, door) for door in ("http", "grpc")]
    for sender in senders:
        sender.start()
    for sender in senders:
        assert sender.began.wait(STOP_S)
    server.process.send_signal(number)
    assert server.process.wait(STOP_S) == 0
    for sender in senders:
        sender.join(STOP_S)
    server.kill()
    assert "Traceback" not in "".join(server.stderr)
    acknowledged = [trace_id for sender in senders for trace_id in sender.acknowledged]
    with running_server(tmp_path / "data") as again:
        again.wait_loaded()
        counts = Counter(_span_count(again, trace_id) for trace_id in acknowledged)
    assert counts == {SPANS_PER_REQUEST: len(acknowledged)}


def test_a_server_listens_on_ipv6(tmp_path: Path) -> None:
    """With `--host ::1` all three doors are on IPv6, and the ready file's addresses can be used as they are."""
    with running_server(tmp_path / "data", ["--host", "::1"]) as server:
        assert server.http.startswith("[::1]:")
        assert server.client.get("/healthz").status_code == 200
        assert server.post_traces(_request(os.urandom(16))).status_code == 200
        assert call_grpc(server.otlp_grpc, "traces", _request(os.urandom(16))).code.name == "OK"
        server.wait_loaded()
        assert server.get("/status")["store"]["spans"] == 2 * SPANS_PER_REQUEST


def _children(pid: int) -> set[int]:
    tasks = Path(f"/proc/{pid}/task")
    return {int(child) for task in tasks.iterdir() for child in (task / "children").read_text().split()}


def _is_alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_the_demo_shop_sends_traces_and_leaves_no_process_behind(tmp_path: Path) -> None:
    """`clew up --demo`: traces over several services appear by themselves; SIGTERM ends the shop with the server."""
    with running_server(tmp_path / "data", ["--demo"]) as server:
        deadline_s = time.monotonic() + SHOP_S
        while max((len(each["services"]) for each in server.get("/traces")["traces"]), default=0) < 3:
            assert time.monotonic() < deadline_s, "no trace of the shop:\n" + "".join(server.stderr)
            time.sleep(GLANCE_S)  # what another process sends can't be awaited
        children = _children(server.process.pid)
        assert len(children) >= 6
        began_s = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began_s < STOP_S
    assert [pid for pid in children if _is_alive(pid)] == []
    assert "Traceback" not in "".join(server.stderr)


def test_a_signal_while_the_shop_opens_ends_both(tmp_path: Path) -> None:
    """SIGTERM right after the start, when the shop is still opening, ends with 0 within seconds all the same."""
    server = ServerProcess(tmp_path / "data", ["--demo"])
    began_s = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began_s < STOP_S
