import httpx

from clew.model.metric import Metric
from tests.api.memory_reader import MemorySystem


def test_health_needs_no_store(client: httpx.Client, system: MemorySystem) -> None:
    """`/healthz` is 200 even while the system isn't ready."""
    system.not_ready = "the store is opening"
    assert client.get("/healthz").text == "ok\n"


def test_ready_or_the_reason(client: httpx.Client, system: MemorySystem) -> None:
    """`/readyz` is 200 when ready, else 503 with the reason."""
    assert client.get("/readyz").status_code == 200
    system.not_ready = "the journal is 12 s behind"
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"error": {"status": 503, "key": None, "message": "the journal is 12 s behind"}}


def test_metrics_are_prometheus_text(client: httpx.Client, system: MemorySystem) -> None:
    """`/metrics` has the media type and the lines that Prometheus reads."""
    system.families = [Metric("clew_spans_total", "Spans accepted.", "counter", [({"protocol": "grpc"}, 3)])]
    answer = client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.text.splitlines()[-1] == 'clew_spans_total{protocol="grpc"} 3'
