"""Hypothesis strategies for arbitrary valid OTLP, and how two requests are compared.

A message field that is absent means the same as an empty one (resource, scope, status, value): OTLP says so for
resource and scope, and nothing can be read from the difference for the others. So requests are built with neither
an empty status nor an attribute without value; all else may be anything that the protocol allows.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue
from opentelemetry.proto.common.v1.common_pb2 import KeyValueList as KvList
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

UINT64 = st.integers(0, 2**64 - 1) | st.sampled_from([0, 1, 2**63 - 1, 2**63, 2**64 - 1])
INT64 = st.integers(-(2**63), 2**63 - 1) | st.sampled_from([0, -1, 2**53, 2**53 + 1, -(2**63), 2**63 - 1])
UINT32 = st.integers(0, 2**32 - 1)
TEXT = st.text(max_size=12)
TRACE_IDS = st.binary(min_size=16, max_size=16).filter(any)
SPAN_IDS = st.binary(min_size=8, max_size=8).filter(any)
PARENT_IDS = st.just(b"") | st.binary(min_size=8, max_size=8)
DOUBLES = st.floats(allow_nan=False) | st.sampled_from([0.0, -0.0, float("inf"), float("-inf"), 5e-324, 0.1, 1e21])
ENUMS = st.integers(-(2**31), 2**31 - 1) | st.integers(0, 5)

SCALARS = st.one_of(
    st.builds(AnyValue, string_value=TEXT),
    st.builds(AnyValue, bool_value=st.booleans()),
    st.builds(AnyValue, int_value=INT64),
    st.builds(AnyValue, double_value=DOUBLES),
    st.builds(AnyValue, bytes_value=st.binary(max_size=12)),
    st.just(AnyValue()),
)


def _nest(values: st.SearchStrategy[AnyValue]) -> st.SearchStrategy[AnyValue]:
    pairs = st.builds(KeyValue, key=TEXT, value=values)
    return st.builds(AnyValue, array_value=st.builds(ArrayValue, values=st.lists(values, max_size=3))) | st.builds(
        AnyValue, kvlist_value=st.builds(KvList, values=st.lists(pairs, max_size=3))
    )


VALUES = st.recursive(SCALARS, _nest, max_leaves=6)
ATTRIBUTES = st.lists(st.builds(KeyValue, key=TEXT, value=VALUES), max_size=4)

STATUSES = st.none() | st.builds(Status, message=TEXT, code=ENUMS).filter(lambda status: status != Status())
SPANS = st.builds(
    Span,
    trace_id=TRACE_IDS,
    span_id=SPAN_IDS,
    parent_span_id=PARENT_IDS,
    trace_state=TEXT,
    flags=UINT32,
    name=TEXT,
    kind=ENUMS,
    start_time_unix_nano=UINT64,
    end_time_unix_nano=UINT64,
    attributes=ATTRIBUTES,
    dropped_attributes_count=UINT32,
    events=st.lists(
        st.builds(Span.Event, time_unix_nano=UINT64, name=TEXT, attributes=ATTRIBUTES, dropped_attributes_count=UINT32),
        max_size=2,
    ),
    dropped_events_count=UINT32,
    links=st.lists(
        st.builds(
            Span.Link,
            trace_id=st.binary(max_size=20),
            span_id=st.binary(max_size=10),
            trace_state=TEXT,
            attributes=ATTRIBUTES,
            dropped_attributes_count=UINT32,
            flags=UINT32,
        ),
        max_size=2,
    ),
    dropped_links_count=UINT32,
    status=STATUSES,
)
RESOURCES = st.builds(
    Resource,
    attributes=ATTRIBUTES,
    dropped_attributes_count=UINT32,
    entity_refs=st.lists(
        st.builds(EntityRef, schema_url=TEXT, type=TEXT, id_keys=st.lists(TEXT, max_size=2)), max_size=1
    ),
)
SCOPES = st.builds(
    InstrumentationScope, name=TEXT, version=TEXT, attributes=ATTRIBUTES, dropped_attributes_count=UINT32
)
LOG_RECORDS = st.builds(
    LogRecord,
    time_unix_nano=UINT64,
    observed_time_unix_nano=UINT64,
    severity_number=ENUMS,
    severity_text=TEXT,
    body=VALUES.filter(lambda value: value.WhichOneof("value") is not None),
    attributes=ATTRIBUTES,
    dropped_attributes_count=UINT32,
    flags=UINT32,
    span_id=st.just(b"") | SPAN_IDS,
    event_name=TEXT,
)


@st.composite
def trace_requests(draw: st.DrawFn) -> ExportTraceServiceRequest:
    """A request with up to three resources, two scopes each, three spans each."""
    request = ExportTraceServiceRequest()
    for _ in range(draw(st.integers(1, 3))):
        resource_spans = request.resource_spans.add(resource=draw(RESOURCES), schema_url=draw(TEXT))
        for _ in range(draw(st.integers(0, 2))):
            scope_spans = resource_spans.scope_spans.add(scope=draw(SCOPES), schema_url=draw(TEXT))
            scope_spans.spans.extend(draw(st.lists(SPANS, max_size=3)))
    return request


Item = tuple[bytes, str, bytes, str, bytes]


def spans_of(data: Any) -> Counter[Item]:
    """Every span of a request or TracesData with all that surrounds it, serialised, counted."""
    return Counter(_items(data.resource_spans, "scope_spans", "spans"))


def logs_of(data: Any) -> Counter[Item]:
    """Every log record of a request or LogsData with all that surrounds it, serialised, counted."""
    return Counter(_items(data.resource_logs, "scope_logs", "log_records"))


def _items(groups: Iterable[Any], scopes: str, items: str) -> Iterable[Item]:
    for group in groups:
        resource = group.resource.SerializeToString(deterministic=True)
        for scoped in getattr(group, scopes):
            scope = scoped.scope.SerializeToString(deterministic=True)
            for item in getattr(scoped, items):
                yield (
                    resource,
                    group.schema_url,
                    scope,
                    scoped.schema_url,
                    item.SerializeToString(deterministic=True),
                )
