import json
from typing import Any

import pytest

from clew.errors import MalformedInput
from clew.wire.skywalking_logs import LogStream
from clew.wire.skywalking_logs_json import logs_json_to_otlp
from tests.wire.skywalking_samples import JAVA_SEGMENT, JAVA_TRACE, START_MS, make_log, pairs

_NOW_NS = 1_764_000_001_000_000_000
_RECORD: dict[str, Any] = {
    "timestamp": START_MS,
    "service": "orders",
    "layer": "GENERAL",
    "traceContext": {"traceId": JAVA_TRACE, "spanId": "0", "traceSegmentId": JAVA_SEGMENT},
    "tags": {"data": pairs(level="INFO")},
    "body": {"text": {"text": "paid"}},
}


def test_json_and_protobuf_are_translated_alike() -> None:
    """The same record gives the same bytes from either."""
    context = {"trace_id": JAVA_TRACE, "span_id": 0, "trace_segment_id": JAVA_SEGMENT}
    record = make_log(layer="GENERAL", trace_context=context, tags={"data": pairs(level="INFO")})
    assert logs_json_to_otlp(json.dumps([_RECORD]).encode(), _NOW_NS) == LogStream().to_otlp(record, _NOW_NS)


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_the_text_is_under_the_name_of_its_format(form: str) -> None:
    """A body of JSON is `{"json": {"json": "..."}}`, and YAML is written in the same way."""
    record = _RECORD | {"body": {form: {form: "a: 1"}, "text": None}}
    expected = make_log(
        layer="GENERAL",
        trace_context={"trace_id": JAVA_TRACE, "trace_segment_id": JAVA_SEGMENT},
        tags={"data": pairs(level="INFO")},
        body={form: {"text": "a: 1"}},
    )
    assert logs_json_to_otlp(json.dumps([record]).encode(), _NOW_NS) == LogStream().to_otlp(expected, _NOW_NS)


def test_all_but_the_body_may_be_left_out() -> None:
    """Null and absent are the same as empty."""
    bare = logs_json_to_otlp(b'[{"body":{"text":{"text":"x"}}}]', _NOW_NS)
    nulls = b'[{"body":{"text":{"text":"x"}},"service":null,"traceContext":null,"tags":{"data":null},"timestamp":null}]'
    assert logs_json_to_otlp(nulls, _NOW_NS) == bare


def test_the_place_of_a_mistake_is_named() -> None:
    """Whoever writes a client finds the mistake by its path."""
    with pytest.raises(MalformedInput, match=r"\$\[0\]\.traceContext"):
        logs_json_to_otlp(b'[{"traceContext":{"spanId":"x"}}]', _NOW_NS)
