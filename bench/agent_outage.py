"""`make agent-outage`: the gateway is killed under load and stays away; nothing may be lost, and nothing doubled.

python -m bench.agent_outage [--minutes 10] [--rate SPANS_PER_S] [--agent-kills N]

Half a minute of load, SIGKILL of the gateway, so many minutes without one (in which the agent is killed, too, as often
as told), a new gateway on the same disk and port, half a minute more. Then every span that the agent acknowledged must
be stored once. Fails, too, when the agent holds 80 MB or more at any time.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.figures import print_table
from bench.load import LoadReport, Send, http_sender, run_load
from bench.server import BenchServer, await_file, running_server
from bench.spans import SPANS_PER_REQUEST, build_templates
from clew.agent.settings import AGENT_DOORS
from clew.store.engine import Engine
from clew.store.settings import StoreSettings

BEFORE_S = AFTER_S = 30.0
MOST_MEMORY_BYTES = 80_000_000
_GATEWAY_CORE, _AGENT_CORE = 0, 1
_TEMPLATES = 64
_CONNECTIONS = 8
_SAMPLE_S = 1.0
_LINE_S = 60.0
_STOP_TIMEOUT_S = 60.0
_CATCH_UP_TIMEOUT_S = 1800.0
_COUNT_TIMEOUT_S = 600.0
_CAUGHT_UP_BYTES = 8 << 20
"""Some seconds of load: what is on its way at any time."""
_COUNT = "SELECT count(), uniqExact(trace_id, span_id) FROM spans"


@dataclass
class Agent:
    """A running `clew agent` that can be killed and started again on its disk and ports."""

    directory: Path
    gateway: str
    ports: dict[str, str] = field(default_factory=dict)
    peak_memory_bytes: int = 0
    cpu_s: float = 0.0

    def start(self) -> None:
        """Return when it listens."""
        ready_file = self.directory / "agent.json"
        ready_file.unlink(missing_ok=True)
        arguments = ["agent", "--gateway", self.gateway, "--data-dir", str(self.directory / "agent")]
        arguments += ["--ready-file", str(ready_file), "--log-level", "warning"]
        names = ("http", "sampling", *(kind.name for kind in AGENT_DOORS))
        environ = {f"CLEW_AGENT_{name.upper()}_PORT": "0" for name in names} | self.ports
        clew = str(Path(sys.executable).with_name("clew"))
        command = ["taskset", "-c", str(_AGENT_CORE), clew, *arguments]
        self.process = subprocess.Popen(command, env={**os.environ, **environ, "CLEW_AGENT_DOORS": "otlp"})
        addresses: dict[str, str] = json.loads(await_file(ready_file, self.process))
        self.server = BenchServer(self.process.pid, self.directory, addresses)
        self.ports = {f"CLEW_AGENT_{name.upper()}_PORT": at.rsplit(":", 1)[1] for name, at in addresses.items()}

    def kill(self) -> None:
        """SIGKILL, and a new one."""
        self._note()
        self.cpu_s += self.server.cpu_s()
        self.process.kill()
        self.process.wait(_STOP_TIMEOUT_S)
        self.start()

    def stop(self) -> None:
        """SIGTERM."""
        self._note()
        self.cpu_s += self.server.cpu_s()
        self.process.terminate()
        self.process.wait(_STOP_TIMEOUT_S)

    def waiting_bytes(self) -> int:
        """What is in its journal."""
        self._note()
        return int(self.server.metrics()["clew_journal_waiting_bytes"])

    def _note(self) -> None:
        self.peak_memory_bytes = max(self.peak_memory_bytes, self.server.peak_memory_bytes())


class Load(threading.Thread):
    """Sends until told to stop; a request that finds no agent is sent again, with new ids, and not counted."""

    def __init__(self, address: str, rate: int) -> None:
        super().__init__(daemon=True)
        self.report = LoadReport()
        self._address = address
        self._rate = rate
        self._stopping = threading.Event()
        self._templates = build_templates(_TEMPLATES)

    def run(self) -> None:
        while not self._stopping.is_set():
            report = run_load(self._sender, self._templates, self._rate, 5.0, _CONNECTIONS)
            self.report.accepted_requests += report.accepted_requests
            self.report.refused_requests += report.refused_requests

    def stop(self) -> None:
        """Return when the last request is answered."""
        self._stopping.set()
        self.join()

    def _sender(self) -> Send:
        send = http_sender(self._address)

        def send_or_fail(body: bytes) -> bool:
            nonlocal send
            try:
                return send(body)
            except OSError:  # the agent was killed
                send = http_sender(self._address)
                return False

        return send_or_fail


def main() -> int:
    """Print a line a minute and the figures; the exit code is 1 when something does not hold."""
    arguments = _arguments()
    print(f"{arguments.rate:,} spans/s; {arguments.minutes:g} minutes without a gateway, {arguments.agent_kills} kills")
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        return _judge(*_run(directory, arguments), directory)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A gateway that is away.")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rate", type=int, default=5000, help="spans/s")
    parser.add_argument("--agent-kills", type=int, default=0, help="SIGKILLs of the agent meanwhile")
    return parser.parse_args()


def _run(directory: Path, arguments: argparse.Namespace) -> tuple[LoadReport, Agent, int, float]:
    """The load, the agent, the most that its journal held, and how long it took to catch up (seconds)."""
    with _killed_gateway(directory) as (gateway, port):
        agent = Agent(directory, f"http://127.0.0.1:{port}")
        agent.start()
        load = Load(agent.server.otlp_http, arguments.rate)
        load.start()
        _watch(agent, BEFORE_S)
        os.kill(gateway.pid, 9)
    _say("the gateway was killed")
    most_bytes = 0
    for _ in range(arguments.agent_kills):
        most_bytes = max(most_bytes, _watch(agent, arguments.minutes * 60 / (arguments.agent_kills + 1)))
        agent.kill()
        _say("the agent was killed")
    most_bytes = max(most_bytes, _watch(agent, arguments.minutes * 60 / (arguments.agent_kills + 1)))
    with _gateway(directory, port) as gateway:
        _say("the gateway is back")
        took_s = _wait_below(agent, _CAUGHT_UP_BYTES)
        _watch(agent, AFTER_S)
        load.stop()
        _wait_below(agent, 1)
        agent.stop()
        gateway.wait_loaded(_CATCH_UP_TIMEOUT_S)
    return load.report, agent, most_bytes, took_s


@contextlib.contextmanager
def _killed_gateway(directory: Path) -> Iterator[tuple[BenchServer, str]]:
    """A gateway on any port, to be killed within the block."""
    with _gateway(directory, "0") as gateway:
        yield gateway, gateway.otlp_http.rsplit(":", 1)[1]


@contextlib.contextmanager
def _gateway(directory: Path, port: str) -> Iterator[BenchServer]:
    (directory / "gateway" / "ready.json").unlink(missing_ok=True)
    with running_server(directory / "gateway", {_GATEWAY_CORE}, {"CLEW_OTLP_HTTP_PORT": port}) as gateway:
        yield gateway


def _watch(agent: Agent, seconds: float) -> int:
    """Look at the agent for so long, with a line a minute; the most that its journal held."""
    began_s = told_s = time.monotonic()
    most_bytes = 0
    while (now_s := time.monotonic()) - began_s < seconds:
        waiting_bytes = agent.waiting_bytes()
        most_bytes = max(most_bytes, waiting_bytes)
        if now_s - told_s >= _LINE_S:
            told_s = now_s
            memory_bytes = agent.server.memory_bytes()
            _say(f"{waiting_bytes / 1e6:.0f} MB wait; the agent holds {memory_bytes / 1e6:.1f} MB")
        time.sleep(_SAMPLE_S)
    return most_bytes


def _wait_below(agent: Agent, below_bytes: int) -> float:
    began_s = time.monotonic()
    while agent.waiting_bytes() >= below_bytes:
        if time.monotonic() - began_s > _CATCH_UP_TIMEOUT_S:
            raise TimeoutError("the agent's journal was not emptied in time")
        time.sleep(0.1)
    return time.monotonic() - began_s


def _judge(report: LoadReport, agent: Agent, most_bytes: int, took_s: float, directory: Path) -> int:
    engine = Engine(directory / "gateway" / "data" / "store", StoreSettings(max_query_time_s=_COUNT_TIMEOUT_S))
    ((rows, distinct),) = engine.read(_COUNT)
    engine.close()
    accepted = report.accepted_spans
    rows_wanted = [
        ("acknowledged by the agent", f"{accepted:,} spans in {report.accepted_requests:,} requests"),
        (
            "refused, or cut off by a kill",
            f"{report.refused_requests * SPANS_PER_REQUEST:,} spans",
        ),
        ("stored", f"{rows:,} spans"),
        ("lost", f"{max(0, accepted - distinct):,} spans"),
        ("doubled", f"{rows - distinct:,} spans"),
        ("waiting at most", f"{most_bytes / 1e6:.0f} MB"),
        ("until the agent had caught up, under load", f"{took_s:.1f} s"),
        ("the agent's memory at most", f"{agent.peak_memory_bytes / 1e6:.1f} MB"),
        ("the agent's processor time", f"{agent.cpu_s / max(1, accepted) * 1e6:.2f} us per span"),
    ]
    print_table("An outage of the gateway", rows_wanted)
    # What was on its way when the agent was killed may be stored without having been acknowledged.
    unknown = report.refused_requests * SPANS_PER_REQUEST
    is_exact = rows == distinct and accepted <= rows <= accepted + unknown
    return int(not is_exact or agent.peak_memory_bytes >= MOST_MEMORY_BYTES)


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
