"""All kinds of doors with keys: what a client with and without one is told, over the wire."""

import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo  # type: ignore[import-untyped]  # it ships no stubs
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # it ships no stubs
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from clew.authenticate.callers import Callers
from clew.authenticate.key import KeyLimits
from clew.authenticate.secret import new_secret
from clew.errors import JournalFull
from clew.receive.admission import AdmissionByKey
from clew.receive.counters import ReceiveCounters
from clew.receive.entrance import Entrance
from clew.receive.grpc_door import start_grpc
from clew.receive.otlp_grpc import otlp_methods
from clew.receive.settings import ReceiveSettings
from tests.authenticate.keys import Keys, open_keys
from tests.receive.grpc_calls import call_grpc
from tests.receive.http_server import OpenDoor, Response, serve_http
from tests.receive.memory_intake import MemoryIntake
from tests.wire.otlp_samples import make_request

REQUEST = make_request(30)
BODY = REQUEST.SerializeToString()


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    """A key that nobody has here, so that everybody needs one."""
    opened = open_keys(tmp_path)
    opened.add("of-somebody-else", tenant="other")
    return opened


@pytest.fixture
def http(intake: MemoryIntake, keys: Keys) -> Iterator[OpenDoor]:
    """OTLP/HTTP with keys."""
    settings = ReceiveSettings()
    with serve_http(intake, settings) as door:
        door.entrance.admission = AdmissionByKey(Callers(keys.ring, "home"), settings)
        yield door


@pytest.fixture
def grpc_address(intake: MemoryIntake, keys: Keys) -> Iterator[str]:
    """OTLP/gRPC with keys."""
    settings = ReceiveSettings()
    entrance = Entrance(settings, intake, ReceiveCounters(), AdmissionByKey(Callers(keys.ring, "home"), settings))
    server = start_grpc("127.0.0.1", 0, otlp_methods(), entrance)
    yield server.address
    server.stop(0)
    entrance.close()


def _post(door: OpenDoor, headers: Mapping[str, str], body: bytes = BODY) -> Response:
    return door.send("POST", "/v1/traces", body, {"content-type": "application/x-protobuf", **headers})


def _bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


def test_spans_go_to_the_tenant_of_the_key(http: OpenDoor, grpc_address: str, keys: Keys, intake: MemoryIntake) -> None:
    """Over HTTP and gRPC, in each header, the stream is that of the key's tenant."""
    secret = keys.add("shop", tenant="acme")
    assert _post(http, _bearer(secret)).status == 200
    assert _post(http, {"x-clew-key": secret}).status == 200
    assert call_grpc(grpc_address, "traces", BODY, _bearer(secret)).code is grpc.StatusCode.OK
    assert call_grpc(grpc_address, "traces", BODY, {"x-clew-key": secret}).code is grpc.StatusCode.OK
    assert [record.stream for record in intake.appended] == ["traces/acme"] * 4
    assert keys.ring.counts()["shop", "acme"].records == 120


def test_without_a_good_key_nothing_is_stored(
    http: OpenDoor, grpc_address: str, keys: Keys, intake: MemoryIntake
) -> None:
    """Missing, unknown, expired and revoked keys are 401 and UNAUTHENTICATED with the reason and without the secret."""
    cases = [
        ({}, "needs a key"),
        (_bearer(new_secret()), "unknown"),
        (_bearer(keys.add("old", expires_unix_nano=1)), "expired"),
        (_bearer(keys.add("gone", revoked_unix_nano=1)), "revoked"),
    ]
    for headers, reason in cases:
        answer = _post(http, headers)
        assert (answer.status, answer.headers["www-authenticate"]) == (401, 'Bearer realm="Clew"')
        status = Status.FromString(answer.body)
        assert status.code == 16
        outcome = call_grpc(grpc_address, "traces", BODY, headers)
        assert outcome.code is grpc.StatusCode.UNAUTHENTICATED
        for message in (status.message, outcome.details):
            assert reason in message
            assert headers.get("authorization", "Bearer no secret")[7:] not in message
    assert intake.appended == []
    assert http.counters.snapshot().refused_requests == {("http", "traces", "unauthenticated"): 4}


def test_two_headers_are_not_taken_for_one_caller(http: OpenDoor, keys: Keys, intake: MemoryIntake) -> None:
    """Smuggling a second Authorization past a proxy doesn't work, in either order, nor with a key of each kind."""
    good, other = keys.add("shop").encode(), keys.add("second", tenant="acme").encode()
    lines = (b"Authorization: Bearer " + good, b"Authorization: Bearer " + other, b"X-Clew-Key: " + other)
    for pair in ((0, 1), (1, 0), (0, 0), (0, 2), (2, 2)):
        head = b"POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n"
        with http.connect() as connection:
            connection.sendall(head + lines[pair[0]] + b"\r\n" + lines[pair[1]] + b"\r\n\r\n")
            assert connection.recv(4096).startswith(b"HTTP/1.1 401 "), pair
    assert intake.appended == []


def test_a_foreign_service_is_denied(http: OpenDoor, grpc_address: str, keys: Keys, intake: MemoryIntake) -> None:
    """403 and PERMISSION_DENIED name the service; of such a request nothing is stored, also in JSON."""
    secret = keys.add("cart", services=("cart",))
    answer = _post(http, _bearer(secret))
    outcome = call_grpc(grpc_address, "traces", BODY, _bearer(secret))
    assert answer.status == 403
    assert "'checkout'" in Status.FromString(answer.body).message
    assert (outcome.code, "'checkout'" in outcome.details) == (grpc.StatusCode.PERMISSION_DENIED, True)
    assert intake.appended == []
    assert keys.ring.counts()["cart", "default"].refused == {"denied": 2}


def test_a_key_over_its_rate_is_told_when_to_come_back(
    http: OpenDoor, grpc_address: str, keys: Keys, intake: MemoryIntake
) -> None:
    """429 with Retry-After and RESOURCE_EXHAUSTED with RetryInfo; other keys go on."""
    slow, fast = keys.add("slow", limits=KeyLimits(spans_per_s=2)), keys.add("fast")
    assert _post(http, _bearer(slow)).status == 200
    answer = _post(http, _bearer(slow))
    assert (answer.status, answer.headers["retry-after"]) == (429, "13")
    outcome = call_grpc(grpc_address, "traces", BODY, _bearer(slow))
    assert outcome.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    status, retry = Status.FromString(outcome.trailers["grpc-status-details-bin"]), RetryInfo()
    assert status.details[0].Unpack(retry)
    assert 12 <= retry.retry_delay.seconds <= 13
    assert _post(http, _bearer(fast)).status == 200
    assert len(intake.appended) == 2


def test_a_single_large_span_is_left_out_alone(http: OpenDoor, grpc_address: str, keys: Keys) -> None:
    """A span over the key's own limits is a partial success; its neighbours are stored."""
    secret = keys.add("small", limits=KeyLimits(span_bytes=500, attributes=8))
    request = make_request(3)
    request.resource_spans[0].scope_spans[0].spans[1].name = "x" * 600
    body = request.SerializeToString()
    answers = (_post(http, _bearer(secret), body).body, call_grpc(grpc_address, "traces", body, _bearer(secret)).answer)
    for encoded in answers:
        partial = ExportTraceServiceResponse.FromString(encoded).partial_success
        assert (partial.rejected_spans, partial.error_message) == (1, "1 refused: one span has more than 500 bytes")
    assert keys.ring.counts()["small", "default"].rejected == 2


def test_what_was_not_stored_does_not_count(
    http: OpenDoor, grpc_address: str, keys: Keys, intake: MemoryIntake
) -> None:
    """A full journal, and a request that had been stored before, use up no rate."""
    secret = keys.add("slow", limits=KeyLimits(spans_per_s=20))
    intake.refuse_with = JournalFull("full")
    for _ in range(5):
        assert _post(http, _bearer(secret)).status == 429
        assert call_grpc(grpc_address, "traces", BODY, _bearer(secret)).code is grpc.StatusCode.RESOURCE_EXHAUSTED
    intake.refuse_with = None
    repeated = _bearer(secret) | {"idempotency-key": "once"}
    for _ in range(5):
        assert _post(http, repeated).status == 200
        assert call_grpc(grpc_address, "traces", BODY, repeated).code is grpc.StatusCode.OK
    counts = keys.ring.counts()["slow", "default"]
    assert (counts.records, counts.refused) == (30, {"overloaded": 10})


def test_endless_and_countless_wrong_keys_do_not_slow_others(http: OpenDoor, keys: Keys) -> None:
    """While four clients send wrong keys as fast as they can, each request with a good one is answered in a second."""
    secret, stop = keys.add("shop"), threading.Event()
    refused = [0] * 4

    def attack(number: int) -> None:
        wrong = f"Bearer clew_{'a' * 40_000}" if number % 2 else f"Bearer {new_secret()}"
        while not stop.is_set():
            refused[number] += _post(http, {"authorization": wrong}, b"").status == 401

    threads = [threading.Thread(target=attack, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    slowest_s = 0.0
    for _ in range(50):
        began_s = time.perf_counter()
        assert _post(http, _bearer(secret)).status == 200
        slowest_s = max(slowest_s, time.perf_counter() - began_s)
    stop.set()
    for thread in threads:
        thread.join()
    assert min(refused) >= 1
    assert sum(refused) > 10
    assert slowest_s < 1.0
