import contextlib
import json
import time
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew.errors import InputRefused, InputTooLarge, MalformedInput
from clew.wire.otlp_check import check_traces
from clew.wire.skywalking import (
    MAX_SPAN_BYTES,
    MAX_SPANS,
    collection_to_otlp,
    resource_of,
    segment_to_otlp,
    segments_to_otlp,
)
from clew.wire.skywalking_ids import MAX_ID_CHARACTERS
from clew.wire.skywalking_json import segment_json_to_otlp
from clew.wire.skywalking_schema import Segment
from tests.wire.skywalking_samples import (
    SEGMENT,
    WRONG_TIMES,
    encode_segment,
    json_segment,
    make_collection,
    make_segment,
    make_span,
    plain,
    spans_in,
)


@given(SEGMENT)
def test_any_segment_is_translated_into_what_the_check_accepts(fields: dict[str, Any]) -> None:
    """Whatever is in its fields, each span is there once, is good, and is in the form in which it is stored."""
    payload = segment_to_otlp(encode_segment(fields))
    checked = check_traces(payload)
    assert checked.span_count == len(fields["spans"])
    assert (checked.payload, checked.rejected) == (payload, 0)
    names = [span.get("operation_name", "") for span in fields["spans"]]
    assert [span.name for span in spans_in(payload)] == names


@given(SEGMENT)
def test_nothing_of_a_segment_is_lost(fields: dict[str, Any]) -> None:
    """Every text and number in it can be found in the spans, however odd it is."""
    for sent, span in zip(fields["spans"], spans_in(segment_to_otlp(encode_segment(fields))), strict=True):
        found = Counter(_texts(span.attributes))
        assert not Counter(pair.get("value", "") for pair in sent.get("tags", ())) - found
        in_events = Counter(text for event in span.events for text in _texts(event.attributes))
        assert not Counter(pair.get("value", "") for log in sent.get("logs", ()) for pair in log.get("data", ())) - (
            in_events
        )
        referred = found + Counter(text for link in span.links for text in _texts(link.attributes))
        for name in ("parent_service", "parent_service_instance", "parent_endpoint", "network_address_used_at_peer"):
            assert not Counter(filter(None, (ref.get(name, "") for ref in sent.get("refs", ())))) - referred
        assert len(span.links) in (len(sent.get("refs", ())), len(sent.get("refs", ())) - 1)
        assert len(span.events) == len(sent.get("logs", ()))


def _texts(attributes: Any) -> list[str]:
    values = [value if isinstance(value, list) else [value] for value in plain(attributes).values()]
    return [value for several in values for value in several if isinstance(value, str)]


@given(SEGMENT)
def test_json_and_protobuf_are_translated_alike(fields: dict[str, Any]) -> None:
    """The same segment gives the same bytes from either."""
    assert segment_json_to_otlp(json.dumps(json_segment(fields)).encode()) == segment_to_otlp(encode_segment(fields))


@given(
    st.binary(max_size=60)
    | st.tuples(SEGMENT, st.integers(0, 200), st.binary(max_size=3)).map(
        lambda drawn: _mutated(encode_segment(drawn[0]), drawn[1], drawn[2])
    )
)
def test_any_bytes_are_translated_or_refused(body: bytes) -> None:
    """Noise, and segments with noise in them, raise nothing but a refusal; what is translated is good."""
    with contextlib.suppress(InputRefused):
        assert check_traces(segment_to_otlp(body)).rejected == 0


def _mutated(body: bytes, at: int, noise: bytes) -> bytes:
    place = at % (len(body) + 1)
    return body[:place] + noise + body[place + len(noise) :]


@given(WRONG_TIMES, st.sampled_from(["start_time", "end_time"]))
def test_a_segment_with_an_impossible_time_is_refused(time_ms: int, name: str) -> None:
    """It can't be stored as it is, and isn't stored as something else; nor are the spans before it."""
    with pytest.raises(MalformedInput, match=f"is {time_ms}, outside"):
        segment_to_otlp(make_segment(make_span(0), make_span(1, **{name: time_ms})))


def test_segments_of_a_collection_have_resources_of_their_own() -> None:
    """Each segment is of the process that sent it; one without spans leaves nothing."""
    orders = make_segment(make_span(0), make_span(1), service_instance="orders@1")
    front = make_segment(make_span(0), service="front", trace_segment_id="other")
    payload = collection_to_otlp(make_collection(orders, make_segment(), front))
    groups = ExportTraceServiceRequest.FromString(payload).resource_spans
    assert [plain(group.resource.attributes) for group in groups] == [
        {"service.name": "orders", "service.instance.id": "orders@1"},
        {"service.name": "front"},
    ]
    assert [len(group.scope_spans[0].spans) for group in groups] == [2, 1]
    assert payload == segments_to_otlp([orders, front])
    assert {group.scope_spans[0].scope.name for group in groups} == {"skywalking"}


def test_a_segment_without_spans_is_nothing() -> None:
    """There is nothing to store, and nothing wrong."""
    assert segment_to_otlp(make_segment()) == b""


def test_a_process_without_a_name_gets_none() -> None:
    """Nothing is invented for what a client leaves out."""
    assert plain(resource_of("", "").attributes) == {}


@pytest.mark.parametrize("name", ["trace_id", "trace_segment_id"])
def test_a_segment_needs_its_ids(name: str) -> None:
    """Without them its spans can't be found or told apart; with long ones each span would carry them."""
    with pytest.raises(MalformedInput, match="a segment has no"):
        segment_to_otlp(make_segment(make_span(), **{name: ""}))
    with pytest.raises(InputTooLarge, match="257 characters"):
        segment_to_otlp(make_segment(make_span(), **{name: "x" * (MAX_ID_CHARACTERS + 1)}))


def test_what_is_no_segment_is_refused_by_name() -> None:
    """The reason says which message it should have been."""
    for translate, name in ((segment_to_otlp, "SegmentObject"), (collection_to_otlp, "SegmentCollection")):
        with pytest.raises(MalformedInput, match=f"no {name} of SkyWalking"):
            translate(b"\x0a\x05ab")
    body: bytes = Segment(trace_id="a", trace_segment_id="b", spans=[b"\xff"]).SerializeToString()
    with pytest.raises(MalformedInput, match="no SpanObject of SkyWalking"):
        segment_to_otlp(body)


def test_a_flood_of_empty_spans_is_refused_at_once() -> None:
    """A span of two bytes takes as long as any other, so that their number is bounded before the first is read."""
    began_s = time.process_time()
    for translate, field, count in (
        (segment_to_otlp, b"\x1a\x00", MAX_SPANS + 1),
        (segment_to_otlp, b"\x1a\x00", 16_000_000),
        (collection_to_otlp, b"\x0a\x00", 16_000_000),
    ):
        with pytest.raises(InputTooLarge, match=f"more than {MAX_SPANS} spans"):
            translate(make_segment() + field * count)
    assert time.process_time() - began_s < 2


def test_a_span_may_not_be_huge() -> None:
    """A span is parsed as a whole, which takes many times its bytes."""
    with pytest.raises(InputTooLarge, match=f"the limit is {MAX_SPAN_BYTES}"):
        segment_to_otlp(make_segment(make_span(operation_name="x" * MAX_SPAN_BYTES)))


def test_the_result_is_bounded() -> None:
    """Each span carries its segment's ids, which must not multiply a request beyond bounds."""
    tags = [{"key": "k", "value": "x" * 1_000_000}]
    with pytest.raises(InputTooLarge, match="bytes as OTLP"):
        segment_to_otlp(make_segment(*(make_span(number, tags=tags) for number in range(70))))
