from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData

from clew.errors import InputTooLarge, MalformedInput, UnsupportedInput
from clew.terminal.telemetry_file import LOGS, METRICS, TRACES, looks_delimited, read_requests
from clew.wire.otlp_json import logs_to_json, traces_to_json
from clew.wire.otlp_pieces import write_varint
from tests.api.memory_reader import make_span, make_trace


def request(number: int, span_count: int = 1) -> bytes:
    """One encoded ExportTraceServiceRequest."""
    return make_trace(number, {"s": [make_span(f"span {i}", i + 1) for i in range(span_count)]}).SerializeToString()


def delimited(*requests: bytes) -> bytes:
    """Each request after its length."""
    return b"".join(write_varint(len(each)) + each for each in requests)


def chunks(data: bytes, size: int) -> Iterator[bytes]:
    """The data in pieces."""
    return (data[at : at + size] for at in range(0, len(data), size))


def read(data: bytes, name: str = "f", size: int = 1 << 20) -> list[tuple[str, bytes]]:
    """Signal and payload of each request."""
    return [(each.signal, each.payload) for each in read_requests(chunks(data, size), name)]


JSON_1, JSON_2 = (traces_to_json(make_trace(n, {"s": [make_span("a", 1)]})) for n in (1, 2))


@pytest.mark.parametrize("size", [7, 100, 1 << 20])
def test_delimited_requests_come_as_they_are(size: int) -> None:
    """Length-delimited messages are read whatever the chunks; empty ones count, too."""
    requests = [request(1), b"", request(2, 50), request(3)]
    assert read(delimited(*requests), size=size) == [(TRACES, each) for each in requests]


def test_more_than_the_first_mebibyte_is_read() -> None:
    """What is looked at to tell the form isn't lost, and what comes after it is read."""
    requests = [request(n, 2000) for n in range(1, 30)]
    assert len(delimited(*requests)) > 2 << 20
    assert [payload for _, payload in read(delimited(*requests), size=60_000)] == requests


@pytest.mark.parametrize("name", ["f", "f.pb"])
def test_one_request_alone_is_read_field_by_field(name: str) -> None:
    """The resources of one undelimited request become requests; together they are its content."""
    whole = request(1, 3) + request(2) + request(3, 20)
    parts = [payload for _, payload in read(whole, name)]
    assert len(parts) == 3
    assert b"".join(parts) == whole


def test_a_name_decides_only_what_the_content_leaves_open() -> None:
    """Bytes that are valid both ways are one request when the file is called .pb."""
    # A ResourceSpans of 10 bytes whose content is again a message of 8 bytes of field 1.
    both = b"\x0a\x0a\x0a\x08" + b"\x0a\x06" + b"\x0a\x04" + b"\x0a\x02" + b"\x0a\x00"
    assert len(read(both, "f.pb")[0][1]) == 12


@pytest.mark.parametrize("separator", [b"\n", b"\r\n", b"\n\n"])
def test_json_lines_are_requests_each(separator: bytes) -> None:
    """One document per line, as the Collector writes; blank lines don't count, the last needs no end."""
    got = read(JSON_1 + separator + JSON_2, size=11)
    assert [(s, ExportTraceServiceRequest.FromString(p)) for s, p in got] == [
        (TRACES, ExportTraceServiceRequest.FromString(request_of)) for request_of in _payloads()
    ]


def _payloads() -> list[bytes]:
    return [make_trace(n, {"s": [make_span("a", 1)]}).SerializeToString() for n in (1, 2)]


def test_one_json_document_over_many_lines() -> None:
    """Indented JSON is one document, though its first bytes could be those of a delimited message."""
    indented = b'{\n  "resourceSpans"' + JSON_1.removeprefix(b'{"resourceSpans"').replace(b"[{", b"[\n\n{") + b"\n"
    assert not looks_delimited(indented)
    ((signal, payload),) = read(indented, size=13)
    assert signal == TRACES
    assert ExportTraceServiceRequest.FromString(payload) == ExportTraceServiceRequest.FromString(_payloads()[0])


def test_logs_and_metrics_are_told_apart() -> None:
    """Lines of logs become log requests; lines of metrics are passed on without content, to be counted."""
    logs = LogsData()
    logs.resource_logs.add().scope_logs.add().log_records.add(severity_text="WARN")
    got = read(JSON_1 + b"\n" + logs_to_json(logs) + b'\n{"resourceMetrics":[]}\n')
    assert [signal for signal, _ in got] == [TRACES, LOGS, METRICS]
    assert LogsData.FromString(got[1][1]) == logs
    assert got[2][1] == b""


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{"data":[{"traceID":"1","spans":[]}]}', "Jaeger JSON, which can't be imported yet"),
        (b'[{"traceId":"1","id":"2"}]', "Zipkin JSON, which can't be imported yet"),
        (b'{"hello":1}', "is JSON, but not OTLP"),
        (b"hello", "neither OTLP protobuf nor OTLP JSON"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "neither OTLP protobuf nor OTLP JSON"),
        (b"<html>", "neither OTLP protobuf nor OTLP JSON"),
    ],
)
def test_other_forms_are_refused_by_name(content: bytes, told: str) -> None:
    """What can't be read is refused, with the file's name and what it seems to be."""
    with pytest.raises(UnsupportedInput, match=f"^f .*{told}"):
        read(content)


@pytest.mark.parametrize(
    "content",
    [
        delimited(request(1), request(2))[:-1],
        delimited(request(1, 100))[:-500],
        request(1, 100)[:-500],
        JSON_1[:-5],
        JSON_1 + b"\n" + JSON_2[:-5],
        b'{"resourceSpans":7}',
    ],
)
def test_a_cut_off_or_wrong_file_is_malformed(content: bytes) -> None:
    """A file that lost its end is not taken for a shorter one."""
    with pytest.raises(MalformedInput, match=r"^f"):
        read(content)


def test_an_empty_file_has_no_requests() -> None:
    """An export that found nothing is imported as nothing."""
    assert read(b"") == []


@given(st.binary(max_size=200))
@example(b"\n\x80\x80\x80\x80\x05")
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    """Whatever a file holds, reading ends with requests or one of the refusals."""
    try:
        got = read(content, size=20)
    except (InputTooLarge, MalformedInput, UnsupportedInput):
        return
    assert all(signal in (TRACES, LOGS, METRICS) for signal, _ in got)
