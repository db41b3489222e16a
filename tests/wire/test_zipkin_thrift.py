import random
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.errors import ClewError, InputTooLarge, MalformedInput
from clew.wire.zipkin_json import zipkin_json_to_otlp
from clew.wire.zipkin_span import MAX_ITEMS
from clew.wire.zipkin_thrift import COMPILED, zipkin_thrift_by_parsing, zipkin_thrift_to_otlp
from tests.fuzz.decoders import Decoder, run_one
from tests.house.project_files import ROOT
from tests.wire.otlp_mutations import noisy
from tests.wire.sanitized import run_sanitized
from tests.wire.zipkin_samples import (
    FULL_SPAN,
    ODD_V1_SPANS,
    PARENT_ID,
    PLAIN_V1_SPANS,
    SPAN_ID,
    TIME_US,
    TRACE_ID,
    V1_JSON_LISTS,
    attributes,
    json_list,
    only_span,
    otlp_spans,
    thrift_annotation,
    thrift_endpoint,
    thrift_list,
    thrift_of_json,
    thrift_span,
    thrift_struct,
    thrift_tag,
    thrift_text,
)

SOURCE = ROOT / "src/clew/wire/zipkin_thrift.c"
DECODER = Decoder("zipkin_thrift", zipkin_thrift_by_parsing, COMPILED)
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


ODD_BODIES = tuple(
    thrift_list(span)
    for span in (
        thrift_span(0),
        thrift_span(1, (10, 5, number(1)), (10, 5, number(2))),
        thrift_span(1, (10, 20, number(1))),
        thrift_span(1, (8, 10, bytes(4))),
        thrift_span(1, (10, 10, number(-1))),
        thrift_span(1, (15, 8, thrift_list(thrift_tag("a", bytes(8), 4)))),
        thrift_span(1, (15, 8, thrift_list(thrift_tag("a", b"\xff", 6)))),
        thrift_span(1, (15, 6, thrift_list(thrift_struct((11, 3, thrift_text("x")))))),
        thrift_span(1) + b"x",
        thrift_span(1)[:-1],
    )
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
    assert (service, attributes(span.attributes)["net.host.ip"]) == ("a\\xff", "::1")


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
        (thrift_span(1) + b"x", "bytes follow"),
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


def _is_taken_alike(body: bytes) -> bool:
    """Did the compiled translation take it? It must say the same as the other, or nothing."""
    run_one(DECODER, body)
    return COMPILED.translate(body) is not None


@given(V1_JSON_LISTS, st.integers(0, 2**32))
def test_compiled_code_says_the_same_or_nothing(spans: list[dict[str, Any]], seed: int) -> None:
    """Of good bodies and of noise."""
    body = thrift_list(*map(thrift_of_json, spans))
    _is_taken_alike(body)
    _is_taken_alike(noisy(body, random.Random(seed)))


def _bodies() -> tuple[list[bytes], list[bytes]]:
    """Ordinary ones, and those that are for Python."""
    plain = [[span] for span in PLAIN_V1_SPANS] + [list(PLAIN_V1_SPANS), []]
    odd = [[span] for span in ODD_V1_SPANS]
    taken, left = [[thrift_list(*map(thrift_of_json, spans)) for spans in lists] for lists in (plain, odd)]
    return [*taken, b""], [*left, *ODD_BODIES]


def test_the_usual_bodies_are_taken_by_compiled_code() -> None:
    """One side of one service, as Zipkin's v1 libraries send; the rest is left to Python."""
    taken, left = _bodies()
    assert [body for body in taken if not _is_taken_alike(body)] == []
    assert [body for body in left if _is_taken_alike(body)] == []


def test_no_body_makes_compiled_code_read_outside_of_it(tmp_path: Path) -> None:
    """Under sanitizers of memory and behaviour, good and broken bodies give what they give without."""
    choose = random.Random(1)
    good = [body for bodies in _bodies() for body in bodies]
    bodies = good + [noisy(choose.choice(good), choose) for _ in range(3000)]
    found = run_sanitized(SOURCE, COMPILED.function, bodies, tmp_path)
    assert found == [COMPILED.translate(body) for body in bodies]
    assert 10 < sum(answer is not None for answer in found) < 2500
