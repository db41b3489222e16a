import gzip
from collections.abc import Iterator

import pytest

from clew.errors import JournalFull
from clew.receive.jaeger_http import JaegerDialect
from clew.receive.settings import ReceiveSettings
from clew.wire.jaeger_thrift import Protocol, read_batch
from tests.receive.http_server import OpenDoor, serve_http
from tests.receive.memory_intake import MemoryIntake
from tests.wire.jaeger_samples import batch, bench_batch, span, structs, tags
from tests.wire.test_jaeger_thrift import text_tag
from tests.wire.thrift_writer import write

PATH, THRIFT = "/api/traces", "application/x-thrift"
BODY = bench_batch(Protocol.BINARY)
OTLP = read_batch(BODY, Protocol.BINARY)


@pytest.fixture
def door(intake: MemoryIntake) -> Iterator[OpenDoor]:
    """Jaeger's door over HTTP."""
    with serve_http(intake, dialect=JaegerDialect()) as opened:
        yield opened
        intake.resume()


@pytest.mark.parametrize(
    ("path", "media", "body"),
    [
        (PATH, THRIFT, BODY),
        (f"{PATH}?format=jaeger.thrift", THRIFT, BODY),
        (PATH, "application/vnd.apache.thrift.binary", BODY),
        (PATH, "application/x-thrift; charset=utf-8", BODY),
        (PATH, "application/vnd.apache.thrift.compact", bench_batch(Protocol.COMPACT)),
    ],
)
def test_a_batch_is_stored_and_answered_202(
    door: OpenDoor, intake: MemoryIntake, path: str, media: str, body: bytes
) -> None:
    """Plain and packed, at the address that Jaeger's clients have built in."""
    answers = [door.post(path, body, media), door.post(path, gzip.compress(body), media, content_encoding="gzip")]
    assert [(answer.status, answer.body) for answer in answers] == [(202, b"")] * 2
    assert intake.payloads("traces/default") == [OTLP] * 2
    assert door.counters.snapshot().accepted_records == {("jaeger_http", "traces"): 100}


@pytest.mark.parametrize(
    ("media", "body", "reason"),
    [
        (THRIFT, b"", b"ends in the middle"),
        (THRIFT, BODY[:-20], b"send it whole"),
        (THRIFT, BODY + b"\0", b"something follows"),
        ("application/vnd.apache.thrift.compact", BODY, b"has no process"),
        ("application/json", b"{}", b"Content-Type 'application/json' isn't understood; send application/x-thrift"),
        ("", BODY, b"isn't understood"),
    ],
)
def test_what_isnt_understood_is_answered_400(
    door: OpenDoor, intake: MemoryIntake, media: str, body: bytes, reason: bytes
) -> None:
    """As Jaeger does, with the reason as text; nothing is stored, and the next one is taken."""
    answer = door.post(PATH, body, media)
    assert (answer.status, answer.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert reason in answer.body
    assert intake.payloads("traces/default") == []
    assert door.post(PATH, BODY, THRIFT).status == 202


def test_spans_with_zero_ids_are_left_out(door: OpenDoor, intake: MemoryIntake) -> None:
    """The others are stored, and the reason is in the answer; with none left it is an error."""
    mixed = write(Protocol.BINARY, batch([span(0), span(1)]))
    answer = door.post(PATH, mixed, THRIFT)
    assert (answer.status, answer.body) == (202, b"1 refused: span_id must be 8 bytes and not all zero\n")
    assert len(intake.payloads("traces/default")) == 1
    answer = door.post(PATH, write(Protocol.BINARY, batch([span(0)])), THRIFT)
    assert (answer.status, answer.body) == (400, b"1 refused: span_id must be 8 bytes and not all zero\n")
    assert door.counters.snapshot().rejected_records == {("jaeger_http", "traces"): 2}


def test_a_batch_that_only_python_reads_is_stored_too(door: OpenDoor, intake: MemoryIntake) -> None:
    """Small ones at once, large ones on a thread; both say the same."""
    bodies = [
        write(
            Protocol.BINARY, batch([span(number, tags=structs([text_tag(b"\xff")])) for number in range(1, count + 1)])
        )
        for count in (1, 1_000)
    ]
    assert [door.post(PATH, body, THRIFT).status for body in bodies] == [202, 202]
    assert intake.payloads("traces/default") == [read_batch(body, Protocol.BINARY) for body in bodies]


def test_a_large_batch_that_only_python_reads_is_refused(intake: MemoryIntake) -> None:
    """It would take far longer than others; what compiled code reads may be larger."""
    limits = ReceiveSettings(max_json_bytes=100_000)
    odd = write(Protocol.BINARY, batch([span(tags=tags(a="x" * 100_000)), span(tags=structs([text_tag(b"\xff")]))]))
    with serve_http(intake, limits, JaegerDialect()) as door:
        answer = door.post(PATH, odd, THRIFT)
        assert (answer.status, answer.body) == (413, b"such a body may have 100000 bytes; send smaller batches\n")
        assert door.post(PATH, bench_batch(Protocol.BINARY, 1_000), THRIFT).status == 202


def test_other_paths_and_methods_are_told_what_to_do(door: OpenDoor) -> None:
    """405 where only POST is taken, 404 elsewhere."""
    answer = door.send("GET", PATH)
    assert (answer.status, answer.headers["allow"]) == (405, "POST, OPTIONS")
    answer = door.post("/v1/traces", BODY, THRIFT)
    assert (answer.status, answer.body) == (404, b"nothing is received at /v1/traces; send to /api/traces\n")


def test_a_full_journal_is_told(door: OpenDoor, intake: MemoryIntake) -> None:
    """The client is to come back; nothing is acknowledged."""
    intake.refuse_with = JournalFull("the journal is full; send again later", 7.0)
    answer = door.post(PATH, BODY, THRIFT)
    assert (answer.status, answer.headers["retry-after"]) == (429, "7")
