import resource
import socket
import struct
import subprocess
import sys
from pathlib import Path

import grpc
import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bench.spans import build_templates
from tests.agent.agent_process import CLEW, AgentProcess, any_ports, running_agent
from tests.agent.forwarding import names_in, payload, wait_until
from tests.agent.scripted_gateway import NONE, scripted_gateway

STRATEGY = "/jaeger.api_v2.SamplingManager/GetSamplingStrategy"
EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
MOST_MEMORY_BYTES = 80_000_000
NO_LIMIT = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
HEAVY = ("chdb", "clickhouse_connect", "numpy", "litestar", "pandas", "httpx", "clew.store", "clew.query", "clew.api")


def agent(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """A `clew agent` that is expected to end by itself."""
    environ = {"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path), **any_ports(), **environ}
    return subprocess.run(
        [CLEW, "agent", *arguments], env=environ, capture_output=True, text=True, timeout=60, check=False
    )


def test_spans_of_both_doors_arrive_with_the_attributes(tmp_path: Path) -> None:
    """What comes in by gRPC and HTTP goes out by HTTP, with the key, and with what the settings add."""
    (tmp_path / "key").write_text("secret\n")
    flags = ("--key-file", str(tmp_path / "key"), "--attribute", "team=checkout")
    with scripted_gateway() as gateway, running_agent(tmp_path / "agent", [gateway.url], flags) as running:
        assert running.post(payload("by-http")).status_code == 200
        with grpc.insecure_channel(running.addresses["otlp_grpc"]) as channel:
            channel.unary_unary(EXPORT, request_serializer=None, response_deserializer=None)(payload("by-grpc"))
        running.wait_forwarded()
        assert running.metric("clew_agent_requests_total") == running.metric("clew_receive_requests_total") == 2
    assert sorted(names_in(gateway.taken())) == ["by-grpc", "by-http"]
    assert {posted.headers["authorization"] for posted in gateway.posted} == {"Bearer secret"}
    group = ExportTraceServiceRequest.FromString(gateway.posted[0].body).resource_spans[0]
    added = {attribute.key: attribute.value.string_value for attribute in group.resource.attributes}
    assert added["team"] == "checkout"
    assert added["os.type"] == "linux"


def test_the_package_is_light() -> None:
    """Whatever the agent imports, it is no engine and no web framework."""
    code = f"import clew.agent.run, sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_memory_stays_small_under_load(tmp_path: Path) -> None:
    """Below 80 MB while 150,000 spans come in and the gateway is away for the first half of them."""
    with scripted_gateway() as gateway:
        gateway.always = NONE
        with running_agent(tmp_path / "agent", [gateway.url], environ={"CLEW_AGENT_LONGEST_PAUSE_S": "0.2"}) as running:
            for number, template in enumerate(build_templates(10) * 30):
                assert running.post(template.fresh()[0]).status_code == 200
                if number == 150:
                    gateway.always = (200, {}, b"")
            running.wait_forwarded()
            status = Path(f"/proc/{running.process.pid}/status").read_text()
    (peak_kib,) = (int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))
    assert peak_kib * 1024 < MOST_MEMORY_BYTES


def test_stopping_forwards_what_is_there(tmp_path: Path) -> None:
    """SIGTERM right after the answer: the spans arrive, and the exit code is 0."""
    with scripted_gateway() as gateway:
        running = AgentProcess(tmp_path / "agent", [gateway.url], environ={})
        assert running.post(payload("last")).status_code == 200
        assert running.stop() == 0
        assert names_in(gateway.taken()) == ["last"]


def test_stopping_waits_for_no_gateway_that_is_away(tmp_path: Path) -> None:
    """After the time to drain the agent leaves, and forwards the rest after the next start."""
    with scripted_gateway() as gateway:
        gateway.always = (429, {}, b"")
        settings = {"CLEW_AGENT_DRAIN_TIMEOUT_S": "0.1"}
        running = AgentProcess(tmp_path / "agent", [gateway.url], environ=settings)
        assert running.post(payload("kept")).status_code == 200
        assert running.stop() == 0
        assert any("stay on disk" in line for line in running.stderr)
        gateway.always = (200, {}, b"")
        with running_agent(tmp_path / "agent", [gateway.url]) as again:
            again.wait_forwarded()
        assert names_in([gateway.posted[-1].body]) == ["kept"]


def test_a_full_journal_pushes_back(tmp_path: Path) -> None:
    """Beyond the bound on disk clients are told to come back, readiness says why, and nothing accepted is lost."""
    bounded = {"CLEW_AGENT_JOURNAL_MAX_BYTES": "300", "CLEW_AGENT_LONGEST_PAUSE_S": "0.2"}
    with scripted_gateway() as gateway:
        gateway.always = (429, {}, b"")
        with running_agent(tmp_path / "agent", [gateway.url], environ=bounded) as running:
            assert running.get("/readyz").status_code == 200
            answers = {name: running.post(payload(name)) for name in (f"span-{number}" for number in range(20))}
            accepted = [name for name, answer in answers.items() if answer.status_code == 200]
            assert 0 < len(accepted) < 20
            last = answers["span-19"]
            assert (last.status_code, "retry-after" in last.headers) == (429, True)
            gateway.always = (200, {}, b"")
            # Room is made when the gateway's answer is there, a moment after it was asked.
            wait_until(lambda: running.post(payload("after")).status_code == 200)
            running.wait_forwarded()
        taken = {posted.key: posted.body for posted in gateway.posted}.values()
    assert sorted(names_in(list(taken))) == sorted([*accepted, "after"])


def test_a_full_disk_pushes_back_and_is_emptied(tmp_path: Path) -> None:
    """While no file can grow, clients are told to come back; what was acknowledged before is forwarded all the same."""
    with scripted_gateway() as gateway:
        gateway.always = (429, {}, b"")
        with running_agent(tmp_path / "agent", [gateway.url]) as running:
            assert running.post(payload("before")).status_code == 200
            resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
            assert running.post(payload("refused")).status_code == 429
            gateway.always = (200, {}, b"")
            running.wait_forwarded()
            resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, NO_LIMIT)
            assert running.post(payload("after")).status_code == 200
            running.wait_forwarded()
    assert names_in(gateway.taken()) == ["before", "after"]


def test_bad_input_is_refused_here(tmp_path: Path) -> None:
    """What no gateway would take is answered with 400, and the neighbour's spans go through."""
    with scripted_gateway() as gateway, running_agent(tmp_path / "agent", [gateway.url]) as running:
        assert running.post(b"nonsense").status_code == 400
        assert running.post(payload("good")).status_code == 200
        running.wait_forwarded()
    assert names_in(gateway.taken()) == ["good"]


def test_a_second_agent_on_the_same_data_is_refused(tmp_path: Path) -> None:
    """It says so and ends with 1; the first is unharmed."""
    with scripted_gateway() as gateway, running_agent(tmp_path / "agent", [gateway.url]) as running:
        done = agent("--gateway", gateway.url, "--data-dir", str(tmp_path / "agent"))
        assert (done.returncode, "another" in done.stderr) == (1, True)
        assert running.get("/healthz").text == "ok\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "gateways is empty; name one"),
        (("--gateway", "gateway:4318"), "gateway 'gateway:4318' is no URL of a gateway"),
        (("--gateway", "http://a", "--key-file", "/none"), "key_file /none can't be read"),
        (("--gateway", "http://a", "--data-dir", "/proc/none"), "data_dir /proc/none can't be made"),
        (("--gateway", "http://a", "--attribute", "team"), "write key=value"),
    ],
)
def test_what_is_wrong_is_told_before_anything_starts(arguments: tuple[str, ...], message: str) -> None:
    """The message names the setting, and the exit code is 2."""
    done = agent(*arguments)
    assert done.returncode == 2
    assert message in done.stderr


def test_a_port_that_is_taken_is_told_with_its_setting() -> None:
    """A Clew on the same host has the same ports unless told."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = agent("--gateway", "http://a", CLEW_AGENT_SAMPLING_PORT=str(taken.getsockname()[1]))
    assert (done.returncode, "set sampling_port to another port" in done.stderr) == (2, True)


def test_strategies_of_the_gateway_are_served(tmp_path: Path) -> None:
    """Clients of this host ask here; the settings say where the gateway's are."""
    strategy = b'{"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":0.5}}'
    with scripted_gateway() as gateway:
        gateway.always = (200, {"Content-Type": "application/json"}, strategy)
        settings = {"CLEW_AGENT_SAMPLING_URLS": f"{gateway.url}/sampling"}
        with running_agent(tmp_path / "agent", [gateway.url], environ=settings) as running:
            url = f"http://{running.addresses['sampling']}/sampling?service=cart"
            answer = httpx.get(url, trust_env=False)
            with grpc.insecure_channel(running.addresses["jaeger_grpc"]) as channel:
                ask = channel.unary_unary(STRATEGY, request_serializer=None, response_deserializer=None)
                over_grpc = ask(b"\x0a\x04cart", timeout=20)
    assert over_grpc == b"\x12\x09\x09" + struct.pack("<d", 0.5)  # probabilisticSampling { samplingRate }
    assert (answer.content, answer.headers["content-type"]) == (strategy, "application/json")
    assert [posted.path for posted in gateway.posted] == ["/sampling?service=cart"]
