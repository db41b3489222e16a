"""Wrong input of every kind is refused with a reason, in bounded memory, and the neighbour's spans are all stored."""

import contextlib
import gzip
import json
import random
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # it ships no stubs
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.contract.neighbour import Neighbour
from tests.receive.bombs import gzip_bomb, zstd_bomb
from tests.receive.grpc_calls import METHODS, call_grpc
from tests.receive.http2_client import HandmadeCall
from tests.server_process import PROTOBUF, ServerProcess, running_server

MAX_MEMORY_BYTES = 1_000_000_000
MANY_ATTRIBUTES = 1_000_000
LARGE_BYTES = 100 * 2**20
JSON = {"Content-Type": "application/json"}
ATTRIBUTE = KeyValue(key="k", value=AnyValue(int_value=1)).SerializeToString()
TRACE_ID, SPAN_ID = bytes(range(16)), bytes(range(8, 16))


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server of its own, so that its memory is that of this module's attacks."""
    directory = tmp_path_factory.mktemp("attacked")
    config = directory / "clew.toml"
    config.write_text("[journal]\nsegment_age_s = 0.05\n")
    with running_server(directory / "data", ["--config", str(config)]) as server:
        yield server


@pytest.fixture
def server(attacked: ServerProcess) -> Iterator[ServerProcess]:
    """The server while a neighbour sends; in the end all of the neighbour's spans are there and memory is bounded."""
    with Neighbour(attacked) as neighbour:
        yield attacked
    neighbour.assert_unharmed()
    assert _peak_memory_bytes(attacked.process.pid) < MAX_MEMORY_BYTES


def _peak_memory_bytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    [peak] = [line for line in lines if line.startswith("VmHWM:")]
    return int(peak.split()[1]) * 1024


def _request(**fields: Any) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    spans.append(Span(**{"trace_id": TRACE_ID, "span_id": SPAN_ID, "name": "wrong", **fields}))
    return request


def _random_bytes() -> bytes:
    return random.Random(7).randbytes(100_000)


def _truncated() -> bytes:
    return _request(name="cut " * 100).SerializeToString()[:-7]


def _invalid_utf8() -> bytes:
    return _request(name="name-with-four").SerializeToString().replace(b"four", b"\xff\xfe\xc0\xaf")


def _zero_ids() -> bytes:
    request = _request()
    spans = request.resource_spans[0].scope_spans[0].spans
    spans.append(Span(trace_id=bytes(16), span_id=SPAN_ID, name="zero trace id"))
    spans.append(Span(trace_id=TRACE_ID, span_id=bytes(8), name="zero span id"))
    del spans[0]
    return request.SerializeToString()


def _attributes_of_a_span(count: int) -> bytes:
    span = _request().resource_spans[0].scope_spans[0].spans[0].SerializeToString()
    return _wrap(_wrap(_wrap(span + _wrap(ATTRIBUTE, 9) * count, 2), 2), 1)


def _attributes_of_a_resource(count: int) -> bytes:
    resource = _wrap(ATTRIBUTE, 1) * count
    return _wrap(_wrap(resource, 1) + _request().resource_spans[0].SerializeToString(), 1)


def _wrap(payload: bytes, field: int) -> bytes:
    """The payload as a length-delimited field of a message."""
    length, digits = len(payload), bytearray()
    while length > 127:
        digits.append(length & 127 | 128)
        length >>= 7
    return bytes([field << 3 | 2, *digits, length]) + payload


def _large() -> bytes:
    return _request(name="x" * LARGE_BYTES).SerializeToString()


def _deflate_bomb() -> bytes:
    """The gzip bomb in a zlib envelope."""
    return zlib.compress(b"", 6)[:2] + gzip_bomb()[10:-8] + bytes(4)


MALFORMED = {"random": _random_bytes, "truncated": _truncated, "utf8": _invalid_utf8}


WRONG_SPANS: dict[str, tuple[Callable[[], bytes], int, str]] = {
    "zero ids": (_zero_ids, 2, "id"),
    "100,000 attributes": (partial(_attributes_of_a_span, 100_000), 1, "attributes"),
    "1,000,000 attributes": (partial(_attributes_of_a_span, MANY_ATTRIBUTES), 1, "more than 4194304 bytes"),
}
BOMBS: dict[str, Callable[[], bytes]] = {"gzip": gzip_bomb, "deflate": _deflate_bomb, "zstd": zstd_bomb}


def _status(answer: httpx.Response) -> Any:
    """The google.rpc.Status of a refusal."""
    assert answer.headers["content-type"] == PROTOBUF["Content-Type"]
    status = Status.FromString(answer.content)
    assert len(status.message) > 20, "a refusal says why"
    return status


@pytest.mark.parametrize("kind", MALFORMED)
def test_broken_protobuf_is_refused_over_http(server: ServerProcess, kind: str) -> None:
    """Random bytes, a cut message and text that is no UTF-8 are 400 with a reason."""
    answer = server.post_traces(MALFORMED[kind]())
    assert answer.status_code == 400
    assert "protobuf" in _status(answer).message


@pytest.mark.parametrize("kind", MALFORMED)
def test_broken_protobuf_is_refused_over_grpc(server: ServerProcess, kind: str) -> None:
    """Random bytes, a cut message and text that is no UTF-8 are INVALID_ARGUMENT with a reason."""
    outcome = call_grpc(server.otlp_grpc, "traces", MALFORMED[kind]())
    assert outcome.code is grpc.StatusCode.INVALID_ARGUMENT
    assert "protobuf" in outcome.details


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_bytes_that_are_not_compressed_as_told_are_refused(server: ServerProcess, encoding: str) -> None:
    """Random bytes under a Content-Encoding are 400 with a reason."""
    answer = server.post_traces(_random_bytes(), **{"Content-Encoding": encoding})
    assert answer.status_code == 400
    assert "compressed body" in _status(answer).message


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"resourceSpans": "no list"}, "array"),
        ({"resourceSpans": [{"scopeSpans": [{"spans": [{"name": 7}]}]}]}, "name"),
        ({"resourceSpans": [{"scopeSpans": [{"spans": [{"startTimeUnixNano": "soon"}]}]}]}, "startTimeUnixNano"),
        ({"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "xyz"}]}]}]}, "traceId"),
        ([], "object"),
    ],
)
def test_json_with_wrong_types_is_refused(server: ServerProcess, body: object, reason: str) -> None:
    """JSON of another shape is 400, and the reason names the place."""
    answer = server.post_traces(json.dumps(body).encode(), **JSON)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == JSON["Content-Type"]
    assert reason in answer.json()["message"]


@pytest.mark.parametrize("body", [b"", b"{", _random_bytes()[:1000], b'{"resourceSpans": "\xff"}', b"[" * 100_000])
def test_what_is_no_json_is_refused(server: ServerProcess, body: bytes) -> None:
    """Bytes that are no JSON at all, or no UTF-8, or nested without end, are 400 with a reason."""
    answer = server.post_traces(body, **JSON)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("the body is no OTLP/JSON: ")


def test_an_unknown_media_type_is_refused(server: ServerProcess) -> None:
    """A body that is neither protobuf nor JSON is 415, and the answer says what is taken."""
    answer = server.post_traces(b"<xml/>", **{"Content-Type": "text/xml"})
    assert answer.status_code == 415
    assert "application/json" in answer.headers["accept-post"]


@pytest.mark.parametrize("encoding", BOMBS)
@pytest.mark.parametrize("media", [PROTOBUF, JSON], ids=["protobuf", "json"])
def test_a_bomb_over_http_is_refused(server: ServerProcess, encoding: str, media: dict[str, str]) -> None:
    """10 GB in a few MB are 413 as soon as the limit is passed."""
    answer = server.post_traces(BOMBS[encoding](), **{"Content-Encoding": encoding, **media})
    assert answer.status_code == 413
    assert b"inflates to more than" in answer.content


def test_a_bomb_over_grpc_is_refused(server: ServerProcess) -> None:
    """10 GB in 10 MB of gzip end the call with a status that says that the message is too large."""
    call = HandmadeCall(server.otlp_grpc, METHODS["traces"], {"grpc-encoding": "gzip"})
    call.send_message(gzip_bomb(), compressed=True)
    assert b"larger than max" in call.wait_until_closed()


@pytest.mark.parametrize("kind", WRONG_SPANS)
def test_wrong_spans_are_left_out_over_http(server: ServerProcess, kind: str) -> None:
    """Spans with zero ids, or with too many attributes, are counted and explained in a partial success."""
    make, count, reason = WRONG_SPANS[kind]
    answer = server.post_traces(make())
    assert answer.status_code == 200
    _assert_partial(answer.content, count, reason)


@pytest.mark.parametrize("kind", WRONG_SPANS)
def test_wrong_spans_are_left_out_over_grpc(server: ServerProcess, kind: str) -> None:
    """The same over gRPC: OK, with a partial success."""
    make, count, reason = WRONG_SPANS[kind]
    outcome = call_grpc(server.otlp_grpc, "traces", make())
    assert outcome.code is grpc.StatusCode.OK
    _assert_partial(outcome.answer, count, reason)


def _assert_partial(encoded: bytes, count: int, reason: str) -> None:
    told = ExportTraceServiceResponse.FromString(encoded).partial_success
    assert told.rejected_spans == count
    assert reason in told.error_message


def test_zero_ids_in_json_are_left_out(server: ServerProcess) -> None:
    """A JSON span without ids, or with ids of zeros, is counted and explained in a partial success."""
    spans = [{"name": "without"}, {"traceId": "0" * 32, "spanId": "0" * 16}]
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()
    answer = server.post_traces(body, **JSON)
    assert answer.status_code == 200
    assert answer.json()["partialSuccess"]["rejectedSpans"] == "2"
    assert "id" in answer.json()["partialSuccess"]["errorMessage"]


@pytest.mark.parametrize(("count", "reason"), [(100_000, "100000 attributes"), (MANY_ATTRIBUTES, "4194304 bytes")])
def test_a_resource_with_too_many_attributes_is_refused(server: ServerProcess, count: int, reason: str) -> None:
    """They belong to every span of the group, so the whole request is refused: 413 or INVALID_ARGUMENT."""
    body = _attributes_of_a_resource(count)
    answer = server.post_traces(body)
    assert answer.status_code == 413
    assert reason in _status(answer).message
    outcome = call_grpc(server.otlp_grpc, "traces", body)
    assert outcome.code is grpc.StatusCode.INVALID_ARGUMENT
    assert reason in outcome.details


def test_a_million_attributes_in_json_are_refused(server: ServerProcess) -> None:
    """As JSON, a million attributes are over the limit on size: 413 with the limit."""
    attributes = ",".join(['{"key":"k","value":{"intValue":"1"}}'] * MANY_ATTRIBUTES)
    span = f'{{"traceId":"{TRACE_ID.hex()}","spanId":"{SPAN_ID.hex()}","attributes":[{attributes}]}}'
    body = gzip.compress(f'{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{span}]}}]}}]}}'.encode(), 1)
    answer = server.post_traces(body, **{"Content-Encoding": "gzip", **JSON})
    assert answer.status_code == 413
    assert "more than 16777216 bytes" in answer.json()["message"]


def test_a_hundred_megabytes_over_http_are_refused(server: ServerProcess) -> None:
    """A request of 100 MB is 413, whether it tells its length or not."""
    body = _large()
    answer = server.post_traces(body)
    assert answer.status_code == 413
    assert "send smaller batches" in _status(answer).message
    pieces = (bytes(2**20) for _ in range(LARGE_BYTES // 2**20))
    answer = httpx.post(f"http://{server.otlp_http}/v1/traces", content=pieces, headers=PROTOBUF, timeout=60)
    assert answer.status_code == 413
    assert "send smaller batches" in _status(answer).message


def test_a_hundred_megabytes_over_grpc_are_refused(server: ServerProcess) -> None:
    """A message of 100 MB ends the call with a status that says so."""
    outcome = call_grpc(server.otlp_grpc, "traces", _large())
    assert outcome.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "larger than max" in outcome.details


def test_a_terabyte_is_refused_before_it_is_sent(server: ServerProcess) -> None:
    """A declared length over the limit is 413 at once, before any byte of the body."""
    host, _, port = server.otlp_http.rpartition(":")
    connection = HTTPConnection(host, int(port), timeout=30)
    with contextlib.closing(connection):
        connection.putrequest("POST", "/v1/traces")
        connection.putheader("Content-Type", PROTOBUF["Content-Type"])
        connection.putheader("Content-Length", str(2**40))
        connection.endheaders()
        assert connection.getresponse().status == 413
