import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew.errors import InputRefused, InputTooLarge, MalformedInput
from clew.wire.jaeger_proto import MAX_PART_BYTES, MAX_SPANS, REQUEST, read_request, request_to_otlp, span_to_otlp
from clew.wire.jaeger_thrift import Protocol, read_batch
from clew.wire.otlp_check import check_traces
from tests.fuzz.decoders import DECODERS
from tests.house.project_files import ROOT
from tests.wire.jaeger_proto_samples import as_request, as_span, message, request, request_of
from tests.wire.jaeger_samples import BATCHES, batch, bench_batch_typed, span, tags
from tests.wire.otlp_mutations import delimited, long_varint, noisy
from tests.wire.sanitized import run_sanitized
from tests.wire.thrift_writer import Typed, write

ONE = as_span(span(1)).SerializeToString()
PROCESS = message("Process", service_name=b"shop").SerializeToString()


def otlp(body: bytes) -> Any:
    """The request, which the check leaves as it is, and of which compiled code makes the same or doesn't know."""
    written = request_to_otlp(body)
    assert written == read_request(body)
    assert check_traces(written).payload == written
    return ExportTraceServiceRequest.FromString(written)


@given(BATCHES)
def test_the_same_batch_is_the_same_in_protobuf_and_thrift(body: Typed) -> None:
    """Compiled or not; only unknown fields and incompleteness aren't in the one, and flags have no sign in it."""
    encoded = as_request(body)
    found = REQUEST.translate(encoded)
    assert found == read_request(encoded)
    thrift = ExportTraceServiceRequest.FromString(read_batch(write(Protocol.BINARY, body), Protocol.BINARY))
    for group in thrift.resource_spans:
        for each in (each for scope in group.scope_spans for each in scope.spans):
            others = [item for item in each.attributes if item.key != "jaeger.incomplete"]
            for item in others:
                if item.key == "jaeger.flags":
                    item.value.int_value &= 2**32 - 1
            del each.attributes[:]
            each.attributes.extend(others)
    assert ExportTraceServiceRequest.FromString(read_request(encoded)) == thrift


@settings(max_examples=150, deadline=None)
@given(BATCHES, st.integers(0, 2**64 - 1))
def test_compiled_code_takes_nothing_that_is_refused(body: Typed, seed: int) -> None:
    """Of a damaged request both make the same, or the compiled code doesn't know."""
    changed = noisy(as_request(body), random.Random(seed))
    found = REQUEST.translate(changed)
    try:
        expected = read_request(changed)
    except InputRefused:
        expected = None
    assert found is None or found == expected


def test_no_bytes_make_compiled_code_touch_other_memory(tmp_path: Path) -> None:
    """Under sanitizers, thousands of broken bodies are translated as they are without."""
    (decoder,) = (each for each in DECODERS if each.compiled == REQUEST)
    choose = random.Random(1)
    bodies = decoder.bodies()
    bodies += [noisy(choose.choice(bodies), choose) for _ in range(3_000)]
    bodies += [bodies[0][:size] for size in range(len(bodies[0]))]
    source = ROOT / "src/clew/wire/jaeger_proto.c"
    assert run_sanitized(source, REQUEST.function, bodies, tmp_path) == [REQUEST.translate(each) for each in bodies]


@pytest.mark.parametrize("spans", [1, 50, 1_000])
def test_requests_of_any_size_are_translated(spans: int) -> None:
    """Compiled, and the same as without."""
    body = as_request(bench_batch_typed(spans))
    assert REQUEST.translate(body) == read_request(body)
    assert check_traces(request_to_otlp(body)).span_count == spans


def test_a_trace_id_of_64_bits_is_the_lower_half() -> None:
    """The upper half is zero, as in Jaeger; the same for references."""
    made = message("Span", trace_id=b"12345678", span_id=b"abcdefgh")
    made.references.add(trace_id=b"12345678", span_id=b"parent-1")
    found = otlp(request([made])).resource_spans[0].scope_spans[0].spans[0]
    assert (found.trace_id, found.parent_span_id) == (bytes(8) + b"12345678", b"parent-1")


@pytest.mark.parametrize(("trace_id", "span_id"), [(b"1" * 15, b"1" * 8), (b"1" * 16, b"1" * 7), (b"", b"")])
def test_a_span_with_a_wrong_id_is_left_out_alone(trace_id: bytes, span_id: bytes) -> None:
    """The check says why; the other spans are kept."""
    wrong = message("Span", trace_id=trace_id, span_id=span_id).SerializeToString()
    checked = check_traces(request_to_otlp(request_of([wrong, ONE], PROCESS)))
    assert (checked.span_count, checked.rejected) == (1, 1)
    assert "must be" in checked.reason


def test_a_process_of_a_span_goes_before_that_of_the_batch() -> None:
    """Spans are grouped by what they bring; compiled code takes requests with one process only."""
    own = as_span(span(2))
    own.process.service_name = b"other"
    body = request_of([ONE, own.SerializeToString(), ONE], PROCESS)
    assert REQUEST.translate(body) is None
    groups = otlp(body).resource_spans
    names = [group.resource.attributes[0].value.string_value for group in groups]
    assert [(name, len(group.scope_spans[0].spans)) for name, group in zip(names, groups, strict=True)] == [
        ("shop", 2),
        ("other", 1),
    ]


@pytest.mark.parametrize("batch_process", [None, PROCESS])
def test_one_process_may_come_with_every_span(batch_process: bytes | None) -> None:
    """As agents write it; compiled code sees that it is the same."""
    made = [as_span(span(number)) for number in (1, 2)]
    for each in made:
        each.process.MergeFromString(PROCESS)
    body = request_of([each.SerializeToString() for each in made], batch_process)
    assert REQUEST.translate(body) == read_request(body)
    (group,) = otlp(body).resource_spans
    assert len(group.scope_spans[0].spans) == 2


def test_without_a_process_nothing_is_invented() -> None:
    """There is no resource then."""
    assert not otlp(request_of([ONE])).resource_spans[0].HasField("resource")


def test_warnings_and_the_id_of_the_process_are_kept() -> None:
    """Jaeger's own parts of the model may have come with the span."""
    made = as_span(span(1))
    made.process_id = b"p1"
    made.warnings.extend([b"late", b"", b"skewed"])
    found = otlp(request([made])).resource_spans[0].scope_spans[0].spans[0]
    assert found.attributes[0].value.string_value == "p1"
    assert [each.string_value for each in found.attributes[1].value.array_value.values] == ["late", "", "skewed"]


def test_times_have_nanoseconds() -> None:
    """A duration is added; negative ones and those that OTLP has no room for are kept as text."""
    made = message("Span", trace_id=b"1" * 16, span_id=b"1" * 8)
    made.start_time.seconds, made.start_time.nanos, made.duration.nanos = 7, 999_999_999, 2
    found = otlp(request([made])).resource_spans[0].scope_spans[0].spans[0]
    assert (found.start_time_unix_nano, found.end_time_unix_nano) == (7_999_999_999, 8_000_000_001)
    made.start_time.seconds = -1
    found = otlp(request([made])).resource_spans[0].scope_spans[0].spans[0]
    assert found.attributes[0].value.string_value == "-1"


def test_text_that_is_no_utf8_is_kept() -> None:
    """Jaeger's clients don't check it: values become bytes, names show the numbers."""
    made = message("Span", trace_id=b"1" * 16, span_id=b"1" * 8, operation_name=b"GET \xff")
    made.tags.add(key=b"k", text=b"\xfe")
    found = otlp(request([made])).resource_spans[0].scope_spans[0].spans[0]
    assert (found.name, found.attributes[0].value.bytes_value) == (r"GET \xff", b"\xfe")


@pytest.mark.parametrize("kind", [9, -1])
def test_a_tag_of_an_unknown_type_has_the_value_that_is_there(kind: int) -> None:
    """Or none, when there is none."""
    made = message("Span", trace_id=b"1" * 16, span_id=b"1" * 8)
    made.tags.add(key=b"k", kind=kind, integer=5)
    made.tags.add(key=b"k", kind=kind)
    some, none = otlp(request([made])).resource_spans[0].scope_spans[0].spans[0].attributes
    assert (some.value.int_value, none.value.WhichOneof("value")) == (5, None)


@pytest.mark.parametrize(
    "body",
    [
        delimited(1, delimited(1, ONE)) * 2,
        delimited(1, delimited(2, PROCESS) + delimited(1, ONE) + delimited(2, PROCESS)),
        delimited(1, delimited(1, ONE + b"\x7a\x01x")),
        delimited(1, delimited(1, ONE) + b"\x18\x05"),
        b"\x18\x05" + delimited(1, delimited(1, ONE)),
        delimited(1, delimited(1, ONE + b"\x28" + long_varint(3))),
        delimited(1, delimited(1, ONE + b"\x1a\x03new")),
        delimited(1, b"\x08\x05" + delimited(1, ONE)),
    ],
)
def test_unusual_protobuf_means_what_protobuf_says(body: bytes) -> None:
    """Repeated, unknown, lengthened and foreign fields: compiled code doesn't know, the reference does."""
    assert REQUEST.translate(body) is None
    assert check_traces(request_to_otlp(body)).rejected == 0
    assert check_traces(request_to_otlp(body)).span_count >= 1


@pytest.mark.parametrize("body", [b"\x0a", b"\x0a\x05\x0a", b"\x0a\x04\x0a\x02\x0a\x09", b"\xff" * 11, b"\x0b"])
def test_what_is_no_protobuf_is_refused(body: bytes) -> None:
    """With a reason."""
    with pytest.raises(MalformedInput, match="the body is no"):
        request_to_otlp(body)


def test_an_empty_request_is_nothing() -> None:
    """Some clients send one to see whether somebody listens."""
    assert request_to_otlp(b"") == b""
    assert request_to_otlp(request_of([], PROCESS)) == b""


def test_sizes_are_bounded() -> None:
    """Of one span, and of their number: both would take ninety times their bytes."""
    large = as_span(span(1, tags=tags(a="x" * MAX_PART_BYTES)))
    with pytest.raises(InputTooLarge, match="put less into it"):
        request_to_otlp(request([large]))
    with pytest.raises(InputTooLarge, match="smaller batches"):
        request_to_otlp(delimited(1, b"\x0a\x00" * (MAX_SPANS + 1)))


def test_a_service_that_is_named_twice_has_one_name() -> None:
    """As OpenTelemetry's exporter writes it; compiled code leaves the same tag out."""
    body = as_request(batch([span()], "shop", tags(service__name="shop", ip="10.0.0.1")))
    assert REQUEST.translate(body) == read_request(body)
    attributes = otlp(body).resource_spans[0].resource.attributes
    assert [(each.key, each.value.string_value) for each in attributes] == [
        ("service.name", "shop"),
        ("ip", "10.0.0.1"),
    ]


def test_a_span_alone_is_a_request_with_one_span() -> None:
    """A Span with its process inside, of any length, is read as if a request held it; other bytes are refused."""
    for text in ("", "x" * 200, "y" * 20_000):
        alone = as_span(span(1))
        alone.process.CopyFrom(message("Process", service_name=b"shop"))
        alone.operation_name = text.encode()
        assert span_to_otlp(alone.SerializeToString()) == request_to_otlp(request([alone]))
        assert b"shop" in span_to_otlp(alone.SerializeToString())
    with pytest.raises(MalformedInput):
        span_to_otlp(b"\xff\xff")
