"""A Clew of its own for a bench: started on chosen cores, measured from outside."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from clew.receive.doors import DOORS

_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 30.0
_IDLE_SHARE = 0.1
_CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class BenchServer:
    """A running server: its process id, addresses and data directory."""

    pid: int
    data_dir: Path
    addresses: Mapping[str, str]

    @property
    def http(self) -> str:
        return self.addresses["http"]

    @property
    def otlp_grpc(self) -> str:
        return self.addresses["otlp_grpc"]

    @property
    def otlp_http(self) -> str:
        return self.addresses["otlp_http"]

    def get(self, path: str, **parameters: str) -> Any:
        """The JSON answer of the REST API."""
        answer = httpx.get(f"http://{self.http}/api/clew/v1{path}", params=parameters, timeout=60.0)
        answer.raise_for_status()
        return answer.json()

    def metrics(self) -> dict[str, float]:
        """Every sample of `/metrics`, by its name with labels."""
        lines = httpx.get(f"http://{self.http}/metrics", timeout=60.0).text.splitlines()
        samples = [line.rsplit(" ", 1) for line in lines if not line.startswith("#")]
        return {name: float(value) for name, value in samples}

    def cpu_s(self) -> float:
        """CPU seconds used so far, all threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _CLOCK_TICKS

    def peak_memory_bytes(self) -> int:
        """The largest resident size so far."""
        return self._memory("VmHWM:")

    def memory_bytes(self) -> int:
        """The resident size now."""
        return self._memory("VmRSS:")

    def _memory(self, name: str) -> int:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * 1024
        raise LookupError(name)

    def wait_merged(self, quiet_s: float = 5.0, timeout_s: float = 600.0) -> float:
        """Wait until the server has used next to no CPU for `quiet_s`, so that merges are done; the seconds it took."""
        began_s = time.monotonic()
        used_s = self.cpu_s()
        while time.monotonic() - began_s < timeout_s:
            time.sleep(quiet_s)
            before_s, used_s = used_s, self.cpu_s()
            if used_s - before_s < _IDLE_SHARE * quiet_s:
                return time.monotonic() - began_s
        raise TimeoutError(f"the server was still busy after {timeout_s:.0f} s")

    def wait_graph(self, timeout_s: float = 600.0) -> float:
        """Wait until the service graph has all that was stored when the server was started; the seconds it took."""
        began_s = time.monotonic()
        while not self.metrics()["clew_graph_passes_total"]:
            if time.monotonic() - began_s > timeout_s:
                raise TimeoutError(f"the service graph was not there after {timeout_s:.0f} s")
            time.sleep(1.0)
        return time.monotonic() - began_s

    def wait_loaded(self, timeout_s: float = 120.0) -> float:
        """Wait until all that is acknowledged by now can be searched; the seconds it took."""
        began_s = time.monotonic()
        last = self.get("/status")["journal"]["last_segment"]
        while self.get("/status")["journal"]["loaded_segment"] < last:
            if time.monotonic() - began_s > timeout_s:
                raise TimeoutError(f"the journal was not loaded within {timeout_s} s")
            time.sleep(0.02)
        return time.monotonic() - began_s


@contextlib.contextmanager
def running_server(data_dir: Path, cores: set[int], settings: Mapping[str, str] | None = None) -> Iterator[BenchServer]:
    """Start `clew up` on the cores, with free ports and `settings` in its environment; stop it on leaving."""
    ready_file = data_dir / "ready.json"
    data_dir.mkdir(parents=True, exist_ok=True)
    arguments = ["up", "--data-dir", str(data_dir / "data"), "--ready-file", str(ready_file), "--log-level", "warning"]
    ports = {f"CLEW_{name.upper()}_PORT": "0" for name in ("http", *(kind.name for kind in DOORS))}
    environ = {**os.environ, **ports, "CLEW_DOORS": "otlp", **(settings or {})}
    clew = str(Path(sys.executable).with_name("clew"))
    command = ["taskset", "-c", ",".join(map(str, sorted(cores))), clew, *arguments]
    process = subprocess.Popen(command, env=environ)
    try:
        addresses = json.loads(await_file(ready_file, process))
        yield BenchServer(process.pid, data_dir / "data", addresses)
    finally:
        process.terminate()
        process.wait(_STOP_TIMEOUT_S)


def await_file(path: Path, process: subprocess.Popen[bytes]) -> str:
    """What is in a ready file, once it is there; raises RuntimeError when the process ended before."""
    deadline_s = time.monotonic() + _START_TIMEOUT_S
    while not path.exists():
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with exit code {process.returncode} before it was ready")
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"the server was not ready within {_START_TIMEOUT_S} s")
        time.sleep(0.05)
    return path.read_text()
