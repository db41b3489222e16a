import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import SeverityNumber

from clew.errors import InputRefused, InputTooLarge, MalformedInput
from clew.wire.otlp_check import check_logs
from clew.wire.skywalking_ids import span_id_of, trace_id_of
from clew.wire.skywalking_logs import MAX_LOG_BYTES, LogStream, logs_to_otlp
from clew.wire.skywalking_schema import LogData
from clew.wire.skywalking_spans import MAX_ITEMS
from tests.wire.skywalking_samples import JAVA_SEGMENT, JAVA_TRACE, START_MS, make_log, pairs, plain

_NOW_NS = 1_764_000_001_000_000_000


def _to_otlp(body: bytes) -> bytes:
    return LogStream().to_otlp(body, _NOW_NS)


def _record(**fields: Any) -> Any:
    request = ExportLogsServiceRequest.FromString(_to_otlp(make_log(**fields)))
    return request.resource_logs[0].scope_logs[0].log_records[0]


def test_a_record_is_tied_to_its_span() -> None:
    """Its ids are those that the span has, so that the trace shows it; the originals are attributes."""
    context = {"trace_id": JAVA_TRACE, "trace_segment_id": JAVA_SEGMENT, "span_id": 2}
    record = _record(trace_context=context, endpoint="/pay", layer="GENERAL", tags={"data": pairs(logger="shop")})
    assert (record.trace_id, record.span_id) == (trace_id_of(JAVA_TRACE), span_id_of(JAVA_SEGMENT, 2))
    assert (record.time_unix_nano, record.observed_time_unix_nano) == (START_MS * 10**6, _NOW_NS)
    assert record.body.string_value == "paid"
    assert plain(record.attributes) == {
        "sw8.trace_id": JAVA_TRACE,
        "sw8.segment_id": JAVA_SEGMENT,
        "sw8.span_id": 2,
        "sw8.endpoint": "/pay",
        "sw8.layer": "GENERAL",
        "logger": "shop",
    }


def test_a_record_outside_of_a_trace_has_no_ids() -> None:
    """A program logs outside of requests too."""
    record = _record()
    assert (record.trace_id, record.span_id, plain(record.attributes)) == (b"", b"", {})


@pytest.mark.parametrize(
    ("level", "number"),
    [
        ("INFO", SeverityNumber.SEVERITY_NUMBER_INFO),
        ("Warning", SeverityNumber.SEVERITY_NUMBER_WARN),
        ("CRITICAL", SeverityNumber.SEVERITY_NUMBER_FATAL),
        ("loud", SeverityNumber.SEVERITY_NUMBER_UNSPECIFIED),
    ],
)
def test_the_level_is_the_severity(level: str, number: int) -> None:
    """Agents send the level as a tag; one that isn't known stays a text."""
    record = _record(tags={"data": pairs(level=level)})
    assert (record.severity_number, record.severity_text) == (number, level)


@pytest.mark.parametrize("form", ["text", "json", "yaml"])
def test_the_body_may_have_three_formats(form: str) -> None:
    """The text is the body; which format it was is an attribute unless it was plain."""
    record = _record(body={"type": "t", form: {"text": "a: 1"}})
    assert record.body.string_value == "a: 1"
    assert plain(record.attributes).get("sw8.log_format") == (None if form == "text" else form)
    assert plain(record.attributes)["sw8.log_type"] == "t"


def test_records_of_one_process_share_their_resource() -> None:
    """A list of records has each process once."""
    records = [LogData.FromString(make_log(service=name)) for name in ("orders", "front", "orders")]
    groups = ExportLogsServiceRequest.FromString(logs_to_otlp(records, _NOW_NS)).resource_logs
    assert [plain(group.resource.attributes)["service.name"] for group in groups] == ["orders", "front"]
    assert [len(group.scope_logs[0].log_records) for group in groups] == [2, 1]


def test_records_of_a_stream_lean_on_those_before() -> None:
    """Service, instance and endpoint may be left out when they are those of the record before; not over services."""
    stream = LogStream()
    sent = [
        {"service": "orders", "service_instance": "orders@1", "endpoint": "/pay"},
        {"service": ""},
        {"service": "orders", "service_instance": "orders@2"},
        {"service": "front"},
    ]
    found = []
    for fields in sent:
        (group,) = ExportLogsServiceRequest.FromString(stream.to_otlp(make_log(**fields), _NOW_NS)).resource_logs
        (record,) = group.scope_logs[0].log_records
        found.append((*plain(group.resource.attributes).values(), *plain(record.attributes).values()))
    assert found == [
        ("orders", "orders@1", "/pay"),
        ("orders", "orders@1", "/pay"),
        ("orders", "orders@2", "/pay"),
        ("front",),
    ]


def test_what_cannot_be_a_record_is_refused() -> None:
    """Noise, times before 1970 and records that are too large each have their reason."""
    with pytest.raises(MalformedInput, match="no LogData of SkyWalking"):
        _to_otlp(b"\xff")
    with pytest.raises(MalformedInput, match="the timestamp of a log record is -1"):
        _to_otlp(make_log(timestamp=-1))
    with pytest.raises(InputTooLarge, match="a log record has"):
        _to_otlp(make_log(body={"text": {"text": "x" * MAX_LOG_BYTES}}))
    with pytest.raises(InputTooLarge, match="more than 10000 tags"):
        _to_otlp(make_log(tags={"data": [{}] * (MAX_ITEMS + 1)}))


@given(st.binary(max_size=80) | st.binary(max_size=40).map(lambda noise: make_log() + noise))
def test_any_bytes_are_translated_or_refused(body: bytes) -> None:
    """Noise raises nothing but a refusal; what is translated is one good record."""
    with contextlib.suppress(InputRefused):
        payload = _to_otlp(body)
        checked = check_logs(payload)
        assert (checked.span_count, checked.rejected, checked.payload) == (1, 0, payload)
