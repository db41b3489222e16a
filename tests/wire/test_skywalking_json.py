import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from clew.errors import InputRefused, InputTooLarge, MalformedInput
from clew.wire.otlp_check import check_traces
from clew.wire.skywalking import MAX_SPANS
from clew.wire.skywalking_ids import span_id_of
from clew.wire.skywalking_json import segment_json_to_otlp, segments_json_to_otlp
from tests.wire.skywalking_samples import UUID_TRACE, plain, spans_in

# What the agent of Python sends: null for what it doesn't know, names for enums, a number for the type of a reference.
_SEGMENT: dict[str, Any] = {
    "traceId": UUID_TRACE,
    "traceSegmentId": "f00",
    "service": "orders",
    "serviceInstance": "orders@1",
    "isSizeLimited": False,
    "spans": [
        {
            "spanId": 1,
            "parentSpanId": 0,
            "startTime": 1588664577013,
            "endTime": "1588664577028",
            "operationName": "/stock",
            "peer": "stock:80",
            "spanType": "Exit",
            "spanLayer": "Http",
            "componentId": 7002,
            "isError": True,
            "logs": [{"time": 1588664577020, "data": [{"key": "Traceback", "value": "..."}]}],
            "tags": [{"key": "http.method", "value": "GET"}, {"key": "http.status_code", "value": 503}],
            "refs": [],
        },
        {
            "spanId": 0,
            "parentSpanId": -1,
            "startTime": 1588664577000,
            "endTime": 1588664577030,
            "operationName": "/orders",
            "peer": None,
            "spanType": "Entry",
            "spanLayer": "Http",
            "isError": None,
            "refs": [{"refType": 0, "traceId": UUID_TRACE, "parentTraceSegmentId": "ba5", "parentSpanId": 2}],
        },
    ],
}


def test_a_segment_of_an_agent_is_translated() -> None:
    """Names, nulls, numbers and numbers in text are read as they are meant."""
    asked, root = spans_in(segment_json_to_otlp(json.dumps(_SEGMENT).encode()))
    assert (asked.name, asked.kind, root.kind) == ("/stock", Span.SPAN_KIND_CLIENT, Span.SPAN_KIND_SERVER)
    assert (asked.start_time_unix_nano, asked.end_time_unix_nano) == (1588664577013 * 10**6, 1588664577028 * 10**6)
    assert asked.parent_span_id == root.span_id == span_id_of("f00", 0)
    assert root.parent_span_id == span_id_of("ba5", 2)
    assert plain(asked.attributes)["http.status_code"] == "503"
    assert plain(asked.attributes)["http.response.status_code"] == 503
    assert [event.name for event in asked.events] == ["exception"]


def test_several_segments_come_in_a_list() -> None:
    """The list is the concatenation of its segments."""
    one = json.dumps(_SEGMENT).encode()
    assert segments_json_to_otlp(b"[" + one + b"," + one + b"]") == 2 * segment_json_to_otlp(one)
    assert segments_json_to_otlp(b"[]") == b""


@pytest.mark.parametrize(
    ("part", "value", "path"),
    [
        ("spanId", "x", r"\$\.spans\[0\]"),
        ("spanId", 2**31, r"\$\.spans\[0\]"),
        ("spanType", "Door", r"\$\.spans\[0\]"),
        ("startTime", 1.5, r"\$\.spans\[0\]\.startTime"),
        ("tags", [{"key": "a", "value": {}}], r"\$\.spans\[0\]\.tags\[0\]\.value"),
        ("logs", [{"time": "soon"}], r"\$\.spans\[0\]\.logs\[0\]"),
    ],
)
def test_the_place_of_a_mistake_is_named(part: str, value: Any, path: str) -> None:
    """Whoever writes a client finds the mistake by its path."""
    broken = _SEGMENT | {"spans": [_SEGMENT["spans"][0] | {part: value}]}
    with pytest.raises(MalformedInput, match=path):
        segment_json_to_otlp(json.dumps(broken).encode())


def test_a_list_is_no_segment_and_a_segment_no_list() -> None:
    """Each path has its form."""
    for translate, body in ((segment_json_to_otlp, b"[]"), (segments_json_to_otlp, b"{}")):
        with pytest.raises(MalformedInput, match="the body is no JSON of SkyWalking"):
            translate(body)


def test_the_spans_of_a_request_are_bounded() -> None:
    """The same number of spans as in protobuf."""
    body = json.dumps(_SEGMENT | {"spans": [{}] * (MAX_SPANS + 1)}).encode()
    with pytest.raises(InputTooLarge, match=f"more than {MAX_SPANS} spans"):
        segment_json_to_otlp(body)


_ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*_SEGMENT, *_SEGMENT["spans"][0], "key", "value"]), inner, max_size=5)
    ),
)


@given(_ANY_JSON)
def test_any_json_is_translated_or_refused(drawn: Any) -> None:
    """Values of any type in any place raise nothing but a refusal."""
    body = json.dumps(_SEGMENT | drawn if isinstance(drawn, dict) else drawn).encode()
    with contextlib.suppress(InputRefused):
        assert check_traces(segment_json_to_otlp(body)).rejected == 0
