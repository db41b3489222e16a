"""A real `clew agent` in a process of its own, on free ports."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import httpx

from clew.agent.settings import AGENT_DOORS
from tests.agent.forwarding import wait_until
from tests.server.exposition import parse_exposition
from tests.server_process import PROTOBUF

CLEW = str(Path(sys.executable).with_name("clew"))
TIMEOUT_S = 60.0
QUICK = {"CLEW_AGENT_JOURNAL_SEGMENT_AGE_S": "0.05", "CLEW_AGENT_LONGEST_PAUSE_S": "0.2"}
"""So that tests need not wait."""


class AgentProcess:
    """An agent that is up; `stderr` grows while it runs."""

    def __init__(
        self, data_dir: Path, gateways: Sequence[str], extra: Sequence[str] = (), environ: Mapping[str, str] = QUICK
    ) -> None:
        ready_file = data_dir.with_name(f"{data_dir.name}.ready.json")
        ready_file.unlink(missing_ok=True)
        command = [CLEW, "agent", "--data-dir", str(data_dir), "--ready-file", str(ready_file), *extra]
        for url in gateways:
            command += ["--gateway", url]
        self.process = subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, env={**os.environ, **any_ports(), **environ}
        )
        self.stderr: list[str] = []
        self._up = threading.Event()
        self._reader = threading.Thread(target=self._read_stderr, daemon=True)
        self._reader.start()
        if not self._up.wait(TIMEOUT_S) or not ready_file.exists():
            self.kill()
            raise AssertionError("the agent did not come up:\n" + "".join(self.stderr))
        self.addresses: dict[str, str] = json.loads(ready_file.read_text())
        self.http = self.addresses["http"]
        self.client = httpx.Client(timeout=30.0, trust_env=False)

    def post(self, body: bytes, path: str = "/v1/traces", **headers: str) -> httpx.Response:
        """Send an OTLP/HTTP request."""
        url = f"http://{self.addresses['otlp_http']}{path}"
        return self.client.post(url, content=body, headers={**PROTOBUF, **headers})

    def get(self, path: str) -> httpx.Response:
        """Ask the status port."""
        return self.client.get(f"http://{self.http}{path}")

    def metric(self, name: str) -> float:
        """The sum of the samples of a metric."""
        samples = parse_exposition(self.get("/metrics").text)
        return sum(value for (found, _), value in samples.items() if found == name)

    def wait_forwarded(self) -> None:
        """Return when the journal is empty."""
        wait_until(lambda: self.metric("clew_journal_waiting_segments") == 0)

    def kill(self) -> None:
        """SIGKILL: no chance to clean up."""
        self.process.kill()
        self._end()

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self._end()

    def _end(self) -> int:
        code = self.process.wait(TIMEOUT_S)
        self._reader.join(TIMEOUT_S)
        assert self.process.stderr is not None
        self.process.stderr.close()
        if hasattr(self, "client"):
            self.client.close()
        return code

    def _read_stderr(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.stderr.append(line)
            if "The agent is up" in line:
                self._up.set()
        self._up.set()


def any_ports() -> dict[str, str]:
    """Variables that let every port be any free one."""
    return {f"CLEW_AGENT_{name.upper()}_PORT": "0" for name in ("http", "sampling", *(k.name for k in AGENT_DOORS))}


@contextlib.contextmanager
def running_agent(
    data_dir: Path, gateways: Sequence[str], extra: Sequence[str] = (), environ: Mapping[str, str] = QUICK
) -> Iterator[AgentProcess]:
    """An agent that is stopped on leaving, whatever happened."""
    agent = AgentProcess(data_dir, gateways, extra, environ)
    try:
        yield agent
    finally:
        if agent.process.poll() is None:
            agent.stop()
