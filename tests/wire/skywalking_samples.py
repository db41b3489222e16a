"""SkyWalking's messages for tests: plain ones, arbitrary ones by hypothesis, and what was made of them."""

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew.wire.skywalking_schema import Collection, LogData, Segment, Span

START_MS = 1_764_000_000_000
JAVA_TRACE = "56a5e1c519ae4c76a2b8b11d92cead7f.12.16563474296430001"
JAVA_SEGMENT = "56a5e1c519ae4c76a2b8b11d92cead7f.12.16563474296430000"
UUID_TRACE = "de5980b8-fce3-4a37-aab9-b4ac3af7eedd"


def make_span(number: int = 0, **fields: Any) -> Any:
    """An entry span without a parent; `fields` take the place of what is here."""
    given = {"span_id": number, "parent_span_id": -1, "start_time": START_MS, "end_time": START_MS + 5} | fields
    return Span(**({"operation_name": "/orders"} | given))


def make_segment(*spans: Any, **fields: Any) -> bytes:
    """An encoded segment of one trace."""
    given = {"trace_id": JAVA_TRACE, "trace_segment_id": JAVA_SEGMENT, "service": "orders"} | fields
    encoded: bytes = Segment(spans=[span.SerializeToString() for span in spans], **given).SerializeToString()
    return encoded


def make_collection(*segments: bytes) -> bytes:
    """An encoded collection of encoded segments."""
    encoded: bytes = Collection(segments=segments).SerializeToString()
    return encoded


def make_log(**fields: Any) -> bytes:
    """An encoded log record."""
    given = {"timestamp": START_MS, "service": "orders", "body": {"text": {"text": "paid"}}} | fields
    encoded: bytes = LogData(**given).SerializeToString()
    return encoded


def pairs(**given: str) -> list[dict[str, str]]:
    """Tags, or the data of a log; `__` stands for a dot."""
    return [{"key": key.replace("__", "."), "value": value} for key, value in given.items()]


def spans_in(payload: bytes) -> Iterator[Any]:
    """Every span of an encoded request."""
    for group in ExportTraceServiceRequest.FromString(payload).resource_spans:
        for scope in group.scope_spans:
            yield from scope.spans


def plain(attributes: Any) -> dict[str, Any]:
    """OTLP attributes as a dictionary of what is in them."""
    return {attribute.key: _plain_value(attribute.value) for attribute in attributes}


def _plain_value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    found = getattr(value, kind)
    return [_plain_value(item) for item in found.values] if kind == "array_value" else found


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
INT32 = st.sampled_from([0, 1, 2, 3, 4, 7, -1, 2**31 - 1, -(2**31)])
TIMES = st.sampled_from([0, 1, START_MS, START_MS + 1, 18_446_744_073_709])
WRONG_TIMES = st.sampled_from([-1, -(2**63), 18_446_744_073_710, 2**63 - 1])
IDS = st.sampled_from([JAVA_TRACE, UUID_TRACE, "0" * 32, "a", "é.1"])


def _present(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


PAIR = _present(
    key=TEXT | st.sampled_from(["event", "stack", "message", "error.kind", "db.type", "sw8.peer", "status_code"]),
    value=TEXT | st.sampled_from(["error", "200", "Mysql"]),
)
LOG = _present(time=TIMES, data=st.lists(PAIR, max_size=4))
REFERENCE = _present(
    ref_type=INT32,
    trace_id=IDS | st.just(""),
    parent_trace_segment_id=IDS | st.just(""),
    parent_span_id=INT32,
    parent_service=TEXT,
    parent_service_instance=TEXT,
    parent_endpoint=TEXT,
    network_address_used_at_peer=TEXT,
)
SPAN = _present(
    span_id=INT32,
    parent_span_id=INT32,
    start_time=TIMES,
    end_time=TIMES,
    refs=st.lists(REFERENCE, max_size=3),
    operation_name=TEXT,
    peer=TEXT | st.sampled_from(["db:3306", "[::1]:80", "a:1;b:2", "host:99999"]),
    span_type=INT32,
    span_layer=INT32,
    component_id=INT32,
    is_error=st.booleans(),
    tags=st.lists(PAIR, max_size=4),
    logs=st.lists(LOG, max_size=3),
    skip_analysis=st.booleans(),
)
SEGMENT = st.fixed_dictionaries(
    {"trace_id": IDS, "trace_segment_id": IDS, "spans": st.lists(SPAN, max_size=4)},
    optional={"service": TEXT, "service_instance": TEXT, "is_size_limited": st.booleans()},
)
"""The fields of a segment and its spans, as dictionaries."""


def encode_segment(fields: dict[str, Any]) -> bytes:
    """The segment in protobuf."""
    spans = [Span(**span).SerializeToString() for span in fields["spans"]]
    encoded: bytes = Segment(**(fields | {"spans": spans})).SerializeToString()
    return encoded


def json_segment(fields: Any) -> Any:
    """The segment as JSON has it: the same with names in lowerCamelCase."""
    if isinstance(fields, list):
        return [json_segment(item) for item in fields]
    if not isinstance(fields, dict):
        return fields
    return {_camel(key): json_segment(value) for key, value in fields.items()}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
