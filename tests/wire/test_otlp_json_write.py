from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from clew.wire.otlp_json_write import write_logs, write_traces
from tests.wire.otlp_samples import make_logs


def test_a_span_always_has_its_ids_name_kind_and_times() -> None:
    """Readers find the fields that they need even at their defaults, and no others."""
    data = TracesData()
    data.resource_spans.add().scope_spans.add().spans.add(trace_id=b"\1" * 16, span_id=b"\2" * 8)
    span = write_traces(data)["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    assert span == {
        "traceId": "01" * 16,
        "spanId": "02" * 8,
        "name": "",
        "kind": 0,
        "startTimeUnixNano": "0",
        "endTimeUnixNano": "0",
    }


def test_a_log_record_outside_a_trace_has_no_ids() -> None:
    """Ids are written where there are any."""
    first, second = write_logs(make_logs(2))["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
    assert first["traceId"] == (1).to_bytes(16, "big").hex()
    assert "traceId" not in second
    assert "spanId" not in second


def test_references_into_a_string_table_are_written_with_every_kind_of_value() -> None:
    """An attribute's index survives beside a text as beside any other value."""
    data = TracesData()
    attributes = data.resource_spans.add().resource.attributes
    attributes.add(key_strindex=3).value.string_value = "text"
    attributes.add(key_strindex=4).value.bool_value = False
    written = write_traces(data)["resourceSpans"][0]["resource"]["attributes"]
    assert [attribute["keyStrindex"] for attribute in written] == [3, 4]


def test_absent_resource_and_scope_are_left_out() -> None:
    """An absent message is not written as an empty one."""
    data = TracesData()
    data.resource_spans.add().scope_spans.add()
    assert write_traces(data) == {"resourceSpans": [{"scopeSpans": [{"spans": []}]}]}
