from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from clew.errors import InputTooLarge, MalformedInput
from clew.wire.skywalking_ids import span_id_of, trace_id_of
from clew.wire.skywalking_spans import MAX_ITEMS, SegmentIds, span_to_otlp
from tests.wire.skywalking_samples import JAVA_SEGMENT, JAVA_TRACE, START_MS, UUID_TRACE, make_span, pairs, plain

_IDS = SegmentIds(JAVA_TRACE, JAVA_SEGMENT, is_size_limited=False)
_REFERENCE = {"trace_id": JAVA_TRACE, "parent_trace_segment_id": "front.1.2", "parent_span_id": 3}


def _translated(**fields: Any) -> Span:
    return span_to_otlp(_IDS, make_span(**fields))


def test_a_span_has_the_ids_name_and_times_of_its_message() -> None:
    """Ids follow from trace, segment and number; milliseconds are nanoseconds; the originals are attributes."""
    span = _translated(number=2)
    assert span.trace_id == trace_id_of(JAVA_TRACE)
    assert span.span_id == span_id_of(JAVA_SEGMENT, 2)
    assert (span.name, span.parent_span_id, list(span.links)) == ("/orders", b"", [])
    assert (span.start_time_unix_nano, span.end_time_unix_nano) == (START_MS * 10**6, (START_MS + 5) * 10**6)
    assert plain(span.attributes) == {"sw8.trace_id": JAVA_TRACE, "sw8.segment_id": JAVA_SEGMENT, "sw8.span_id": 2}


@pytest.mark.parametrize(
    ("span_type", "layer", "kind"),
    [
        (0, 3, Span.SPAN_KIND_SERVER),
        (1, 3, Span.SPAN_KIND_CLIENT),
        (2, 0, Span.SPAN_KIND_INTERNAL),
        (0, 4, Span.SPAN_KIND_CONSUMER),
        (1, 4, Span.SPAN_KIND_PRODUCER),
        (2, 4, Span.SPAN_KIND_INTERNAL),
        (9, 4, Span.SPAN_KIND_UNSPECIFIED),
    ],
)
def test_the_kind_follows_from_type_and_layer(span_type: int, layer: int, kind: int) -> None:
    """Entry and exit are server and client, of messages consumer and producer; what came later is nothing of these."""
    span = _translated(span_type=span_type, span_layer=layer)
    assert span.kind == kind
    assert plain(span.attributes).get("sw8.span_type") == (9 if span_type == 9 else None)


def test_the_rest_of_the_fields_are_attributes() -> None:
    """Layer, component, peer and what was left out of analysis and segment can be searched."""
    ids = SegmentIds(UUID_TRACE, JAVA_SEGMENT, is_size_limited=True)
    span = span_to_otlp(ids, make_span(span_layer=6, component_id=5001, peer="db:1", skip_analysis=True))
    assert plain(span.attributes) == {
        "sw8.trace_id": UUID_TRACE,
        "sw8.segment_id": JAVA_SEGMENT,
        "sw8.span_id": 0,
        "sw8.is_size_limited": True,
        "sw8.span_layer": "FAAS",
        "sw8.component_id": 5001,
        "sw8.peer": "db:1",
        "sw8.skip_analysis": True,
    }
    assert plain(_translated(span_layer=77).attributes)["sw8.span_layer"] == 77


def test_the_peer_of_whoever_asks_is_its_server() -> None:
    """An exit names the server that it asks, and so does a consumer of messages; the peer of an entry is a client."""
    for fields in ({"span_type": 1}, {"span_layer": 4}):
        attributes = plain(_translated(peer="db:3306", **fields).attributes)
        assert (attributes["server.address"], attributes["server.port"]) == ("db", 3306)
    assert "server.address" not in plain(_translated(peer="10.0.0.1:50123").attributes)


def test_tags_stay_and_mean_more() -> None:
    """Tags keep their names; those that OpenTelemetry has a name for are there by that one too."""
    attributes = plain(_translated(tags=pairs(db__type="Mysql", custom="x")).attributes)
    assert attributes["db.type"] == "Mysql"
    assert attributes["custom"] == "x"
    assert attributes["db.system.name"] == "mysql"


def test_a_parent_in_the_segment_goes_first() -> None:
    """With a parent in its own segment, a span's references are links."""
    span = _translated(number=5, parent_span_id=0, refs=[_REFERENCE])
    assert span.parent_span_id == span_id_of(JAVA_SEGMENT, 0)
    assert [link.span_id for link in span.links] == [span_id_of("front.1.2", 3)]
    assert plain(span.attributes)["sw8.parent_span_id"] == 0
    assert "sw8.parent_segment_id" not in plain(span.attributes)


@pytest.mark.parametrize("parent", [-1, 0, -7])
def test_a_span_without_one_has_its_parent_in_another_segment(parent: int) -> None:
    """-1 says so; so does any other number below 0, and the span's own, which is 0 where nothing was sent."""
    second = _REFERENCE | {"parent_span_id": 4}
    span = _translated(number=0, parent_span_id=parent, refs=[_REFERENCE, second])
    assert span.parent_span_id == span_id_of("front.1.2", 3)
    assert [link.span_id for link in span.links] == [span_id_of("front.1.2", 4)]
    assert plain(span.attributes)["sw8.parent_segment_id"] == "front.1.2"


def test_an_error_is_the_status_and_its_logs_are_events() -> None:
    """The flag isError decides, and the first error that was logged says why; without it the status is not set."""
    logs = [{"time": START_MS + 1, "data": pairs(event="error", message="no money")}]
    failed, fine = _translated(is_error=True, logs=logs), _translated(logs=logs)
    assert (failed.status.code, failed.status.message) == (Status.STATUS_CODE_ERROR, "no money")
    assert not fine.HasField("status")
    assert [event.name for event in fine.events] == ["exception"]


def test_a_span_may_not_hold_too_much() -> None:
    """Empty tags take two bytes on the wire and much more here; pairs in logs count as well."""
    too_much: tuple[dict[str, Any], ...] = ({"tags": [{}] * (MAX_ITEMS + 1)}, {"logs": [{"data": [{}] * MAX_ITEMS}]})
    for fields in too_much:
        with pytest.raises(InputTooLarge, match="more than 10000 tags"):
            _translated(**fields)
    assert len(_translated(tags=[{}] * MAX_ITEMS).attributes) == 4


def test_a_time_that_cannot_be_stored_is_named() -> None:
    """The reason says which time it was."""
    with pytest.raises(MalformedInput, match="startTime is -1"):
        _translated(start_time=-1)
