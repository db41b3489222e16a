import gzip
import http.client
from collections.abc import Iterator

import pytest

from clew.errors import JournalFull
from clew.receive.settings import ReceiveSettings
from clew.receive.zipkin_http import ZipkinDialect
from clew.wire.zipkin_json import zipkin_json_to_otlp
from clew.wire.zipkin_v1_json import zipkin_v1_json_to_otlp
from tests.receive.http_server import OpenDoor, serve_http
from tests.receive.memory_intake import MemoryIntake
from tests.wire.zipkin_samples import (
    FULL_PROTO_SPAN,
    FULL_SPAN,
    json_list,
    proto_list,
    small_span,
    thrift_list,
    thrift_span,
)

V2, V1 = "/api/v2/spans", "/api/v1/spans"
JSON, PROTOBUF, THRIFT = "application/json", "application/x-protobuf", "application/x-thrift"
BODY = json_list(FULL_SPAN)
OTLP = zipkin_json_to_otlp(BODY)


@pytest.fixture
def door(intake: MemoryIntake) -> Iterator[OpenDoor]:
    """Zipkin's door."""
    with serve_http(intake, dialect=ZipkinDialect()) as opened:
        yield opened
        intake.resume()


@pytest.mark.parametrize(
    ("path", "media", "body"),
    [
        (V2, JSON, BODY),
        (V2, "application/json; charset=utf-8", BODY),
        (V2, "text/plain", BODY),
        (V2, PROTOBUF, proto_list(FULL_PROTO_SPAN)),
        (V2, "application/protobuf", proto_list(FULL_PROTO_SPAN)),
        (V1, JSON, json_list(small_span(1))),
        (V1, THRIFT, thrift_list(thrift_span(1, trace_id=0x5AF7183FB1D4CF5F, name=""))),
    ],
)
def test_every_format_is_stored_and_answered_202(
    door: OpenDoor, intake: MemoryIntake, path: str, media: str, body: bytes
) -> None:
    """Plain and packed, without a body in the answer."""
    answers = [door.post(path, body, media), door.post(path, gzip.compress(body), media, content_encoding="gzip")]
    assert [(answer.status, answer.body) for answer in answers] == [(202, b"")] * 2
    expected = OTLP if path == V2 else zipkin_v1_json_to_otlp(json_list(small_span(1)))
    assert intake.payloads("traces/default") == [expected] * 2
    assert door.counters.snapshot().accepted_records == {("zipkin", "traces"): 2}


def test_without_a_media_type_it_is_json(door: OpenDoor) -> None:
    """Some clients send none."""
    assert door.send("POST", V2, BODY).status == 202


def test_the_answer_waits_for_the_disk(door: OpenDoor, intake: MemoryIntake) -> None:
    """Zipkin answers before it stores; here 202 is a promise."""
    intake.pause()
    connection = http.client.HTTPConnection(door.address, timeout=30)
    connection.request("POST", V2, BODY)
    assert intake.arrived.wait(20)
    assert intake.appended == []
    intake.resume()
    assert connection.getresponse().status == 202
    assert intake.payloads("traces/default") == [OTLP]
    connection.close()


@pytest.mark.parametrize("body", [b"[]", b""])
def test_an_empty_list_is_taken(door: OpenDoor, intake: MemoryIntake, body: bytes) -> None:
    """Clients send one to see whether Zipkin is there."""
    assert door.post(V2, body, JSON).status == 202
    assert door.post(V1, body, JSON).status == 202
    assert intake.appended == []


def test_a_list_with_one_wrong_span_is_refused_whole(door: OpenDoor, intake: MemoryIntake) -> None:
    """The answer says which and why; the next list is stored."""
    answer = door.post(V2, json_list(FULL_SPAN, {"traceId": "1", "id": "x"}), JSON)
    assert answer.status == 400
    assert answer.body.startswith(b"the whole list is refused: $[1].id: ")
    assert intake.appended == []
    assert door.post(V2, BODY, JSON).status == 202


@pytest.mark.parametrize(("path", "media"), [(V2, THRIFT), (V1, PROTOBUF)])
def test_a_format_at_the_wrong_path_is_refused(door: OpenDoor, path: str, media: str) -> None:
    """With the right one in the answer."""
    answer = door.post(path, b"", media)
    assert answer.status == 415
    assert (V1 if path == V2 else V2).encode() in answer.body


def test_health_says_up(door: OpenDoor) -> None:
    """As clients ask for it before they send."""
    answer = door.send("GET", "/health")
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, b'{"status":"UP"}', JSON)
    assert (door.send("HEAD", "/health").status, door.send("POST", "/health").status) == (200, 404)


def test_other_paths_and_methods_are_told_so(door: OpenDoor) -> None:
    """What is asked of Zipkin's query side isn't here."""
    assert (door.send("GET", V2).status, door.send("GET", V2).headers["allow"]) == (405, "POST, OPTIONS")
    assert door.send("GET", "/api/v2/traces").status == 404


def test_pages_of_this_machine_may_send(door: OpenDoor) -> None:
    """zipkin-js runs in browsers; others have to be named in the settings, unlike in Zipkin, which lets all in."""
    asked = {"origin": "http://localhost:3000", "access-control-request-method": "POST"}
    preflight = door.send("OPTIONS", V2, headers=asked)
    assert (preflight.status, preflight.headers["access-control-allow-origin"]) == (204, "http://localhost:3000")
    assert door.post(V2, BODY, JSON, origin="http://localhost:3000").status == 202
    assert door.post(V2, BODY, JSON, origin="https://stranger.example").status == 403


def test_a_full_journal_pushes_back(door: OpenDoor, intake: MemoryIntake) -> None:
    """429 and a time to wait."""
    intake.refuse_with = JournalFull("full; send again later", 7)
    answer = door.post(V2, BODY, JSON)
    assert (answer.status, answer.headers["retry-after"]) == (429, "7")


def test_spans_over_a_limit_are_left_out_and_told(intake: MemoryIntake) -> None:
    """The limit on attributes is the door's; the answer has a body then."""
    with serve_http(intake, ReceiveSettings(max_attributes=3), ZipkinDialect()) as door:
        answer = door.post(V2, json_list(FULL_SPAN, small_span(1)), JSON)
    assert answer.status == 202
    assert answer.body == b"1 refused: more than 3 attributes on one span\n"


def test_too_large_bodies_are_refused(intake: MemoryIntake) -> None:
    """Also when they are small on the wire."""
    with serve_http(intake, ReceiveSettings(max_json_bytes=1000), ZipkinDialect()) as door:
        body = json_list(*[FULL_SPAN] * 100)
        assert door.post(V2, gzip.compress(body), JSON, content_encoding="gzip").status == 413
        assert door.post(V2, proto_list(*[FULL_PROTO_SPAN] * 100), PROTOBUF).status == 413
