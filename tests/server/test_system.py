import contextlib
import os
import queue
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew import __version__
from clew.journal.journal import Journal
from clew.journal.record import AppendResult
from clew.model.prometheus import write_metrics
from clew.receive.counters import ReceiveCounters
from clew.server.system import RunningSystem
from clew.store.load import Loader
from tests.data_plane import DataPlane
from tests.receive.grpc_calls import call_grpc
from tests.server.exposition import Samples, parse_exposition
from tests.server_process import ServerProcess, running_server

RECEIVED = ("requests", "records", "bytes", "repeated", "rejected_records")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server of its own, so that nobody else moves its figures."""
    with running_server(tmp_path_factory.mktemp("system") / "data") as running:
        yield running


def _request(*span_ids: bytes) -> bytes:
    request = ExportTraceServiceRequest()
    trace_id = os.urandom(16)
    spans = request.resource_spans.add().scope_spans.add().spans
    for span_id in span_ids:
        spans.add(trace_id=trace_id, span_id=span_id, name="counted")
    return request.SerializeToString()


def _metrics(server: ServerProcess) -> Samples:
    answer = server.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return parse_exposition(answer.text)


def _received(samples: Samples, protocol: str, signal: str) -> dict[str, float]:
    labels = (("protocol", protocol), ("signal", signal))
    return {name: samples.get((f"clew_receive_{name}_total", labels), 0.0) for name in RECEIVED}


def _refused(samples: Samples, protocol: str, signal: str, reason: str) -> float:
    labels = (("protocol", protocol), ("reason", reason), ("signal", signal))
    return samples.get(("clew_receive_refused_total", labels), 0.0)


def _moved(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


def test_the_metrics_can_be_scraped(server: ServerProcess) -> None:
    """Every family is described once and every sample is one that Prometheus reads."""
    samples = _metrics(server)
    names = {name for name, _ in samples}
    assert {"clew_journal_waiting_bytes", "clew_load_segments_total", "process_resident_memory_bytes"} <= names
    assert all(value >= 0 for value in samples.values())


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_accepted_requests_are_counted(server: ServerProcess, protocol: str) -> None:
    """A request adds one, its spans, and its bytes, under its protocol and signal, and nowhere else."""
    body = _request(os.urandom(8), os.urandom(8), os.urandom(8))
    other = "grpc" if protocol == "http" else "http"
    before = _metrics(server)
    if protocol == "http":
        assert server.post_traces(body).status_code == 200
    else:
        assert call_grpc(server.otlp_grpc, "traces", body).code.name == "OK"
    after = _metrics(server)
    moved = _moved(_received(before, protocol, "traces"), _received(after, protocol, "traces"))
    assert moved == {"requests": 1, "records": 3, "bytes": len(body)}
    assert _received(after, other, "traces") == _received(before, other, "traces")


def test_left_out_spans_and_repeated_requests_are_counted(server: ServerProcess) -> None:
    """Spans without ids count as rejected; a request with a known Idempotency-Key counts as repeated only."""
    before = _received(_metrics(server), "http", "traces")
    server.post_traces(_request(os.urandom(8), b"", b"")).raise_for_status()
    moved = _moved(before, _received(_metrics(server), "http", "traces"))
    assert (moved["requests"], moved["records"], moved["rejected_records"]) == (1, 1, 2)
    body, key = _request(os.urandom(8)), {"Idempotency-Key": os.urandom(8).hex()}
    server.post_traces(body, **key).raise_for_status()
    before = _received(_metrics(server), "http", "traces")
    assert server.post_traces(body, **key).headers["idempotency-replayed"] == "true"
    assert _moved(before, _received(_metrics(server), "http", "traces")) == {"repeated": 1}


def test_refused_requests_are_counted_by_reason(server: ServerProcess) -> None:
    """What is answered with an error is counted under the reason, and not as received."""
    before = _metrics(server)
    assert server.post_traces(b"\xff").status_code == 400
    assert server.post_traces(b"", **{"Content-Type": "text/xml"}).status_code == 415
    assert call_grpc(server.otlp_grpc, "metrics", b"").code.name == "UNIMPLEMENTED"
    after = _metrics(server)
    for protocol, signal, reason in (
        ("http", "traces", "malformed"),
        ("http", "traces", "unsupported"),
        ("grpc", "metrics", "unsupported"),
    ):
        assert _refused(after, protocol, signal, reason) == _refused(before, protocol, signal, reason) + 1
    assert _received(after, "http", "traces") == _received(before, "http", "traces")


def test_status_counts_what_is_stored(server: ServerProcess) -> None:
    """Once loaded, spans, traces and log records are counted, nothing waits, and both numbers agree."""
    server.wait_loaded()
    before = server.get("/status")["store"]
    server.post_traces(_request(os.urandom(8), os.urandom(8))).raise_for_status()
    logs = ExportLogsServiceRequest()
    logs.resource_logs.add().scope_logs.add().log_records.add(severity_text="INFO")
    url = f"http://{server.otlp_http}/v1/logs"
    headers = {"Content-Type": "application/x-protobuf"}
    server.client.post(url, content=logs.SerializeToString(), headers=headers).raise_for_status()
    server.wait_loaded()
    status = server.get("/status")
    assert status["version"] == __version__
    assert status["store"].pop("bytes") > 0
    assert status["store"] == {
        "spans": before["spans"] + 2,
        "traces": before["traces"] + 1,
        "logs": before["logs"] + 1,
    }
    journal = status["journal"]
    assert journal["loaded_segment"] == journal["last_segment"] > 0
    assert (journal["waiting_bytes"], journal["waiting_segments"]) == (0, 0)


def test_loads_are_counted(server: ServerProcess) -> None:
    """A load adds a segment, its bytes and the time that it took; nothing is retried or set aside."""
    server.wait_loaded()
    before = _metrics(server)
    body = _request(os.urandom(8))
    server.post_traces(body).raise_for_status()
    server.wait_loaded()
    after = _metrics(server)
    moved = {
        name: after[name, labels] - before[name, labels]
        for name, labels in after
        if name.startswith("clew_load_") and not labels
    }
    assert moved["clew_load_segments_total"] == 1
    assert moved["clew_load_bytes_total"] > len(body)
    assert 0 < moved["clew_load_seconds_total"] < 10
    assert moved["clew_load_freshness_seconds_count"] == 1
    assert 0 < moved["clew_load_freshness_seconds_sum"] < 30
    assert (after["clew_load_retries_total", ()], after["clew_load_quarantined_total", ()]) == (0, 0)
    assert after["clew_journal_waiting_segments", ()] == 0


def test_the_memory_figure_is_that_of_the_process(server: ServerProcess) -> None:
    """process_resident_memory_bytes is what the kernel says, give or take what happens meanwhile."""
    shown = _metrics(server)["process_resident_memory_bytes", ()]
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    resident = re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
    assert resident is not None
    assert shown == pytest.approx(int(resident[1]) * 1024, rel=0.1)


def test_questions_are_timed_and_refusals_counted(server: ServerProcess) -> None:
    """An answer adds one to the histogram of its kind; a trace that isn't there to the refusals, with the reason."""
    kind, refused = ("query", "listServices"), (("query", "getTrace"), ("reason", "not_found"))
    before = _metrics(server)
    server.get("/services")
    assert server.client.get("/api/clew/v1/traces/77").status_code == 404
    after = _metrics(server)
    count = "clew_query_duration_seconds_count"
    assert after[count, (kind,)] == before.get((count, (kind,)), 0) + 1
    assert after["clew_query_refused_total", refused] == before.get(("clew_query_refused_total", refused), 0) + 1
    assert (after["clew_query_under_way", ()], after["clew_query_busy_handles", ()]) == (0, 0)


def test_engine_and_process_are_shown(server: ServerProcess) -> None:
    """The engine is up within its memory; what is stored is there with its parts; nothing is stuck; what runs."""
    server.post_traces(_request(os.urandom(8))).raise_for_status()
    server.wait_loaded()
    samples = _metrics(server)
    assert samples["clew_engine_up", ()] == 1
    assert 0 < samples["clew_engine_memory_bytes", ()] < samples["clew_engine_max_memory_bytes", ()]
    assert samples["clew_store_rows", (("table", "spans"),)] == server.get("/status")["store"]["spans"] > 0
    assert 0 < samples["clew_store_parts", (("table", "spans"),)] < 300
    assert samples["clew_mutation_waiting", ()] == 0
    (info,) = [dict(labels) for name, labels in samples if name == "clew_build_info"]
    assert info["version"] == __version__
    assert samples["clew_uptime_seconds", ()] < 300
    assert samples["process_start_time_seconds", ()] == pytest.approx(time.time(), abs=300)
    assert 10 < samples["process_open_fds", ()] < samples["process_max_fds", ()]


def test_a_server_is_ready_once_the_store_is_warm(server: ServerProcess) -> None:
    """/readyz is 200 when spans are loaded without delay, /healthz always."""
    server.wait_loaded()
    assert server.client.get("/readyz").status_code == 200
    assert server.client.get("/healthz").status_code == 200


def test_a_store_that_warms_up_is_not_ready(data_plane: DataPlane, tmp_path: Path) -> None:
    """Before the loader has warmed the engine up the system is not ready, and says why."""
    loader = Loader(data_plane.engine, data_plane.journal, tmp_path)
    system = RunningSystem(data_plane.engine, data_plane.journal, loader, ReceiveCounters())
    assert system.ready() == "the store is warming up; try again in a second"


def test_what_waits_to_be_loaded_shows(data_plane: DataPlane, tmp_path: Path) -> None:
    """A record that nobody loads is waiting: in the status, and in the metrics with its age."""
    journal = Journal(tmp_path / "journal")
    with contextlib.closing(journal):
        loader = Loader(data_plane.engine, journal, tmp_path)
        system = RunningSystem(data_plane.engine, journal, loader, ReceiveCounters())
        durable: queue.SimpleQueue[object] = queue.SimpleQueue()
        journal.append("traces/t", _request(os.urandom(8)), durable.put)
        assert durable.get(timeout=30) is AppendResult.STORED
        waiting = system.status().journal
        assert waiting.waiting_segments == 1
        assert waiting.waiting_bytes > 0
        assert waiting.last_segment == waiting.loaded_segment + 1
        samples = parse_exposition(write_metrics(system.metrics()))
        assert samples["clew_journal_waiting_segments", ()] == 1
        assert samples["clew_journal_waiting_bytes", ()] == waiting.waiting_bytes
        assert 0 <= samples["clew_journal_oldest_age_seconds", ()] < 30
