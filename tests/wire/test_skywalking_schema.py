from base64 import b64decode
from typing import Any

from clew.wire.skywalking_schema import AttachedEvent, Collection, LogData, Segment, Span

# Written by the classes of the package apache-skywalking 1.3.0 for Python; most values are the numbers of their fields.
_COLLECTION = b64decode(
    "CncKA29uZRIDdHdvGl0IARACGAMgBCopCAESA3R3bxoFdGhyZWUgBCoEZml2ZTIDc2l4OgVzZXZlbkIFZWlnaHQyA3NpeDoFc2V2ZW5A"
    "AkgGUApYAWIGCgFrEgF2agoIARIGCgFsEgF3cAEiBGZvdXIqBGZpdmUwAQ=="
)
_LOG_DATA = b64decode("CAESA3R3bxoFdGhyZWUiBGZvdXIqCgoDb25lIgMKAXkyDAoDb25lEgN0d28YAzoICgYKAWsSAXZCBWVpZ2h0")
_ATTACHED_EVENT = b64decode("CgQIARACEgN0d28aBAgDEAQiBgoBaxIBdioOCgFzEPv//////////wEyFAgBEgN0d28aBXRocmVlIgRmb3Vy")


def _read(message: Any) -> dict[str, Any]:
    """Every field that is set, as far down as there are messages."""
    return {field.name: _read_value(value) for field, value in message.ListFields()}


def _read_value(value: Any) -> Any:
    if hasattr(value, "ListFields"):
        return _read(value)
    return value if isinstance(value, str | bytes | int) else [_read_value(item) for item in value]


def test_a_segment_of_an_agent_is_read_in_full() -> None:
    """Each field of a segment that SkyWalking's own classes wrote is where the protocol has it, and none is left."""
    (encoded,) = Collection.FromString(_COLLECTION).segments  # type: ignore[attr-defined]  # a class made here
    segment: Any = Segment.FromString(encoded)
    (span,) = segment.spans
    assert _read(segment) | {"spans": []} == {
        "trace_id": "one",
        "trace_segment_id": "two",
        "spans": [],
        "service": "four",
        "service_instance": "five",
        "is_size_limited": True,
    }
    assert _read(Span.FromString(span)) == {
        "span_id": 1,
        "parent_span_id": 2,
        "start_time": 3,
        "end_time": 4,
        "refs": [
            {
                "ref_type": 1,
                "trace_id": "two",
                "parent_trace_segment_id": "three",
                "parent_span_id": 4,
                "parent_service": "five",
                "parent_service_instance": "six",
                "parent_endpoint": "seven",
                "network_address_used_at_peer": "eight",
            }
        ],
        "operation_name": "six",
        "peer": "seven",
        "span_type": 2,
        "span_layer": 6,
        "component_id": 10,
        "is_error": True,
        "tags": [{"key": "k", "value": "v"}],
        "logs": [{"time": 1, "data": [{"key": "l", "value": "w"}]}],
        "skip_analysis": True,
    }


def test_a_log_record_of_an_agent_is_read_in_full() -> None:
    """The same for a log record."""
    assert _read(LogData.FromString(_LOG_DATA)) == {
        "timestamp": 1,
        "service": "two",
        "service_instance": "three",
        "endpoint": "four",
        "body": {"type": "one", "yaml": {"text": "y"}},
        "trace_context": {"trace_id": "one", "trace_segment_id": "two", "span_id": 3},
        "tags": {"data": [{"key": "k", "value": "v"}]},
        "layer": "eight",
    }


def test_an_attached_event_of_an_agent_is_read_in_full() -> None:
    """The same for an event of the eBPF agent."""
    assert _read(AttachedEvent.FromString(_ATTACHED_EVENT)) == {
        "start_time": {"seconds": 1, "nanos": 2},
        "event": "two",
        "end_time": {"seconds": 3, "nanos": 4},
        "tags": [{"key": "k", "value": "v"}],
        "summary": [{"key": "s", "value": -5}],
        "trace_context": {"type": 1, "trace_id": "two", "trace_segment_id": "three", "span_id": "four"},
    }
