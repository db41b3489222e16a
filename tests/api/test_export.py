import socket
import threading
from collections.abc import Sequence
from io import BytesIO
from urllib.parse import urlsplit

import httpx
import pytest
from google.protobuf.proto import parse_length_prefixed
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from clew.api import export
from clew.api.export import GROUP_SPANS, group_by_spans
from clew.model.trace import TracePage, TraceSummary
from clew.query.search import TraceQuery
from tests.api.memory_reader import MemoryReader, make_span, make_trace

EXPORT = "/api/clew/v1/export"
PAGE_TRACES = 20


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several pages without thousands of traces."""
    monkeypatch.setattr(export, "PAGE_TRACES", PAGE_TRACES)


def fill(reader: MemoryReader, count: int, name: str = "work") -> None:
    """Adds `count` traces of one span, each a second after the one before."""
    for number in range(100, 100 + count):
        span = make_span(name, 1, start_ms=number * 1000)
        reader.held[number.to_bytes(16, "big")] = make_trace(number, {"bulk": [span]})


def read_delimited(body: bytes) -> list[TracesData]:
    """The messages of a length-delimited body."""
    stream = BytesIO(body)
    messages = []
    while stream.tell() < len(body):
        messages.append(parse_length_prefixed(TracesData, stream))
    return messages


def test_all_traces_of_all_pages_come_newest_first(client: httpx.Client, reader: MemoryReader) -> None:
    """The export has one message per trace, over several pages, equal to what the reader holds."""
    fill(reader, PAGE_TRACES * 2 + 1)
    answer = client.get(EXPORT)
    assert answer.headers["content-type"] == "application/x-protobuf-delimited"
    assert "content-length" not in answer.headers
    traces = read_delimited(answer.content)
    ids = [trace.resource_spans[0].scope_spans[0].spans[0].trace_id for trace in traces]
    assert ids == sorted(reader.held, reverse=True)
    assert traces == [reader.held[trace_id] for trace_id in ids]


def test_a_huge_trace_comes_in_parts(
    client: httpx.Client, reader: MemoryReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trace of more spans than a group is several messages, in place of one; its neighbours stay as they are."""
    monkeypatch.setattr(export, "GROUP_SPANS", 1)
    names = [
        [span.name for block in message.resource_spans for scope in block.scope_spans for span in scope.spans]
        for message in read_delimited(client.get(EXPORT).content)
    ]
    assert names == [["GET /about"], ["GET /"], ["GET /cart"]]


def test_the_filters_of_search_apply(client: httpx.Client) -> None:
    """`/export` takes the filters of `/traces`."""
    traces = read_delimited(client.get(EXPORT, params={"service": "cart", "status": "error"}).content)
    assert [trace.resource_spans[0].scope_spans[0].spans[0].trace_id[-1] for trace in traces] == [1]


def test_a_trace_that_is_gone_by_now_is_left_out(
    client: httpx.Client, reader: MemoryReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between search and reading a trace may be deleted; no empty message stands for it."""
    monkeypatch.setattr(reader, "traces", lambda _, trace_ids: [TracesData() for _ in trace_ids])
    assert client.get(EXPORT).content == b""


def test_nothing_found_is_an_empty_export(client: httpx.Client) -> None:
    """No traces: 200 and no bytes."""
    answer = client.get(EXPORT, params={"service": "nobody"})
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_failure_midway_breaks_the_connection(
    client: httpx.Client, reader: MemoryReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client can tell an incomplete export from a complete one: the last chunk is missing."""
    fill(reader, PAGE_TRACES + 1)
    search = reader.search_traces

    def fail_on_second_page(query: TraceQuery) -> TracePage:
        if query.cursor is not None:
            raise OSError("disk gone")
        return search(query)

    monkeypatch.setattr(reader, "search_traces", fail_on_second_page)
    with pytest.raises(httpx.RemoteProtocolError):
        client.get(EXPORT)


def test_a_client_that_leaves_stops_the_reading(
    client: httpx.Client, reader: MemoryReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the client is gone, the export stops instead of reading everything for nobody."""
    fill(reader, PAGE_TRACES * 3)
    first, client_is_gone, second = threading.Event(), threading.Event(), threading.Event()

    def traces(tenant: str, trace_ids: Sequence[bytes]) -> list[TracesData]:
        if first.is_set():
            second.set()
        first.set()
        assert client_is_gone.wait(10)
        return [reader.held[trace_id] for trace_id in trace_ids]

    monkeypatch.setattr(reader, "traces", traces)
    address = urlsplit(str(client.base_url))
    with socket.create_connection((address.hostname or "", address.port or 0)) as connection:
        connection.sendall(f"GET {EXPORT} HTTP/1.1\r\nHost: clew\r\n\r\n".encode())
        assert first.wait(10)
    # Answered by the loop that also learns of the closed connection, and learns of that first.
    assert client.get("/healthz").status_code == 200
    client_is_gone.set()
    assert not second.wait(0.5)


def test_long_traces_are_fetched_in_small_groups() -> None:
    """A group holds at most so many spans, or one trace; the order stays."""

    def summary(number: int, span_count: int) -> TraceSummary:
        return TraceSummary(f"{number:032x}", "", "", 0, 0, span_count, 0, ())

    half = GROUP_SPANS // 2
    summaries = [summary(n, s) for n, s in enumerate([half, half, 1, GROUP_SPANS * 9, 1, 2], start=1)]
    assert [[trace_id[-1] for trace_id in group] for group in group_by_spans(summaries)] == [[1, 2], [3], [4], [5, 6]]
    assert list(group_by_spans([])) == []
