import json
from collections.abc import Iterator

import httpx
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from clew.errors import JournalFull
from clew.receive.skywalking_http import SkyWalkingDialect
from tests.receive.http_server import OpenDoor, serve_http
from tests.receive.memory_intake import MemoryIntake
from tests.wire.otlp_samples import make_request
from tests.wire.skywalking_samples import UUID_TRACE, spans_in

SEGMENT = {
    "traceId": UUID_TRACE,
    "traceSegmentId": "f00",
    "service": "orders",
    "spans": [{"spanId": 0, "parentSpanId": -1, "operationName": "/pay", "spanType": "Entry"}],
}
ONE = json.dumps(SEGMENT).encode()


@pytest.fixture
def door(intake: MemoryIntake) -> Iterator[OpenDoor]:
    """The door of SkyWalking's agents."""
    with serve_http(intake, dialect=SkyWalkingDialect()) as opened:
        yield opened
        intake.resume()


def _stored_names(intake: MemoryIntake) -> list[str]:
    return [span.name for payload in intake.payloads("traces/default") for span in spans_in(payload)]


@pytest.mark.parametrize("path", ["/v3/segment", "/v3/segments"])
@pytest.mark.parametrize("media", ["application/json", "application/json; charset=utf-8", "text/plain"])
def test_segments_are_stored(door: OpenDoor, intake: MemoryIntake, path: str, media: str) -> None:
    """One segment or a list of them; the answer is a Commands without any."""
    body, count = (ONE, 1) if path == "/v3/segment" else (b"[" + ONE + b"," + ONE + b"]", 2)
    answer = door.post(path, body, media)
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, b"{}", "application/json")
    assert _stored_names(intake) == ["/pay"] * count
    assert door.counters.snapshot().accepted_records == {("skywalking", "traces"): count}


def test_log_records_are_stored(door: OpenDoor, intake: MemoryIntake) -> None:
    """Agents that speak HTTP send their log records as a list."""
    assert (
        door.post("/v3/logs", b'[{"service":"orders","body":{"text":{"text":"paid"}}}]', "application/json").status
        == 200
    )
    (payload,) = intake.payloads("logs/default")
    record = ExportLogsServiceRequest.FromString(payload).resource_logs[0].scope_logs[0].log_records[0]
    assert record.body.string_value == "paid"
    assert record.observed_time_unix_nano > 1_700_000_000_000_000_000


@pytest.mark.parametrize("path", ["/v3/management/reportProperties", "/v3/management/keepAlive"])
def test_an_agent_that_reports_itself_is_answered(door: OpenDoor, intake: MemoryIntake, path: str) -> None:
    """It has no commands to do, and the connection can be used on, though nobody wants the body."""
    with httpx.Client(base_url=f"http://{door.address}") as client:
        for _ in range(2):
            answer = client.post(path, json={"service": "orders", "properties": [{"key": "k", "value": "x" * 100_000}]})
            assert (answer.status_code, answer.json()) == (200, {})
        assert client.post("/v3/segment", content=ONE).status_code == 200
    assert _stored_names(intake) == ["/pay"]


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("/v3/segment", b'{"spans":', "no JSON of SkyWalking"),
        ("/v3/segment", b'{"spans":[{}]}', "a segment has no traceId"),
        ("/v3/segments", ONE, "Expected `array`"),
    ],
)
def test_a_bad_body_is_refused_in_words(
    door: OpenDoor, intake: MemoryIntake, path: str, body: bytes, reason: str
) -> None:
    """The text says what the mistake was; nothing is stored."""
    answer = door.post(path, body, "application/json")
    assert answer.status == 400
    assert reason in answer.body.decode()
    assert intake.appended == []


def test_other_media_and_paths_are_refused_in_words(door: OpenDoor) -> None:
    """The text says what to send, and where."""
    protobuf, nowhere = door.post("/v3/segment", ONE), door.post("/v3/nowhere", ONE, "application/json")
    assert (protobuf.status, nowhere.status) == (415, 404)
    assert b"send application/json" in protobuf.body
    assert b"SkyWalking's agents send to /v3/logs" in nowhere.body


def test_only_post_is_taken(door: OpenDoor) -> None:
    """GET and the like get 405 with what is allowed."""
    for path in ("/v3/segment", "/v3/management/keepAlive", "/v1/traces"):
        answer = door.send("GET", path)
        assert (answer.status, answer.headers["allow"]) == (405, "POST, OPTIONS")


def test_overload_is_told(door: OpenDoor, intake: MemoryIntake) -> None:
    """A full journal is 429 with a time to wait."""
    intake.refuse_with = JournalFull("the journal is full", 2.0)
    answer = door.post("/v3/segment", ONE, "application/json")
    assert (answer.status, answer.headers["retry-after"]) == (429, "2")


def test_pages_of_strangers_may_not_send(door: OpenDoor) -> None:
    """SkyWalking's agent in browsers sends from pages; those of this machine may, others have to be named."""
    fine = door.post("/v3/segments", b"[" + ONE + b"]", "text/plain", origin="http://localhost:3000")
    assert (fine.status, fine.headers["access-control-allow-origin"]) == (200, "http://localhost:3000")
    assert door.post("/v3/segments", b"[]", "text/plain", origin="https://elsewhere.example").status == 403


def test_otlp_is_taken_at_the_same_port(door: OpenDoor, intake: MemoryIntake) -> None:
    """Under /v1, with OTLP's own answers, also to mistakes."""
    body = make_request(2).SerializeToString()
    assert (door.post("/v1/traces", body).status, intake.payloads("traces/default")) == (200, [body])
    refused = door.post("/v1/traces", b'{"resourceSpans":1}', "application/json")
    assert refused.status == 400
    assert "no OTLP/JSON" in json.loads(refused.body)["message"]
    assert door.post("/v1/metrics", b"").status == 404
