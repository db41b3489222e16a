import itertools
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from clew.wire.otlp_json import traces_to_json
from tests.receive.bombs import Zeros, gzip_bomb, zstd_bomb
from tests.receive.grpc_calls import METHODS, call_grpc
from tests.receive.http2_client import HandmadeCall
from tests.receive.http_server import Response, send_http
from tests.wire.otlp_samples import make_request

PROTOBUF, JSON = "application/x-protobuf", "application/json"
FIRST_NEIGHBOUR = 1 << 32
# The process itself takes 60 MiB, a body of 64 MiB inflated and joined twice that, the rest is the allocator's.
PEAK_MIB = 300


@dataclass(slots=True)
class Doors:
    """Both doors in a process of their own; `acknowledged` are the ids of a neighbour's spans that got OK."""

    http: str
    grpc: str
    process: "subprocess.Popen[str]"
    acknowledged: list[int] = field(default_factory=list)
    slowest_s: float = 0.0

    def post(self, body: object, content_type: str = PROTOBUF, encoding: str = "identity") -> Response:
        headers = {"content-type": content_type, "content-encoding": encoding}
        return send_http(self.http, "POST", "/v1/traces", body, headers)

    def peak_mib(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) // 1024

    def stored(self) -> list[int]:
        """All span ids that reached the intake; ends the process."""
        out, _ = self.process.communicate(timeout=30)
        return [int(span_id) for span_id in json.loads(out)]


@contextmanager
def _serving() -> Iterator[Doors]:
    command = [sys.executable, "-m", "tests.receive.both_doors"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            assert process.stdout is not None
            addresses = json.loads(process.stdout.readline())
            yield Doors(addresses["http"], addresses["grpc"], process)
        finally:
            process.kill()


@contextmanager
def _neighbour(doors: Doors) -> Iterator[None]:
    """Meanwhile somebody else sends good spans over both protocols, one request after the other."""
    stop = threading.Event()
    failures: list[object] = []

    def send() -> None:
        for number in itertools.count(FIRST_NEIGHBOUR, 10):
            body = make_request(10, first=number).SerializeToString()
            began = time.monotonic()
            answer = call_grpc(doors.grpc, "traces", body).code if number % 20 else doors.post(body).status
            doors.slowest_s = max(doors.slowest_s, time.monotonic() - began)
            if answer not in (200, grpc.StatusCode.OK):
                failures.append(answer)
                return
            doors.acknowledged.extend(range(number, number + 10))
            if stop.is_set():
                return

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)
    assert failures == []
    assert not thread.is_alive()


def _with_a_million_attributes() -> bytes:
    request = make_request(2)
    attribute = KeyValue(key="key", value=AnyValue(string_value="value"))
    request.resource_spans[0].scope_spans[0].spans[0].attributes.extend([attribute] * 1_000_000)
    return request.SerializeToString()


def _expect_refused(doors: Doors, body: bytes, content_type: str = PROTOBUF) -> None:
    assert doors.post(body, content_type).status == 400
    if content_type == PROTOBUF:
        assert call_grpc(doors.grpc, "traces", body).code is grpc.StatusCode.INVALID_ARGUMENT


def _expect_one_rejected(doors: Doors, body: bytes) -> None:
    answers = [doors.post(body).body, call_grpc(doors.grpc, "traces", body).answer]
    partial_successes = [ExportTraceServiceResponse.FromString(answer).partial_success for answer in answers]
    assert [partial_success.rejected_spans for partial_success in partial_successes] == [1, 1]
    assert all(partial_success.error_message for partial_success in partial_successes)


def _send_random_bytes(doors: Doors) -> None:
    noise = random.Random(7)
    for size in (1, 10, 1000, 100_000):
        _expect_refused(doors, b"\xff" + noise.randbytes(size))


def _send_truncated(doors: Doors) -> None:
    body = make_request(40).SerializeToString()
    for size in range(1, len(body), 499):
        _expect_refused(doors, body[:size])


def _send_wrong_json(doors: Doors) -> None:
    good = traces_to_json(make_request(1))
    for old, new in [(b'"kind":0', b'"kind":[]'), (b'"traceId":"', b'"traceId":"zz'), (b"}", b"")]:
        _expect_refused(doors, good.replace(old, new, 1), JSON)
    _expect_refused(doors, b'{"resourceSpans":' + b"[" * 500_000, JSON)


def _send_invalid_utf8(doors: Doors) -> None:
    _expect_refused(doors, make_request(1).SerializeToString().replace(b"GET", b"\xff\xfe\xfd"))
    _expect_refused(doors, traces_to_json(make_request(1)).replace(b"GET", b"\xff\xfe\xfd"), JSON)


def _send_zero_ids(doors: Doors) -> None:
    request = make_request(2)
    request.resource_spans[0].scope_spans[0].spans[0].trace_id = bytes(16)
    _expect_one_rejected(doors, request.SerializeToString())


def _send_a_million_attributes(doors: Doors) -> None:
    _expect_one_rejected(doors, _with_a_million_attributes())


def _send_bombs(doors: Doors) -> None:
    for bomb, encoding in ((gzip_bomb(), "gzip"), (zstd_bomb(), "zstd")):
        assert doors.post(bomb, PROTOBUF, encoding).status == 413
        assert doors.post(bomb, JSON, encoding).status == 413
    call = HandmadeCall(doors.grpc, METHODS["traces"], {"grpc-encoding": "gzip"})
    call.send_message(gzip_bomb(), compressed=True)
    assert b"larger than max" in call.wait_until_closed()


def _send_100_mb(doors: Doors) -> None:
    assert doors.post(iter(partial(Zeros(100_000_000).read, 65536), b"")).status == 413
    assert call_grpc(doors.grpc, "traces", bytes(100_000_000)).code is grpc.StatusCode.RESOURCE_EXHAUSTED


HOSTILE: list[Callable[[Doors], None]] = [
    _send_random_bytes,
    _send_truncated,
    _send_wrong_json,
    _send_invalid_utf8,
    _send_zero_ids,
    _send_a_million_attributes,
    _send_bombs,
    _send_100_mb,
]


@pytest.mark.parametrize("send", HOSTILE)
def test_wrong_input_costs_nobody_else_anything(send: Callable[[Doors], None]) -> None:
    """Every kind is refused clearly; a neighbour's spans are all stored, none waits long, and memory stays bounded."""
    with _serving() as doors:
        with _neighbour(doors):
            send(doors)
        assert doors.acknowledged
        assert doors.slowest_s < 5
        assert doors.peak_mib() < PEAK_MIB
        stored = [span_id for span_id in doors.stored() if span_id >= FIRST_NEIGHBOUR]
        assert stored == doors.acknowledged
