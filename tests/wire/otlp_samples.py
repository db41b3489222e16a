"""OTLP messages for tests: plain ones by number, arbitrary valid ones by hypothesis."""

import math
from typing import Any

from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span


def make_request(span_count: int, attribute_count: int = 8, first: int = 1) -> ExportTraceServiceRequest:
    """Valid spans under one resource; the span ids count up from `first`."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    service = group.resource.attributes.add(key="service.name")
    service.value.string_value = "checkout"
    spans = group.scope_spans.add().spans
    for number in range(first, first + span_count):
        add_span(spans.add(), number, attribute_count)
    return request


def add_span(span: Span, number: int, attribute_count: int = 0) -> None:
    """Fill in a valid span."""
    span.trace_id = (number // 40 + 1).to_bytes(16, "big")
    span.span_id = number.to_bytes(8, "big")
    span.name = "GET /items"
    span.start_time_unix_nano = 1_750_000_000_000_000_000 + number
    span.end_time_unix_nano = span.start_time_unix_nano + 1_000
    for index in range(attribute_count):
        span.attributes.add(key=f"attribute.key.{index}").value.string_value = f"value {number % 100}"


def make_logs(record_count: int) -> ExportLogsServiceRequest:
    """Valid log records, every other one without ids."""
    request = ExportLogsServiceRequest()
    records = request.resource_logs.add().scope_logs.add().log_records
    for number in range(1, record_count + 1):
        record = records.add(time_unix_nano=number)
        record.body.string_value = f"line {number}"
        if number % 2:
            record.trace_id = number.to_bytes(16, "big")
            record.span_id = number.to_bytes(8, "big")
    return request


def span_ids(payload: bytes) -> list[int]:
    """The span ids, as numbers, in an encoded request."""
    request = ExportTraceServiceRequest.FromString(payload)
    return [
        int.from_bytes(span.span_id, "big")
        for group in request.resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    ]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_COUNT = st.sampled_from([0, 1, 7, 2**32 - 1])
_TIME = st.sampled_from([0, 1, 2**53 + 1, 1_750_000_000_000_000_001, 2**63, 2**64 - 1])
_INT64 = st.sampled_from([0, 1, -1, 2**53 + 1, 2**63 - 1, -(2**63)])
_DOUBLE = st.sampled_from([0.0, -0.0, 1.0, 0.1, -1e308, 5e-324, math.inf, -math.inf, math.nan, 2.0**63])
_ENUM = st.sampled_from([0, 1, 2, 3, 5, 24, 1000, -1, 2**31 - 1])


def _present(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


def _one_of_values(nested: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    values = st.lists(nested, max_size=3)
    pairs = st.lists(_present(key=TEXT, value=nested), max_size=3)
    return st.one_of(
        st.fixed_dictionaries({"array_value": _present(values=values)}),
        st.fixed_dictionaries({"kvlist_value": _present(values=pairs)}),
    )


ANY_VALUE = st.recursive(
    st.one_of(
        st.just({}),
        st.fixed_dictionaries({"string_value": TEXT}),
        st.fixed_dictionaries({"bool_value": st.booleans()}),
        st.fixed_dictionaries({"int_value": _INT64}),
        st.fixed_dictionaries({"double_value": _DOUBLE}),
        st.fixed_dictionaries({"bytes_value": st.binary(max_size=5)}),
        st.fixed_dictionaries({"string_value_strindex": st.sampled_from([0, 1, -1])}),
    ),
    _one_of_values,
    max_leaves=6,
)
_ATTRIBUTES = st.lists(_present(key=TEXT, value=ANY_VALUE, key_strindex=st.sampled_from([0, 3])), max_size=3)
_TRACE_ID = st.integers(1, 2**128 - 1).map(lambda number: number.to_bytes(16, "big"))
_SPAN_ID = st.integers(1, 2**64 - 1).map(lambda number: number.to_bytes(8, "big"))
_NAMES = st.lists(TEXT, max_size=2)
_RESOURCE = _present(
    attributes=_ATTRIBUTES,
    dropped_attributes_count=_COUNT,
    entity_refs=st.lists(_present(schema_url=TEXT, type=TEXT, id_keys=_NAMES, description_keys=_NAMES), max_size=2),
)
_SCOPE = _present(name=TEXT, version=TEXT, attributes=_ATTRIBUTES, dropped_attributes_count=_COUNT)
_EVENT = _present(time_unix_nano=_TIME, name=TEXT, attributes=_ATTRIBUTES, dropped_attributes_count=_COUNT)
_LINK = _present(
    trace_id=_TRACE_ID,
    span_id=_SPAN_ID,
    trace_state=TEXT,
    attributes=_ATTRIBUTES,
    dropped_attributes_count=_COUNT,
    flags=_COUNT,
)
_SPAN = st.fixed_dictionaries(
    {"trace_id": _TRACE_ID, "span_id": _SPAN_ID},
    optional={
        "trace_state": TEXT,
        "parent_span_id": _SPAN_ID,
        "flags": _COUNT,
        "name": TEXT,
        "kind": _ENUM,
        "start_time_unix_nano": _TIME,
        "end_time_unix_nano": _TIME,
        "attributes": _ATTRIBUTES,
        "dropped_attributes_count": _COUNT,
        "events": st.lists(_EVENT, max_size=2),
        "dropped_events_count": _COUNT,
        "links": st.lists(_LINK, max_size=2),
        "dropped_links_count": _COUNT,
        "status": _present(message=TEXT, code=_ENUM),
    },
)
_RECORD = _present(
    time_unix_nano=_TIME,
    observed_time_unix_nano=_TIME,
    severity_number=_ENUM,
    severity_text=TEXT,
    body=ANY_VALUE,
    attributes=_ATTRIBUTES,
    dropped_attributes_count=_COUNT,
    flags=_COUNT,
    trace_id=_TRACE_ID,
    span_id=_SPAN_ID,
    event_name=TEXT,
)


def _groups(records: str, scopes: str, record: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    in_scope = {"scope": _SCOPE, records: st.lists(record, max_size=3), "schema_url": TEXT}
    in_group = {"resource": _RESOURCE, scopes: st.lists(_present(**in_scope), max_size=2), "schema_url": TEXT}
    groups: st.SearchStrategy[list[Any]] = st.lists(_present(**in_group), max_size=2)
    return groups


TRACE_REQUESTS = _groups("spans", "scope_spans", _SPAN).map(
    lambda groups: ExportTraceServiceRequest(resource_spans=groups)
)
LOG_REQUESTS = _groups("log_records", "scope_logs", _RECORD).map(
    lambda groups: ExportLogsServiceRequest(resource_logs=groups)
)
