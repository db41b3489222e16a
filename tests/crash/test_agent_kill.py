"""Exactly once from the agent's answer to the gateway's store, whichever of the two is killed, and how often."""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.agent.agent_process import AgentProcess
from tests.agent.forwarding import wait_until
from tests.server_process import PROTOBUF, ServerProcess

SPANS_PER_REQUEST = 20
QUICK = {
    "CLEW_AGENT_JOURNAL_SEGMENT_AGE_S": "0.02",
    "CLEW_AGENT_LONGEST_PAUSE_S": "0.3",
    "CLEW_AGENT_DRAIN_TIMEOUT_S": "30",
}


class Load:
    """Threads that send to whatever address there is now; knows what was sent and what was acknowledged."""

    def __init__(self, address: Callable[[], str], threads: int = 2) -> None:
        self.sent: set[bytes] = set()
        self.acknowledged: set[bytes] = set()
        self._address = address
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Send no more."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(60)

    def _run(self) -> None:
        with httpx.Client(timeout=20.0, trust_env=False) as client:
            while not self._stopping.is_set():
                body, span_ids = make_request()
                self.sent |= span_ids
                try:
                    answer = client.post(f"http://{self._address()}/v1/traces", content=body, headers=PROTOBUF)
                except httpx.HTTPError:
                    self._stopping.wait(0.02)  # it is being killed, or not up again
                    continue
                if answer.status_code == 200:
                    self.acknowledged |= span_ids
                self._stopping.wait(0.01)


def make_request() -> tuple[bytes, set[bytes]]:
    """A request of new spans, and their ids."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.add(key="service.name").value.string_value = "crash"
    spans = group.scope_spans.add().spans
    trace_id, now_ns = os.urandom(16), time.time_ns()
    for number in range(SPANS_PER_REQUEST):
        span = spans.add(trace_id=trace_id, span_id=os.urandom(8), name=f"step-{number}")
        span.start_time_unix_nano = span.end_time_unix_nano = now_ns
    return request.SerializeToString(), {span.span_id for span in spans}


class Stage:
    """An agent and its gateways, each of which can be killed and started again on its ports."""

    def __init__(self, directory: Path, gateways: int, stack: ExitStack) -> None:
        self._directory = directory
        self.gateways = [ServerProcess(directory / f"gateway-{number}") for number in range(gateways)]
        self.urls = [f"http://{gateway.otlp_http}" for gateway in self.gateways]
        self.agent = self._agent({})
        self._fixed = {
            f"CLEW_AGENT_{name.upper()}_PORT": address.rsplit(":", 1)[1]
            for name, address in self.agent.addresses.items()
        }
        stack.callback(self._end)

    def kill_agent(self) -> None:
        """SIGKILL, and a new one on the same disk and ports."""
        self.agent.kill()
        self.agent = self._agent(self._fixed)

    def kill_gateway(self, number: int, away_s: float = 0.0) -> None:
        """SIGKILL, and a new one on the same disk; it listens where the old one did."""
        old = self.gateways[number]
        old.kill()
        time.sleep(away_s)
        self.gateways[number] = ServerProcess(old.data_dir, ("--otlp-http-port", old.otlp_http.rsplit(":", 1)[1]))

    def stored(self) -> Counter[bytes]:
        """How often each span is stored, in all gateways together, when all is forwarded and loaded."""
        wait_until(lambda: self.agent.metric("clew_journal_waiting_segments") == 0)
        found: Counter[bytes] = Counter()
        for gateway in self.gateways:
            gateway.wait_loaded()
            for data in gateway.export(service="crash"):
                spans = (span for group in data.resource_spans for scope in group.scope_spans for span in scope.spans)
                found.update(span.span_id for span in spans)
        return found

    def _agent(self, environ: dict[str, str]) -> AgentProcess:
        return AgentProcess(self._directory / "agent", self.urls, environ={**QUICK, **environ})

    def _end(self) -> None:
        everybody: list[AgentProcess | ServerProcess] = [self.agent, *self.gateways]
        for process in everybody:
            if process.process.poll() is None:
                process.kill()


@contextmanager
def stage(directory: Path, gateways: int) -> Iterator[Stage]:
    """All processes end with the block."""
    with ExitStack() as stack:
        yield Stage(directory, gateways, stack)


def check(load: Load, stored: Counter[bytes], least_requests: int) -> None:
    """Every acknowledged span is stored once, none twice, and none that was never sent."""
    assert len(load.acknowledged) > least_requests * SPANS_PER_REQUEST
    assert not load.acknowledged - set(stored), "acknowledged spans are lost"
    assert not [span_id for span_id, count in stored.items() if count != 1], "spans are doubled"
    assert not set(stored) - load.sent, "spans are invented"


def run_kills(scene: Stage, kills: Sequence[Callable[[], None]], seed: int) -> Load:
    """Kill one after the other at random moments under load."""
    moments = random.Random(seed)
    load = Load(lambda: scene.agent.addresses["otlp_http"])
    for kill in kills:
        time.sleep(moments.uniform(0.1, 1.0))
        kill()
    time.sleep(0.5)
    load.stop()
    return load


def test_a_killed_gateway_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """SIGKILL of the gateway under load, with answers on their way, and some seconds without any."""
    with stage(tmp_path, 1) as scene:
        load = run_kills(scene, [lambda: scene.kill_gateway(0, 0.5)] * 3, 1)
        check(load, scene.stored(), 20)


def test_a_killed_agent_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """SIGKILL of the agent under load: what it acknowledged is sent after the next start, under the same keys."""
    with stage(tmp_path, 1) as scene:
        load = run_kills(scene, [scene.kill_agent] * 8, 2)
        check(load, scene.stored(), 20)


def test_two_gateways_with_stores_of_their_own_double_nothing(tmp_path: Path) -> None:
    """SIGKILL of either gateway and of the agent: a batch that one may have does not go to the other."""
    with stage(tmp_path, 2) as scene:
        kills = [lambda: scene.kill_gateway(0), scene.kill_agent, lambda: scene.kill_gateway(1), scene.kill_agent]
        load = run_kills(scene, kills, 3)
        check(load, scene.stored(), 20)
        assert all(gateway.get("/status")["store"]["spans"] for gateway in scene.gateways), "one of them got nothing"
