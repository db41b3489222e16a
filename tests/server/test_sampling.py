import json
import os
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from clew.receive.doors import DOORS
from clew.sampling.answer import Answer, to_protobuf
from tests.server_process import CLEW, ServerProcess
from tests.store.segments import request_of

DEADLINE_S = 30.0


def write(path: Path, probability: float) -> None:
    """A strategies file with a default."""
    path.write_text(json.dumps({"default_strategy": {"type": "probabilistic", "param": probability}}))


def told(server: ServerProcess) -> Any:
    """What the HTTP port tells a service."""
    url = f"http://{server.addresses['sampling_http']}/sampling"
    return httpx.get(url, params={"service": "shop"}, trust_env=False).json()["probabilisticSampling"]["samplingRate"]


def wait_until_told(server: ServerProcess, probability: float) -> None:
    """Returns when the port tells this."""
    deadline_s = time.monotonic() + DEADLINE_S
    while told(server) != probability:
        assert time.monotonic() < deadline_s
        threading.Event().wait(0.02)


def test_strategies_of_a_running_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the file, read again, complained about when it is wrong; over the API, also after a kill; on both ports."""
    path = tmp_path / "strategies.json"
    write(path, 0.5)
    monkeypatch.setenv("CLEW_SAMPLING_STRATEGIES_FILE", str(path))
    monkeypatch.setenv("CLEW_SAMPLING_STRATEGIES_FILE_INTERVAL_S", "0.05")
    server = ServerProcess(tmp_path / "data", doors="otlp,sampling")
    try:
        assert told(server) == 0.5
        with grpc.insecure_channel(server.addresses["sampling_grpc"]) as channel:
            ask = channel.unary_unary("/jaeger.api_v2.SamplingManager/GetSamplingStrategy", None, None)
            assert ask(b"\x0a\x04shop", timeout=20) == to_protobuf(Answer(0.5))
        write(path, 0.25)
        wait_until_told(server, 0.25)
        path.write_text("{")
        deadline_s = time.monotonic() + DEADLINE_S
        while not server.get("/status")["sampling_complaint"]:
            assert time.monotonic() < deadline_s
        metrics = server.client.get("/metrics").text
        assert "clew_sampling_file_wrong 1" in metrics
        assert 'clew_sampling_answers_total{protocol="sampling_grpc"} 1' in metrics
        assert told(server) == 0.25
        body = {"strategies": {"default_strategy": {"type": "const", "param": 1}}, "who": "ann"}
        assert server.client.put("/api/clew/v1/sampling/strategies", json=body).status_code == 200
        assert told(server) == 1
        server.kill()
        server = ServerProcess(tmp_path / "data", doors="otlp,sampling")
        assert told(server) == 1
        assert server.client.delete("/api/clew/v1/sampling/strategies").status_code == 200
        assert told(server) == 0.25  # the file is still wrong
    finally:
        if server.process.poll() is None:
            server.stop()


def roots(count: int) -> bytes:
    """Root spans that begin now, kept by one half."""
    spans = [
        Span(
            trace_id=os.urandom(16),
            span_id=os.urandom(8),
            name="GET /",
            start_time_unix_nano=time.time_ns(),
            trace_state="ot=th:8",
        )
        for _ in range(count)
    ]
    return request_of("shop", *spans).SerializeToString()


def test_adaptive_probabilities_of_a_running_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From spans that are sent to what clients are told: a low rate of which all is wanted has a rising probability."""
    for name, value in {"INTERVAL_S": "3", "DELAY_S": "8", "STRATEGIES_FILE_INTERVAL_S": "0.05"}.items():
        monkeypatch.setenv(f"CLEW_SAMPLING_{name}", value)
    server = ServerProcess(tmp_path / "data", doors="otlp,sampling")
    try:
        body = {"strategies": {"default_strategy": {"type": "adaptive", "param": 100}}}
        assert server.client.put("/api/clew/v1/sampling/strategies", json=body).status_code == 200
        deadline_s = time.monotonic() + 4 * DEADLINE_S  # a window is left out when loads are 8 s behind
        learned: list[Any] = []
        while not learned:
            assert time.monotonic() < deadline_s
            assert server.post_traces(roots(5)).status_code == 200
            threading.Event().wait(0.05)
            learned = server.get("/sampling/strategies/shop")["answer"]["operationSampling"]["perOperationStrategies"]
        ((operation, sampling),) = ((each["operation"], each["probabilisticSampling"]) for each in learned)
        assert operation == "GET /"
        assert sampling["samplingRate"] > 0.001
    finally:
        server.stop()


def test_a_wrong_strategies_file_ends_the_start(tmp_path: Path) -> None:
    """As any wrong setting, with its name and the place in the file."""
    path = tmp_path / "strategies.json"
    path.write_text('{"default_strategy": {"type": "probabilistic", "param": 7}}')
    ports = {f"CLEW_{name.upper()}_PORT": "0" for name in ("http", *(kind.name for kind in DOORS))}
    environ = {**os.environ, **ports, "CLEW_SAMPLING_STRATEGIES_FILE": str(path)}
    command = [CLEW, "up", "--data-dir", str(tmp_path / "data")]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode != 0
    last = done.stderr.splitlines()[-1]
    assert "sampling.strategies_file: " in last
    assert "default_strategy.param: 7 does not do" in last
