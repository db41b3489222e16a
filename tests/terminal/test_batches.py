from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew.terminal.batches import BATCH_BYTES, Batch, batch_requests, split_request
from clew.terminal.telemetry_file import LOGS, METRICS, TRACES, Request
from tests.api.memory_reader import make_span, make_trace


def traces_of(sizes: Sequence[int]) -> list[Request]:
    """A request for each number of spans."""
    return [
        Request(TRACES, make_trace(n + 1, {"s": [make_span("x", i + 1) for i in range(size)]}).SerializeToString())
        for n, size in enumerate(sizes)
    ]


def spans_of(bodies: Sequence[bytes]) -> list[tuple[bytes, bytes, str]]:
    """Trace id, span id and service of all spans in order."""
    return [
        (span.trace_id, span.span_id, block.resource.attributes[0].value.string_value)
        for body in bodies
        for block in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope_spans in block.scope_spans
        for span in scope_spans.spans
    ]


@given(st.lists(st.integers(min_value=0, max_value=40), max_size=12), st.integers(min_value=100, max_value=3000))
def test_batches_hold_all_spans_in_order_within_the_bound(sizes: list[int], batch_bytes: int) -> None:
    """Joining and splitting keeps every span with its service, and only a single record may exceed the bound."""
    requests = traces_of(sizes)
    batches = list(batch_requests(requests, batch_bytes))
    assert spans_of([batch.body for batch in batches]) == spans_of([request.payload for request in requests])
    assert all(len(batch.body) <= batch_bytes or len(spans_of([batch.body])) == 1 for batch in batches)
    assert all(batch.body for batch in batches)


def test_the_same_requests_give_the_same_keys() -> None:
    """Keys depend on the content alone, and another salt makes all of them others."""
    first, second = ([batch.key() for batch in batch_requests(traces_of([30, 5, 30, 7]), 2000)] for _ in range(2))
    assert first == second
    assert len(set(first)) == len(first) > 2
    salted = [batch.key(b"another import") for batch in batch_requests(traces_of([30, 5, 30, 7]), 2000)]
    assert not set(salted) & set(first)
    assert all(len(key) == 64 and key.isalnum() for key in first)


def test_signals_do_not_mix() -> None:
    """A change of signal ends a batch; metrics, which have no content, vanish with their own."""
    requests = [Request(TRACES, b"\x0a\x00"), Request(TRACES, b"\x0a\x00"), Request(LOGS, b"\x0a\x01a")]
    batches = list(batch_requests([*requests, Request(TRACES, b"\x0a\x00")]))
    assert batches == [
        Batch(TRACES, b"\x0a\x00\x0a\x00"),
        Batch(LOGS, b"\x0a\x01a"),
        Batch(TRACES, b"\x0a\x00"),
    ]
    assert list(batch_requests([Request(TRACES, b"")])) == []
    assert [batch.signal for batch in batch_requests([Request(METRICS, b""), *requests])][:1] == [METRICS]


def test_a_large_request_is_split_below_its_resource() -> None:
    """One resource with many spans becomes several requests that each carry the resource."""
    (request,) = traces_of([1000])
    parts = list(split_request(request.payload, 5000))
    assert len(parts) > 10
    assert max(map(len, parts)) <= 5000
    assert spans_of(parts) == spans_of([request.payload])


def test_the_size_of_a_batch_is_part_of_the_keys() -> None:
    """Changing the size would make files that were imported before look new."""
    assert BATCH_BYTES == 4 * 1024 * 1024
