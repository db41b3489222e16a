"""What is sent to Jaeger's doors of a running Clew is found by its API."""

import random
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from clew.wire.jaeger_proto import read_request
from clew.wire.jaeger_thrift import Protocol, read_batch
from tests.server_process import ServerProcess
from tests.wire.jaeger_proto_samples import as_request
from tests.wire.jaeger_samples import START_US, batch, emit, log, reference, span, structs, tags
from tests.wire.thrift_writer import Typed, write

THRIFT = {"Content-Type": "application/x-thrift"}
_FOUND_TIMEOUT_S = 60.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A Clew with Jaeger's doors open."""
    started = ServerProcess(tmp_path_factory.mktemp("jaeger") / "data", doors="jaeger")
    yield started
    started.kill()


def _datagram(server: ServerProcess, door: str, body: bytes) -> None:
    host, port = server.addresses[door].rsplit(":", 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(body, (host, int(port)))


def _send_http(server: ServerProcess, body: Typed) -> None:
    url = f"http://{server.addresses['jaeger_http']}/api/traces?format=jaeger.thrift"
    assert server.client.post(url, content=write(Protocol.BINARY, body), headers=THRIFT).status_code == 202


def _send_grpc(server: ServerProcess, body: Typed) -> None:
    with grpc.insecure_channel(server.addresses["jaeger_grpc"]) as channel:
        post = channel.unary_unary("/jaeger.api_v2.CollectorService/PostSpans", None, None)
        assert post(as_request(body), timeout=30) == b""


def _send_compact(server: ServerProcess, body: Typed) -> None:
    _datagram(server, "jaeger_compact", emit(Protocol.COMPACT, body))


def _send_binary(server: ServerProcess, body: Typed) -> None:
    _datagram(server, "jaeger_binary", emit(Protocol.BINARY, body))


_SENDERS = pytest.mark.parametrize(
    "send", [_send_http, _send_grpc, _send_compact, _send_binary], ids=["http", "grpc", "compact", "binary"]
)
Send = Callable[[ServerProcess, Typed], None]


def _batch(trace_id: int) -> Typed:
    children = [
        span(
            number,
            trace_id=trace_id,
            parent_id=1,
            tags=tags(span__kind="client", http__status_code=404, peer__service="stock", ratio=0.5, raw=b"\x00\xff"),
            logs=structs([log(START_US + 9, event="retry", attempt=number)]),
            references=structs([reference(0, trace_id, 1), reference(1, trace_id + 1, 5)]),
        )
        for number in (2, 3)
    ]
    root = span(1, trace_id=trace_id, tags=tags(span__kind="server", otel__scope__name="shop", sampler__type="const"))
    return batch([root, *children], "storefront", tags(hostname="h", ip="10.0.0.1", jaeger__version="Python-4.8.0"))


def _found(server: ServerProcess, trace_id: int, count: int) -> TracesData:
    deadline_s = time.monotonic() + _FOUND_TIMEOUT_S
    while True:
        trace = server.trace(trace_id.to_bytes(16, "big"))
        spans = sum(len(scope.spans) for group in trace.resource_spans for scope in group.scope_spans)
        if spans >= count or time.monotonic() > deadline_s:
            return trace
        time.sleep(0.1)  # the trace is loaded from the journal within a second or two


def _spans(trace: Any) -> dict[bytes, Any]:
    return {
        each.span_id: (group.resource, scope.scope, each)
        for group in trace.resource_spans
        for scope in group.scope_spans
        for each in scope.spans
    }


@_SENDERS
def test_a_trace_comes_back_as_it_was_sent(server: ServerProcess, send: Send) -> None:
    """Each span with its resource, scope, attributes, events and links, whichever door it came through."""
    trace_id = random.getrandbits(120) | 1
    body = _batch(trace_id)
    send(server, body)
    written = read_request(as_request(body))
    assert written == read_batch(write(Protocol.BINARY, body), Protocol.BINARY)
    assert _spans(_found(server, trace_id, 3)) == _spans(TracesData.FromString(written))


@_SENDERS
def test_bad_input_harms_nobody_else(server: ServerProcess, send: Send) -> None:
    """Noise at every door, and the next trace is stored all the same."""
    noise = random.Random(7).randbytes(300)
    for door in ("jaeger_compact", "jaeger_binary"):
        _datagram(server, door, noise)
    url = f"http://{server.addresses['jaeger_http']}/api/traces"
    assert server.client.post(url, content=noise, headers=THRIFT).status_code == 400
    with grpc.insecure_channel(server.addresses["jaeger_grpc"]) as channel:
        with pytest.raises(grpc.RpcError) as refused:
            channel.unary_unary("/jaeger.api_v2.CollectorService/PostSpans", None, None)(noise, timeout=30)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    trace_id = random.getrandbits(120) | 1
    send(server, _batch(trace_id))
    assert len(_spans(_found(server, trace_id, 3))) == 3


def test_the_metrics_tell_the_doors_apart(server: ServerProcess) -> None:
    """Records by door, and refusals with their reason."""
    _datagram(server, "jaeger_compact", b"noise")
    deadline_s = time.monotonic() + _FOUND_TIMEOUT_S
    wanted = 'clew_receive_refused_total{protocol="jaeger_compact",signal="traces",reason="malformed"}'
    while wanted not in server.client.get("/metrics").text:
        assert time.monotonic() < deadline_s
        time.sleep(0.05)  # nobody says when a datagram was read
