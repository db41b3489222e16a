import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.errors import ClewError, InputTooLarge, MalformedInput
from clew.wire.zipkin_json import zipkin_json_to_otlp
from clew.wire.zipkin_span import MAX_ITEMS
from clew.wire.zipkin_thrift import zipkin_thrift_to_otlp
from tests.wire.zipkin_samples import (
    FULL_SPAN,
    PARENT_ID,
    SPAN_ID,
    TIME_US,
    TRACE_ID,
    attributes,
    json_list,
    only_span,
    otlp_spans,
    thrift_annotation,
    thrift_endpoint,
    thrift_list,
    thrift_span,
    thrift_struct,
    thrift_tag,
    thrift_text,
)

FRONT = thrift_endpoint("frontend", int.from_bytes(bytes([192, 168, 99, 1]), "big", signed=True), 3306)
BACK = thrift_endpoint("backend", int.from_bytes(bytes([172, 19, 0, 2]), "big", signed=True), 58648 - 65536)


def signed(text: str) -> int:
    """The id as thrift has it."""
    return int.from_bytes(bytes.fromhex(text), "big", signed=True)


def number(value: int) -> bytes:
    """An i64."""
    return struct.pack(">q", value)


FULL = thrift_span(
    signed(SPAN_ID),
    (10, 5, number(signed(PARENT_ID))),
    (
        15,
        6,
        thrift_list(
            thrift_annotation(TIME_US, "cs", FRONT),
            thrift_annotation(TIME_US + 60, "ws", FRONT),
            thrift_annotation(TIME_US + 1431, "cr", FRONT),
        ),
    ),
    (
        15,
        8,
        thrift_list(
            thrift_tag("http.method", b"GET", 6, FRONT),
            thrift_tag("http.path", b"/api", 6, FRONT),
            thrift_tag("sa", b"\1", 0, BACK),
        ),
    ),
    (10, 10, number(TIME_US)),
    (10, 11, number(1431)),
    trace_id=signed(TRACE_ID),
    name="get /api",
)


def test_it_says_the_same_as_json() -> None:
    """Zipkin's example in both formats."""
    assert zipkin_thrift_to_otlp(thrift_list(FULL)) == zipkin_json_to_otlp(json_list(FULL_SPAN))


def test_ids_of_128_bits_have_a_second_field() -> None:
    """And debug is a flag."""
    span = only_span(zipkin_thrift_to_otlp(thrift_list(thrift_span(-1, (10, 12, number(-2)), (2, 9, b"\1")))))
    assert (span.trace_id.hex(), span.span_id.hex()) == ("f" * 15 + "e" + "0" * 15 + "7", "f" * 16)
    assert attributes(span.attributes)["zipkin.debug"] is True


def test_binary_annotations_keep_their_types() -> None:
    """Every type of the schema; bytes stay bytes where they aren't of their type."""
    tags = thrift_list(
        thrift_tag("bool", b"\1", 0),
        thrift_tag("bytes", b"\xff", 1),
        thrift_tag("i16", struct.pack(">h", -2), 2),
        thrift_tag("i32", struct.pack(">i", -3), 3),
        thrift_tag("i64", struct.pack(">q", -4), 4),
        thrift_tag("double", struct.pack(">d", 0.5), 5),
        thrift_tag("string", "ü".encode(), 6),
        thrift_tag("short", b"\1", 4),
        thrift_tag("long bool", b"12", 0),
        thrift_tag("unknown", b"x", 9),
    )
    span = only_span(zipkin_thrift_to_otlp(thrift_list(thrift_span(1, (15, 8, tags), (10, 10, number(1))))))
    assert attributes(span.attributes) == {
        "bool": True,
        "bytes": b"\xff",
        "i16": -2,
        "i32": -3,
        "i64": -4,
        "double": 0.5,
        "string": "ü",
        "short": b"\1",
        "long bool": b"12",
        "unknown": b"x",
    }


def test_addresses_of_version_6_and_cut_off_text() -> None:
    """A name that isn't UTF-8 costs nobody the list."""
    endpoint = thrift_struct((11, 3, thrift_text(b"a\xff")), (11, 4, thrift_text(bytes(15) + b"\1")))
    annotations = thrift_list(thrift_annotation(TIME_US, "sr", endpoint))
    [(service, span)] = otlp_spans(zipkin_thrift_to_otlp(thrift_list(thrift_span(1, (15, 6, annotations)))))
    assert (service, attributes(span.attributes)["net.host.ip"]) == ("a�", "::1")


def test_an_endpoint_of_zeros_is_none() -> None:
    """Older clients fill in all fields."""
    annotations = thrift_list(thrift_annotation(TIME_US, "x", thrift_endpoint("")))
    [(service, span)] = otlp_spans(zipkin_thrift_to_otlp(thrift_list(thrift_span(1, (15, 6, annotations)))))
    assert (service, list(attributes(span.attributes))) == ("", ["otel.zipkin.absentField.startTime"])


@pytest.mark.parametrize("body", [b"", thrift_list()])
def test_an_empty_list_is_nothing(body: bytes) -> None:
    """Zipkin takes it, so that clients may send it."""
    assert zipkin_thrift_to_otlp(body) == b""


@pytest.mark.parametrize(
    ("span", "reason"),
    [
        (thrift_span(0), r"\$\[1\].id"),
        (thrift_span(1, trace_id=0), "trace_id"),
        (thrift_span(1, (10, 10, number(2**63 - 1))), "timestamp"),
        (thrift_span(1, (15, 6, thrift_list(thrift_annotation(2**63 - 1, "x")))), "annotations"),
        (thrift_span(1) + b"x", "bytes are behind"),
        (thrift_span(1)[:-1], "ends in the middle"),
    ],
)
def test_one_wrong_span_refuses_the_list_and_is_named(span: bytes, reason: str) -> None:
    """As in the other formats."""
    with pytest.raises(MalformedInput, match=reason):
        zipkin_thrift_to_otlp(thrift_list(thrift_span(1), span))


@given(st.binary(max_size=60), st.booleans())
def test_any_bytes_are_translated_or_refused(body: bytes, is_list: bool) -> None:
    """JSON and protobuf among them."""
    try:
        zipkin_thrift_to_otlp(struct.pack(">bi", 12, 1) + body if is_list else body)
    except ClewError as error:
        assert str(error)  # noqa: PT017  # it may be refused or not


def test_hostile_lists_are_refused_before_they_unfold() -> None:
    """An annotation may take one byte only."""
    many = thrift_list(*[thrift_struct()] * MAX_ITEMS)
    with pytest.raises(InputTooLarge):
        zipkin_thrift_to_otlp(thrift_list(thrift_span(1, (15, 6, many))))
