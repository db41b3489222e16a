import gzip
import json
import logging
import random
import threading
import zlib
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue

import pytest
import zstandard
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # it ships no stubs
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from clew.errors import JournalClosed, JournalError, JournalFull
from clew.receive.settings import ReceiveSettings
from clew.wire.otlp_json import logs_to_json, traces_to_json
from tests.receive.bombs import Zeros, gzip_bomb, zstd_bomb
from tests.receive.conftest import OpenHttp
from tests.receive.http_server import OpenDoor, Response
from tests.receive.memory_intake import MemoryIntake
from tests.wire.otlp_samples import make_logs, make_request, span_ids

JSON = "application/json"
BODY = make_request(3).SerializeToString()


def _status(response: Response) -> tuple[int, str]:
    """The google.rpc.Status of an answer, in the format that its headers say."""
    if response.headers["content-type"] == JSON:
        written = json.loads(response.body)
        return written["code"], written["message"]
    status = Status.FromString(response.body)
    return status.code, status.message


def _head(length: int, *more: str) -> bytes:
    lines = ["POST /v1/traces HTTP/1.1", "host: x", "content-type: application/x-protobuf", f"content-length: {length}"]
    return "\r\n".join([*lines, *more, "", ""]).encode()


def test_protobuf_traces_reach_the_journal_as_the_very_same_bytes(door: OpenDoor, intake: MemoryIntake) -> None:
    """A good request is stored unchanged, and answered with the empty message in its own format."""
    response = door.post("/v1/traces", BODY, "application/x-protobuf; charset=utf-8")
    assert (response.status, response.body) == (200, b"")
    assert response.headers["content-type"] == "application/x-protobuf"
    assert intake.payloads("traces/default") == [BODY]
    counts = door.counters.snapshot()
    assert counts.accepted_records == {("http", "traces"): 3}
    assert counts.accepted_bytes == {("http", "traces"): len(BODY)}


def test_json_traces_and_logs_reach_the_journal_as_protobuf(door: OpenDoor, intake: MemoryIntake) -> None:
    """OTLP/JSON is converted, and answered in JSON."""
    response = door.post("/v1/traces", traces_to_json(make_request(3)), JSON)
    assert (response.status, response.body, response.headers["content-type"]) == (200, b"{}", JSON)
    assert door.post("/v1/logs", logs_to_json(make_logs(2)), JSON).status == 200
    assert intake.payloads("traces/default") == [BODY]
    assert intake.payloads("logs/default") == [make_logs(2).SerializeToString()]


def test_protobuf_logs_go_to_their_own_stream(open_http: OpenHttp, intake: MemoryIntake) -> None:
    """Log records are stored apart from spans, under the tenant of the settings."""
    body = make_logs(2).SerializeToString()
    assert open_http(ReceiveSettings(tenant="shop")).post("/v1/logs", body).status == 200
    assert intake.payloads("logs/shop") == [body]


@pytest.mark.parametrize("span_count", [3, 3000])
@pytest.mark.parametrize(
    ("encoding", "encode"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("zstd", zstandard.compress),
        ("identity", bytes),
    ],
)
def test_compressed_bodies_are_inflated(
    door: OpenDoor, intake: MemoryIntake, encoding: str, encode: Callable[[bytes], bytes], span_count: int
) -> None:
    """gzip, deflate, zstd and identity are understood, for small bodies and large ones."""
    body = make_request(span_count).SerializeToString()
    assert door.post("/v1/traces", encode(body), content_encoding=encoding).status == 200
    assert intake.payloads("traces/default") == [body]


def test_a_chunked_body_is_read_to_its_end(door: OpenDoor, intake: MemoryIntake) -> None:
    """A body without Content-Length, in many chunks, is one request."""
    pieces = (BODY[at : at + 7] for at in range(0, len(BODY), 7))
    assert door.post("/v1/traces", pieces).status == 200
    assert intake.payloads("traces/default") == [BODY]


def test_an_empty_body_is_a_valid_request_without_spans(door: OpenDoor, intake: MemoryIntake) -> None:
    """No bytes are an empty message in protobuf; nothing is stored."""
    assert door.post("/v1/traces", b"").status == 200
    assert intake.appended == []


def test_bad_spans_are_refused_by_partial_success(door: OpenDoor, intake: MemoryIntake) -> None:
    """A span with a zero id is counted and explained; its neighbours are stored."""
    request = make_request(3)
    request.resource_spans[0].scope_spans[0].spans[1].span_id = bytes(8)
    response = door.post("/v1/traces", request.SerializeToString())
    partial = ExportTraceServiceResponse.FromString(response.body).partial_success
    assert (response.status, partial.rejected_spans) == (200, 1)
    assert "span_id must be 8 bytes" in partial.error_message
    assert span_ids(intake.payloads("traces/default")[0]) == [1, 3]
    response = door.post("/v1/traces", traces_to_json(request), JSON)
    assert json.loads(response.body)["partialSuccess"]["rejectedSpans"] == "1"
    assert door.counters.snapshot().rejected_records == {("http", "traces"): 2}


PROTOBUF = "application/x-protobuf"
WRONG: dict[str, tuple[Callable[[], bytes], str, str, int, int, str]] = {
    "random bytes": (lambda: random.Random(1).randbytes(1000), PROTOBUF, "", 400, 3, "no ExportTraceServiceRequest"),
    "truncated": (lambda: BODY[:-1], PROTOBUF, "", 400, 3, "no ExportTraceServiceRequest"),
    "no UTF-8": (lambda: BODY.replace(b"GET", b"\xff\xfe\xfd"), PROTOBUF, "", 400, 3, "no ExportTraceServiceRequest"),
    "broken JSON": (lambda: b"{", JSON, "", 400, 3, "no OTLP/JSON"),
    "empty JSON": (bytes, JSON, "", 400, 3, "no OTLP/JSON"),
    "wrong type in JSON": (lambda: b'{"resourceSpans": 5}', JSON, "", 400, 3, "$.resourceSpans"),
    "not compressed": (lambda: BODY, PROTOBUF, "gzip", 400, 3, "compressed body is broken"),
    "truncated gzip": (lambda: gzip.compress(BODY)[:-9], PROTOBUF, "gzip", 400, 3, "cut off"),
    "unknown encoding": (lambda: BODY, PROTOBUF, "br", 415, 12, "gzip, deflate, zstd"),
    "two encodings": (lambda: BODY, PROTOBUF, "gzip, zstd", 415, 12, "gzip, deflate, zstd"),
    "text": (lambda: BODY, "text/plain", "", 415, 12, "application/json"),
    "no type": (lambda: BODY, "", "", 415, 12, "application/x-protobuf"),
    "gzip bomb": (gzip_bomb, PROTOBUF, "gzip", 413, 3, "inflates to more than 67108864 bytes"),
    "zstd bomb": (zstd_bomb, PROTOBUF, "zstd", 413, 3, "inflates to more than 67108864 bytes"),
    "JSON bomb": (partial(gzip_bomb, 2**30), JSON, "gzip", 413, 3, "inflates to more than 16777216 bytes"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_input_is_refused_with_status_and_reason(door: OpenDoor, intake: MemoryIntake, kind: str) -> None:
    """Each kind of wrong input has its status code and a google.rpc.Status that says why, in the client's format."""
    body, content_type, encoding, status, code, message = WRONG[kind]
    response = door.post("/v1/traces", body(), content_type, content_encoding=encoding)
    assert response.status == status
    assert _status(response)[0] == code
    assert message in _status(response)[1]
    assert intake.appended == []
    assert door.in_flight_bytes == 0
    if status == 415:
        assert response.headers["accept-encoding"] == "gzip, deflate, zstd, identity"
        assert response.headers["accept-post"] == "application/x-protobuf, application/json"


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("POST", "/v1/metrics", 404, "metrics are not stored here"),
        ("POST", "/", 404, "/v1/traces"),
        ("GET", "/v1/trace", 404, "/v1/traces"),
        ("GET", "/v1/traces", 405, "POST"),
        ("PUT", "/v1/logs", 405, "POST"),
    ],
)
@pytest.mark.parametrize("media", ["application/x-protobuf", JSON])
def test_what_is_not_received_gets_a_clear_answer(
    *, door: OpenDoor, method: str, path: str, status: int, message: str, media: str
) -> None:
    """Metrics, other paths and other methods are refused with a status that no SDK retries."""
    response = door.send(method, path, b"", {"content-type": media})
    assert response.status == status
    assert message in _status(response)[1]
    assert response.headers["content-type"] == media
    assert ("allow" in response.headers) == (status == 405)


def test_a_declared_length_over_the_limit_is_refused_before_the_body(door: OpenDoor) -> None:
    """A client that announces too much is answered without having sent it."""
    with door.connect() as connection:
        connection.sendall(_head(99_999_999, "expect: 100-continue"))
        assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_over_the_limit_is_refused_and_the_client_can_read_why(door: OpenDoor, declared: bool) -> None:
    """100 MB are not kept; the client that goes on sending still gets its 413."""
    size = 100_000_000
    chunks = iter(partial(Zeros(size).read, 65536), b"")
    headers = {"content-type": "application/x-protobuf"} | ({"content-length": str(size)} if declared else {})
    response = door.send("POST", "/v1/traces", chunks, headers)
    assert response.status == 413
    assert "33554432 bytes" in _status(response)[1]
    assert response.headers["connection"] == "close"


def test_a_client_that_stalls_is_told_so(open_http: OpenHttp) -> None:
    """A body that stops arriving ends with 408, and gives its memory back."""
    door = open_http(ReceiveSettings(body_stall_timeout_s=0.1, drain_timeout_s=0.1))
    with door.connect() as connection:
        connection.sendall(_head(100) + b"abc")
        assert connection.recv(4096).startswith(b"HTTP/1.1 408 ")
    assert door.in_flight_bytes == 0


def test_a_client_that_leaves_in_the_middle_costs_nothing(
    door: OpenDoor, intake: MemoryIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection closed within a body is counted, and nothing of it is stored or kept."""
    counted: SimpleQueue[tuple[str, ...]] = SimpleQueue()
    monkeypatch.setattr(door.counters, "refused", lambda *key: counted.put(key))
    with door.connect() as connection:
        connection.sendall(_head(100) + b"abc")
    assert counted.get(timeout=10) == ("http", "traces", "disconnected")
    assert door.in_flight_bytes == 0
    assert intake.appended == []


def test_the_answer_comes_after_the_journal_has_synced(door: OpenDoor, intake: MemoryIntake) -> None:
    """No client hears OK before its bytes are durable."""
    intake.pause()
    answers: list[tuple[int, bool]] = []

    def export() -> None:
        response = door.post("/v1/traces", BODY)
        answers.append((response.status, intake.durable.is_set()))

    client = threading.Thread(target=export)
    client.start()
    assert intake.arrived.wait(10)
    assert door.in_flight_bytes == len(BODY)
    client.join(0.2)
    assert answers == []
    intake.resume()
    client.join(10)
    assert answers == [(200, True)]


def test_more_bytes_than_memory_allows_are_sent_away_for_a_while(open_http: OpenHttp, intake: MemoryIntake) -> None:
    """While the journal holds as much as is allowed, others get 429 with Retry-After; then all goes on."""
    door = open_http(ReceiveSettings(max_in_flight_bytes=len(BODY) + 10, retry_after_s=2.5))
    intake.pause()
    first: list[int] = []
    client = threading.Thread(target=lambda: first.append(door.post("/v1/traces", BODY).status))
    client.start()
    assert intake.arrived.wait(10)
    response = door.post("/v1/traces", BODY, JSON)
    assert (response.status, response.headers["retry-after"]) == (429, "3")
    assert json.loads(response.body)["details"][0]["retryDelay"] == "2.5s"
    intake.resume()
    client.join(10)
    assert first == [200]
    assert door.post("/v1/traces", BODY).status == 200


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(
    ("error", "status", "retry_after", "reason"),
    [
        (JournalFull("the disk is full", 7.0), 429, "7", "overloaded"),
        (JournalClosed("closing"), 503, "5", "journal"),
        (JournalError("fsync failed"), 503, "5", "journal"),
    ],
)
def test_a_journal_that_cannot_store_makes_the_client_come_back(
    *, door: OpenDoor, intake: MemoryIntake, at_once: bool, error: Exception, status: int, retry_after: str, reason: str
) -> None:
    """Whether the journal says no at once or after trying, the client is told to send again, and when."""
    if at_once:
        intake.refuse_with = error
    else:
        intake.fail_with = error
    response = door.post("/v1/traces", BODY)
    assert (response.status, response.headers["retry-after"]) == (status, retry_after)
    assert _status(response)[1] == str(error)
    assert door.counters.snapshot().refused_requests == {("http", "traces", reason): 1}


def test_a_journal_that_takes_too_long_makes_the_client_come_back(open_http: OpenHttp, intake: MemoryIntake) -> None:
    """A sync that doesn't end is 503, not an endless wait and not 408."""
    intake.pause()
    response = open_http(ReceiveSettings(journal_timeout_s=0.1)).post("/v1/traces", BODY)
    assert response.status == 503
    assert "too slow" in _status(response)[1]


def test_an_unexpected_error_is_logged_and_may_be_retried(
    door: OpenDoor, intake: MemoryIntake, caplog: pytest.LogCaptureFixture
) -> None:
    """What nobody foresaw goes to the log with its trace, and doesn't lose the client's spans."""
    intake.refuse_with = ZeroDivisionError("surprise")
    with caplog.at_level(logging.ERROR):
        response = door.post("/v1/traces", BODY)
    assert response.status == 503
    assert "surprise" not in _status(response)[1]
    assert "surprise" in caplog.text


def test_an_idempotency_key_is_stored_once(door: OpenDoor, intake: MemoryIntake) -> None:
    """A repeat gets the same 200 with a header that says so; the key counts per signal."""
    first = door.post("/v1/traces", BODY, idempotency_key="file-1:0")
    again = door.post("/v1/traces", BODY, idempotency_key="file-1:0")
    logs = door.post("/v1/logs", make_logs(1).SerializeToString(), idempotency_key="file-1:0")
    assert [response.status for response in (first, again, logs)] == [200, 200, 200]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in logs.headers
    assert len(intake.appended) == 2
    assert door.counters.snapshot().repeated_requests == {("http", "traces"): 1}


@pytest.mark.parametrize("key", ["", " ", "two words", "x" * 201, "\xe9"])
def test_a_bad_idempotency_key_is_refused(door: OpenDoor, intake: MemoryIntake, key: str) -> None:
    """A key that can't be remembered is an error, not ignored."""
    response = door.post("/v1/traces", BODY, idempotency_key=key)
    assert response.status == 400
    assert "Idempotency-Key" in _status(response)[1]
    assert intake.appended == []


@pytest.mark.parametrize("host", ["attacker.example:4318", "127.0.0.1:4318"])
@pytest.mark.parametrize("media", ["application/json", "application/x-protobuf", "text/plain", "multipart/form-data"])
def test_a_page_of_a_stranger_stores_nothing(door: OpenDoor, intake: MemoryIntake, host: str, media: str) -> None:
    """Neither by a name of its own that points here, nor by a request that needs no preflight."""
    stranger = {"origin": "http://attacker.example:4318", "host": host, "content-type": media}
    response = door.send("POST", "/v1/traces", BODY, stranger)
    assert response.status == 403
    assert "cors_allow_origins" in _status(response)[1]
    assert "access-control-allow-origin" not in response.headers
    assert intake.appended == []
    assert door.counters.snapshot().refused_requests == {("http", "traces", "origin"): 1}


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_what_a_page_can_send_unasked_is_refused(door: OpenDoor, intake: MemoryIntake, media: str) -> None:
    """The media types for which browsers make no preflight, even if one named no origin."""
    body = b'{"resourceSpans":[]}'
    for value in (media, f"{media}; application/json", f"{media}; charset=application/x-protobuf"):
        assert door.send("POST", "/v1/traces", body, {"content-type": value}).status == 415
    assert intake.appended == []


def test_a_program_may_use_any_name(door: OpenDoor, intake: MemoryIntake) -> None:
    """Containers call this host by names that nobody here knows; no browser takes part in that."""
    named = {"host": "host.docker.internal:4318", "content-type": "application/x-protobuf"}
    assert door.send("POST", "/v1/traces", BODY, named).status == 200
    assert len(intake.appended) == 1


def test_a_page_in_a_browser_may_send_when_told(open_http: OpenHttp, intake: MemoryIntake) -> None:
    """The preflight is answered with what the page may do, and the answer itself may be read by the page."""
    door = open_http(ReceiveSettings(cors_allow_origins=("*",)))
    asked = "content-type,x-own-header"
    origin = {"origin": "https://shop.example"}
    preflight = door.send(
        "OPTIONS",
        "/v1/traces",
        headers=origin | {"access-control-request-method": "POST", "access-control-request-headers": asked},
    )
    assert preflight.status == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert preflight.headers["access-control-allow-headers"] == asked
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert preflight.headers["access-control-max-age"] == "7200"
    response = door.send("POST", "/v1/traces", BODY, origin | {"content-type": "application/x-protobuf"})
    assert (response.status, response.headers["access-control-allow-origin"]) == (200, "*")
    assert "access-control-allow-origin" not in door.post("/v1/traces", BODY).headers


def test_the_real_exporter_delivers(door: OpenDoor, intake: MemoryIntake) -> None:
    """OpenTelemetry's HTTP exporter, unmodified, sends a span that arrives with all it has."""
    exporter = OTLPSpanExporter(f"http://{door.address}/v1/traces", compression=Compression.Gzip)
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("test").start_as_current_span("checkout", attributes={"items": 3}) as span:
        trace_id = span.get_span_context().trace_id
    provider.shutdown()
    sent = ExportTraceServiceRequest.FromString(intake.payloads("traces/default")[0])
    arrived = sent.resource_spans[0].scope_spans[0].spans[0]
    assert (arrived.name, arrived.trace_id) == ("checkout", trace_id.to_bytes(16, "big"))
    assert arrived.attributes[0].value.int_value == 3
