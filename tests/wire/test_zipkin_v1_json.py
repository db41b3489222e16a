from typing import Any

import pytest

from clew.errors import MalformedInput
from clew.wire.zipkin_json import zipkin_json_to_otlp
from clew.wire.zipkin_shared import server_half_id
from clew.wire.zipkin_v1_json import zipkin_v1_json_to_otlp
from tests.wire.zipkin_samples import (
    FULL_SPAN,
    SPAN_ID,
    TIME_US,
    attributes,
    json_list,
    only_span,
    otlp_spans,
    small_span,
)

FRONT = {"serviceName": "frontend", "ipv4": "192.168.99.1", "port": 3306}
BACK = {"serviceName": "backend", "ipv4": "172.19.0.2", "port": 58648}
V1_SPAN: dict[str, Any] = {
    **{key: FULL_SPAN[key] for key in ("traceId", "parentId", "id", "name", "timestamp", "duration")},
    "annotations": [
        {"timestamp": TIME_US, "value": "cs", "endpoint": FRONT},
        {"timestamp": TIME_US + 60, "value": "ws", "endpoint": FRONT},
        {"timestamp": TIME_US + 1431, "value": "cr", "endpoint": FRONT},
    ],
    "binaryAnnotations": [
        {"key": "http.method", "value": "GET", "endpoint": FRONT},
        {"key": "http.path", "value": "/api", "endpoint": FRONT},
        {"key": "sa", "value": True, "endpoint": BACK},
    ],
}


def test_it_says_the_same_as_version_2() -> None:
    """The example of Zipkin's API in both versions."""
    assert zipkin_v1_json_to_otlp(json_list(V1_SPAN)) == zipkin_json_to_otlp(json_list(FULL_SPAN))


def test_both_sides_in_one_span_become_parent_and_child() -> None:
    """The server's half has its own id."""
    server = [{"timestamp": TIME_US + at, "value": value, "endpoint": BACK} for at, value in ((100, "sr"), (200, "ss"))]
    mixed = V1_SPAN | {"annotations": V1_SPAN["annotations"] + server}
    child = small_span(9, parentId=SPAN_ID, binaryAnnotations=[{"key": "lc", "value": "", "endpoint": BACK}])
    spans = {
        (service, span.kind): span for service, span in otlp_spans(zipkin_v1_json_to_otlp(json_list(mixed, child)))
    }
    half = spans["backend", 2]
    assert half.span_id == server_half_id(bytes.fromhex(SPAN_ID), "backend")
    assert half.parent_span_id == spans["frontend", 3].span_id == bytes.fromhex(SPAN_ID)
    assert spans["backend", 0].parent_span_id == half.span_id
    assert half.end_time_unix_nano - half.start_time_unix_nano == 100_000


def test_binary_annotations_keep_their_types() -> None:
    """As the type says, or the JSON does; what contradicts its type stays text."""
    given: list[dict[str, Any]] = [
        {"key": "bool", "value": False},
        {"key": "i64", "value": "5", "type": "I64"},
        {"key": "i16", "value": 5, "type": "I16"},
        {"key": "double", "value": 2, "type": "DOUBLE"},
        {"key": "float", "value": 2.5},
        {"key": "bytes", "value": "AAE=", "type": "BYTES"},
        {"key": "no bytes", "value": "?", "type": "BYTES"},
        {"key": "no number", "value": "x", "type": "I32"},
        {"key": "huge", "value": 2**64},
        {"key": "null", "value": None},
        {"key": "string", "value": "s", "type": "STRING"},
    ]
    span = only_span(zipkin_v1_json_to_otlp(json_list(small_span(1, timestamp=1, binaryAnnotations=given))))
    assert attributes(span.attributes) == {
        "bool": False,
        "i64": 5,
        "i16": 5,
        "double": 2,
        "float": 2.5,
        "bytes": b"\0\1",
        "no bytes": "?",
        "no number": "x",
        "huge": str(2**64),
        "string": "s",
    }


@pytest.mark.parametrize("body", [b"", b"[]"])
def test_an_empty_list_is_nothing(body: bytes) -> None:
    """Zipkin takes it, so that clients may send it."""
    assert zipkin_v1_json_to_otlp(body) == b""


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"id": "x"}, "$[1].id"),
        ({"annotations": [{"timestamp": 0.5, "value": ""}]}, "$[1].annotations"),
        ({"annotations": [{"timestamp": 1, "value": "", "endpoint": {"port": 70000}}]}, "$[1].annotations"),
        ({"binaryAnnotations": [{"value": "x"}]}, "$[1].binaryAnnotations[0]"),
        ({"binaryAnnotations": [{"key": "x", "value": "x", "endpoint": {"port": "x"}}]}, "$[1].binaryAnnotations"),
    ],
)
def test_one_wrong_span_refuses_the_list_and_is_named(members: dict[str, Any], path: str) -> None:
    """As in version 2."""
    with pytest.raises(MalformedInput) as error:
        zipkin_v1_json_to_otlp(json_list(small_span(1), small_span(2) | members))
    assert path in str(error.value)


def test_what_is_no_list_is_refused() -> None:
    """With a sentence that names the format."""
    with pytest.raises(MalformedInput, match="no list of Zipkin v1 spans"):
        zipkin_v1_json_to_otlp(b"{}")
