import json
import math
import time
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from clew.errors import InputTooLarge, MalformedInput
from clew.wire.otlp_json import MAX_OBJECTS, logs_json_to_otlp, logs_to_json, traces_json_to_otlp, traces_to_json
from tests.wire.otlp_samples import LOG_REQUESTS, TRACE_REQUESTS, make_request

# The example of the OpenTelemetry protocol's documentation, shortened.
EXAMPLE = {
    "resourceSpans": [
        {
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "my.service"}}]},
            "scopeSpans": [
                {
                    "scope": {"name": "my.library", "version": "1.0.0"},
                    "spans": [
                        {
                            "traceId": "5B8EFFF798038103D269B633813FC60C",
                            "spanId": "EEE19B7EC3C1B174",
                            "parentSpanId": "EEE19B7EC3C1B173",
                            "name": "I'm a server span",
                            "startTimeUnixNano": "1544712660000000000",
                            "endTimeUnixNano": 1544712661000000000,
                            "kind": 2,
                            "attributes": [{"key": "my.span.attr", "value": {"intValue": "42"}}],
                            "status": {},
                        }
                    ],
                }
            ],
        }
    ]
}


def _encoded(message: Message) -> bytes:
    encoded: bytes = message.SerializeToString(deterministic=True)
    return encoded


@given(TRACE_REQUESTS)
def test_traces_survive_the_way_to_json_and_back(request: ExportTraceServiceRequest) -> None:
    """Any valid request comes back byte for byte, presence of empty messages included."""
    text = traces_to_json(request)
    back = ExportTraceServiceRequest.FromString(traces_json_to_otlp(text))
    assert _encoded(back) == _encoded(request)
    assert traces_to_json(back) == text


@given(LOG_REQUESTS)
def test_logs_survive_the_way_to_json_and_back(request: ExportLogsServiceRequest) -> None:
    """Any valid log request comes back byte for byte."""
    text = logs_to_json(request)
    back = ExportLogsServiceRequest.FromString(logs_json_to_otlp(text))
    assert _encoded(back) == _encoded(request)
    assert logs_to_json(back) == text


@given(TRACE_REQUESTS)
def test_json_is_plain_json_with_hex_ids_and_64_bit_strings(request: ExportTraceServiceRequest) -> None:
    """Every reader of JSON can read it, and no integer beyond 53 bits is written as a number."""

    def refuse(number: str) -> float:
        raise AssertionError(f"{number} is not JSON")

    def check(number: str) -> int:
        assert abs(int(number)) < 2**53
        return int(number)

    written = json.loads(traces_to_json(request), parse_constant=refuse, parse_int=check)
    for group, message in zip(written["resourceSpans"], request.resource_spans, strict=True):
        for scope, in_message in zip(group["scopeSpans"], message.scope_spans, strict=True):
            ids = [(bytes.fromhex(span["traceId"]), bytes.fromhex(span["spanId"])) for span in scope["spans"]]
            assert ids == [(span.trace_id, span.span_id) for span in in_message.spans]


def test_the_protocols_own_example_is_read() -> None:
    """Upper-case ids, times as string or number, and an empty status are read as the documentation means them."""
    request = ExportTraceServiceRequest.FromString(traces_json_to_otlp(json.dumps(EXAMPLE).encode()))
    span = request.resource_spans[0].scope_spans[0].spans[0]
    assert span.trace_id.hex() == "5b8efff798038103d269b633813fc60c"
    assert span.parent_span_id.hex() == "eee19b7ec3c1b173"
    assert (span.start_time_unix_nano, span.end_time_unix_nano) == (1544712660000000000, 1544712661000000000)
    assert span.attributes[0].value.int_value == 42
    assert span.HasField("status")


def test_traces_data_is_written_like_a_request() -> None:
    """What is read from the store has the same JSON as what was sent."""
    request = make_request(2)
    data = TracesData(resource_spans=request.resource_spans)
    assert traces_to_json(data) == traces_to_json(request)


def _read_value(value: Any) -> AnyValue:
    span = {"traceId": "01" * 16, "spanId": "01" * 8, "attributes": [{"key": "k", "value": value}]}
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()
    request = ExportTraceServiceRequest.FromString(traces_json_to_otlp(body))
    return request.resource_spans[0].scope_spans[0].spans[0].attributes[0].value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({}, AnyValue()),
        ({"stringValue": None}, AnyValue()),
        ({"somethingNew": [1, {"a": 2}]}, AnyValue()),
        ({"stringValue": ""}, AnyValue(string_value="")),
        ({"intValue": 0}, AnyValue(int_value=0)),
        ({"intValue": "-9223372036854775808"}, AnyValue(int_value=-(2**63))),
        ({"intValue": 9223372036854775807}, AnyValue(int_value=2**63 - 1)),
        ({"intValue": 9223372036854775808}, AnyValue(double_value=2.0**63)),
        ({"intValue": -9223372036854776000}, AnyValue(double_value=-(2.0**63))),
        ({"intValue": 3.0}, AnyValue(int_value=3)),
        ({"boolValue": False}, AnyValue(bool_value=False)),
        ({"doubleValue": 0}, AnyValue(double_value=0)),
        ({"doubleValue": "1.5"}, AnyValue(double_value=1.5)),
        ({"doubleValue": "-Infinity"}, AnyValue(double_value=-math.inf)),
        ({"bytesValue": ""}, AnyValue(bytes_value=b"")),
        ({"bytesValue": "_-8"}, AnyValue(bytes_value=b"\xff\xef")),
        ({"bytesValue": "/+8="}, AnyValue(bytes_value=b"\xff\xef")),
    ],
)
def test_values_are_read_as_proto3_json_means_them(value: Any, expected: AnyValue) -> None:
    """Empty, zero and false stay apart from unset; numbers may be strings; unknown keys are skipped; null is absent."""
    assert _read_value(value) == expected


def test_a_nan_is_read() -> None:
    """NaN, which JSON cannot write, comes as a string."""
    assert math.isnan(_read_value({"doubleValue": "NaN"}).double_value)


def _span(**fields: Any) -> bytes:
    return json.dumps({"resourceSpans": [{}, {"scopeSpans": [{"spans": [{}, fields]}]}]}).encode()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (_span(name=5), r"got `int` - at `\$\.resourceSpans\[1\]\.scopeSpans\[0\]\.spans\[1\]\.name`"),
        (_span(attributes={}), r"attributes"),
        (_span(traceId="xyz"), r"\$\.resourceSpans\[1\]\.scopeSpans\[0\]\.spans\[1\]\.traceId: expected hex digits"),
        (_span(spanId="0 00"), r"spans\[1\]\.spanId: expected hex digits"),
        (_span(startTimeUnixNano=-1), r"startTimeUnixNano: -1 is outside 0 to"),
        (_span(endTimeUnixNano=str(2**64)), r"endTimeUnixNano: 18446744073709551616 is outside"),
        (_span(kind="SERVERISH"), r"kind: 'SERVERISH' is no name"),
        (_span(kind=1.5), r"kind: expected a whole number"),
        (_span(flags=2**32), r"flags: 4294967296 is outside"),
        (_span(attributes=[{"value": {"intValue": "1_0"}}]), r"attributes\[0\]\.value\.intValue: expected a whole"),
        (_span(attributes=[{"value": {"bytesValue": "!"}}]), r"bytesValue: expected base64"),
        (_span(attributes=[{"value": {"boolValue": "true"}}]), r"boolValue"),
        (
            _span(attributes=[{"value": {"arrayValue": {"values": [{}, {"intValue": str(2**63)}]}}}]),
            r"attributes\[0\]\.value\.arrayValue\.values\[1\]\.intValue: 9223372036854775808 is outside",
        ),
        (
            _span(attributes=[{"value": {"kvlistValue": {"values": [{"value": {"doubleValue": "x"}}]}}}]),
            r"kvlistValue\.values\[0\]\.value\.doubleValue: expected a number",
        ),
        (
            _span(attributes=[{"value": {"intValue": 1, "stringValue": "a"}}]),
            r"value: a value is of one kind only, this one has int_value and string_value",
        ),
        (b"", r"no OTLP/JSON"),
        (b"[]", r"Expected `object`, got `array`"),
        (b"{", r"no OTLP/JSON"),
        (b'{"resourceSpans": NaN}', r"no OTLP/JSON"),
        (b'{"resourceSpans": []} {}', r"trailing"),
        (b'{"x": "\xff"}', r"utf-8"),
        (b'{"resourceSpans": [{"schemaUrl": "\xff"}]}', r"utf-8"),
        (b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", r"nested too deeply"),
    ],
)
def test_wrong_json_is_malformed_and_says_where(body: bytes, message: str) -> None:
    """Wrong types, ranges, texts and depths raise MalformedInput with the path of what is wrong."""
    with pytest.raises(MalformedInput, match=message):
        traces_json_to_otlp(body)


@pytest.mark.parametrize("depth", [60, 90, 200, 1_000, 100_000])
def test_deeply_nested_values_are_malformed(depth: int) -> None:
    """Nesting that protobuf could not hold is refused at every depth, never a RecursionError."""
    value = b'{"arrayValue":{"values":[' * depth + b"{}" + b"]}}" * depth
    body = b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":' + value + b"}]}]}]}"
    with pytest.raises(MalformedInput, match="nested too deeply"):
        logs_json_to_otlp(body)


def test_the_deepest_value_that_protobuf_holds_goes_both_ways() -> None:
    """A value at protobuf's limit of nesting is neither refused nor cut."""
    value = AnyValue(string_value="deep")
    for _ in range(46):
        outer = AnyValue()
        outer.array_value.values.append(value)
        value = outer
    request = make_request(1)
    request.resource_spans[0].scope_spans[0].spans[0].attributes.add(key="deep").value.CopyFrom(value)
    assert ExportTraceServiceRequest.FromString(traces_json_to_otlp(traces_to_json(request))) == request


def test_too_many_objects_are_too_large() -> None:
    """A body of a million objects, which would take a gigabyte to convert, is refused before that."""
    objects = b"{}," * MAX_OBJECTS + b"{}"
    began = time.process_time()
    with pytest.raises(InputTooLarge, match="JSON objects"):
        traces_json_to_otlp(b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + objects + b"]}]}]}")
    assert time.process_time() - began < 1.0


def test_ten_thousand_spans_are_written_fast() -> None:
    """A trace of 10,000 spans opens without a wait: 0.1 s on an idle core, with room for a slow and busy machine."""
    request = make_request(10_000)
    began = time.process_time()
    traces_to_json(request)
    assert time.process_time() - began < 3.0


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (rb"a\ud83d", "a\ufffd"),
        (rb"\udc00\ud800", "\ufffd\ufffd"),
        (rb"\ud83d\ude00\ud83d", "\U0001f600\ufffd"),
        (rb"\\ud83d\ud83d", "\\ud83d\ufffd"),
    ],
)
def test_half_an_emoji_costs_one_character_only(written: bytes, read: str) -> None:
    """A lone surrogate, as an exporter leaves that cuts texts, becomes U+FFFD; the batch is taken."""
    body = b'{"resourceSpans": [{"schemaUrl": "' + written + b'"}]}'
    assert ExportTraceServiceRequest.FromString(traces_json_to_otlp(body)).resource_spans[0].schema_url == read
