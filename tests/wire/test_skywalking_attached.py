import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from clew.errors import InputRefused, InputTooLarge, MalformedInput
from clew.wire.otlp_check import check_logs
from clew.wire.skywalking_attached import MAX_EVENT_BYTES, attached_event_to_otlp
from clew.wire.skywalking_ids import span_id_of, trace_id_of
from clew.wire.skywalking_schema import AttachedEvent
from clew.wire.skywalking_spans import MAX_ITEMS
from tests.wire.skywalking_samples import JAVA_SEGMENT, JAVA_TRACE, pairs, plain

_NOW_NS = 1_764_000_001_000_000_000
_CONTEXT = {"trace_id": JAVA_TRACE, "trace_segment_id": JAVA_SEGMENT, "span_id": "2"}


def _encoded(**fields: Any) -> bytes:
    given = {"start_time": {"seconds": 5, "nanos": 7}, "event": "connect", "trace_context": _CONTEXT} | fields
    encoded: bytes = AttachedEvent(**given).SerializeToString()
    return encoded


def _record(**fields: Any) -> Any:
    request = ExportLogsServiceRequest.FromString(attached_event_to_otlp(_encoded(**fields), _NOW_NS))
    return request.resource_logs[0].scope_logs[0].log_records[0]


def test_an_event_becomes_a_record_of_its_span() -> None:
    """It has the ids that the span has, its own time in nanoseconds, and all tags and figures."""
    record = _record(
        end_time={"seconds": 5, "nanos": 10}, tags=pairs(net_device="eth0"), summary=[{"key": "bytes", "value": 2**40}]
    )
    assert (record.trace_id, record.span_id) == (trace_id_of(JAVA_TRACE), span_id_of(JAVA_SEGMENT, 2))
    assert (record.event_name, record.time_unix_nano, record.observed_time_unix_nano) == (
        "connect",
        5_000_000_007,
        _NOW_NS,
    )
    assert plain(record.attributes) == {
        "sw8.trace_id": JAVA_TRACE,
        "sw8.segment_id": JAVA_SEGMENT,
        "sw8.span_id": 2,
        "sw8.duration_ns": 3,
        "net_device": "eth0",
        "bytes": 2**40,
    }


def test_a_span_of_zipkin_is_named_by_its_own_ids() -> None:
    """The eBPF agent also reads the headers of Zipkin, whose ids are those of OTLP, or half of them."""
    record = _record(trace_context={"type": 1, "trace_id": "abc", "span_id": "1f"})
    assert (record.trace_id.hex(), record.span_id.hex()) == (f"{'abc':0>32}", f"{'1f':0>16}")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"trace_context": {}}, "a segment has no traceId"),
        ({"trace_context": {"trace_id": "a"}}, "a segment has no traceSegmentId"),
        ({"trace_context": _CONTEXT | {"span_id": "x"}}, "expected a whole number"),
        ({"trace_context": {"type": 1, "trace_id": "a", "span_id": "x"}}, "no span id of Zipkin"),
        ({"trace_context": _CONTEXT | {"type": 2}}, "unknown kind 2"),
        ({"start_time": {"seconds": -1}}, "can't be stored"),
        ({"end_time": {"seconds": 2**62}}, "can't be stored"),
    ],
)
def test_what_names_no_span_or_no_time_is_refused(fields: dict[str, Any], reason: str) -> None:
    """The reason says what is missing or wrong."""
    with pytest.raises(MalformedInput, match=reason):
        _record(**fields)


def test_an_event_is_bounded() -> None:
    """In bytes, and in what it holds."""
    with pytest.raises(InputTooLarge, match="an attached event has"):
        _record(event="x" * MAX_EVENT_BYTES)
    with pytest.raises(InputTooLarge, match="more than 10000 tags and figures"):
        _record(tags=[{}] * MAX_ITEMS, summary=[{}])


@given(st.binary(max_size=60) | st.binary(max_size=40).map(lambda noise: _encoded() + noise))
def test_any_bytes_are_translated_or_refused(body: bytes) -> None:
    """Noise raises nothing but a refusal; what is translated is one good record."""
    with contextlib.suppress(InputRefused):
        payload = attached_event_to_otlp(body, _NOW_NS)
        checked = check_logs(payload)
        assert (checked.span_count, checked.rejected, checked.payload) == (1, 0, payload)
