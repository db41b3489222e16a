"""A real `clew up` in a process of its own, on free ports, for tests that need the whole of it."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
from google.protobuf.proto import parse_length_prefixed
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from clew.receive.doors import DOORS

CLEW = str(Path(sys.executable).with_name("clew"))
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0
LOADED_TIMEOUT_S = 60.0
PROTOBUF = {"Content-Type": "application/x-protobuf"}


class ServerProcess:
    """A server that is up; `stderr` grows while it runs. `program` stands for `clew`, as a command that runs it.

    `doors` are the families of doors that are open, with commas; `addresses` are those of the ready file.
    """

    def __init__(
        self, data_dir: Path, extra: Sequence[str] = (), program: Sequence[str] = (CLEW,), doors: str = "otlp"
    ) -> None:
        self.data_dir = data_dir
        ready_file = data_dir.with_name(f"{data_dir.name}.ready.json")
        ready_file.unlink(missing_ok=True)
        command = [*program, "up", "--data-dir", str(data_dir), "--ready-file", str(ready_file)]
        ports = {f"CLEW_{name.upper()}_PORT": "0" for name in ("http", *(kind.name for kind in DOORS))}
        environ = {**os.environ, **ports, "CLEW_DOORS": doors}
        self.process = subprocess.Popen([*command, *extra], stderr=subprocess.PIPE, text=True, env=environ)
        self.stderr: list[str] = []
        self._up = threading.Event()
        self._reader = threading.Thread(target=self._read_stderr, daemon=True)
        self._reader.start()
        if not self._up.wait(START_TIMEOUT_S) or not ready_file.exists():
            self.kill()
            raise AssertionError("the server did not come up:\n" + "".join(self.stderr))
        self.addresses: dict[str, str] = json.loads(ready_file.read_text())
        self.http = self.addresses["http"]
        self.otlp_grpc = self.addresses.get("otlp_grpc", "")
        self.otlp_http = self.addresses.get("otlp_http", "")
        self.client = httpx.Client(base_url=f"http://{self.http}", timeout=60.0)

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON answer of `/api/clew/v1<path>`."""
        answer = self.client.get(f"/api/clew/v1{path}", params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def trace(self, trace_id: bytes) -> TracesData:
        """A whole trace as protobuf; empty when there is none."""
        answer = self.client.get(f"/api/clew/v1/traces/{trace_id.hex()}", headers={"Accept": PROTOBUF["Content-Type"]})
        return TracesData.FromString(answer.content) if answer.status_code == 200 else TracesData()

    def export(self, **filters: str) -> Iterator[TracesData]:
        """Every trace that matches, read from `/api/clew/v1/export`."""
        answer = self.client.get("/api/clew/v1/export", params=filters)
        assert answer.status_code == 200, answer.text
        rest = io.BytesIO(answer.content)
        while (data := parse_length_prefixed(TracesData, rest)) is not None:
            yield data

    def post_traces(self, body: bytes, **headers: str) -> httpx.Response:
        """Send an OTLP/HTTP request to the ingest port."""
        url = f"http://{self.otlp_http}/v1/traces"
        return self.client.post(url, content=body, headers={**PROTOBUF, **headers})

    def wait_loaded(self) -> None:
        """Return when all that is acknowledged by now can be searched."""
        last = self.get("/status")["journal"]["last_segment"]
        deadline_s = time.monotonic() + LOADED_TIMEOUT_S
        while self.get("/status")["journal"]["loaded_segment"] < last:
            assert time.monotonic() < deadline_s, "not loaded in time:\n" + "".join(self.stderr[-20:])

    def kill(self) -> None:
        """SIGKILL: no chance to clean up."""
        self.process.kill()
        self._end()

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self._end()

    def _end(self) -> int:
        code = self.process.wait(STOP_TIMEOUT_S)
        self._reader.join(STOP_TIMEOUT_S)
        assert self.process.stderr is not None
        self.process.stderr.close()
        if hasattr(self, "client"):
            self.client.close()
        return code

    def _read_stderr(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.stderr.append(line)
            if "Clew is up" in line:
                self._up.set()
        self._up.set()


@contextlib.contextmanager
def running_server(
    data_dir: Path, extra: Sequence[str] = (), program: Sequence[str] = (CLEW,), doors: str = "otlp"
) -> Iterator[ServerProcess]:
    """A server that is stopped on leaving, whatever happened."""
    server = ServerProcess(data_dir, extra, program, doors)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()
