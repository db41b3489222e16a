import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.errors import ClewError, InputTooLarge, MalformedInput
from clew.wire.zipkin_json import zipkin_json_to_otlp
from clew.wire.zipkin_proto import COMPILED, MAX_SPAN_BYTES, zipkin_proto_by_parsing, zipkin_proto_to_otlp
from clew.wire.zipkin_span import MAX_ITEMS
from tests.fuzz.decoders import Decoder, run_one
from tests.house.project_files import ROOT
from tests.wire.otlp_mutations import noisy
from tests.wire.sanitized import run_sanitized
from tests.wire.zipkin_samples import (
    FULL_PROTO_SPAN,
    FULL_SPAN,
    JSON_LISTS,
    PLAIN_SPANS,
    attributes,
    json_list,
    only_span,
    proto_endpoint,
    proto_field,
    proto_list,
    proto_of_json,
)

SOURCE = ROOT / "src/clew/wire/zipkin_proto.c"
DECODER = Decoder("zipkin_proto", zipkin_proto_by_parsing, COMPILED)
IDS = proto_field(1, b"12345678") + proto_field(3, b"abcdefgh")


def test_it_says_the_same_as_json() -> None:
    """Zipkin's example in both formats."""
    assert zipkin_proto_to_otlp(proto_list(FULL_PROTO_SPAN)) == zipkin_json_to_otlp(json_list(FULL_SPAN))


@given(JSON_LISTS)
def test_what_both_formats_can_say_becomes_the_same(spans: list[dict[str, Any]]) -> None:
    """Times below zero and texts that aren't addresses are JSON's alone."""
    for span in spans:
        for name in ("timestamp", "duration"):
            span[name] = max(0, span.get(name) or 0)
        for note in span.get("annotations", ()):
            note["timestamp"] = max(0, note["timestamp"])
        for endpoint in (span.get("localEndpoint") or {}, span.get("remoteEndpoint") or {}):
            for key, kept in (("ipv4", "."), ("ipv6", "::1")):
                if endpoint.get(key) != "::1" and kept not in endpoint.get(key, ""):
                    endpoint.pop(key, None)
            if endpoint.get("ipv4") == "::1":
                del endpoint["ipv4"]
            if endpoint.get("ipv6") not in ("", "::1"):
                endpoint.pop("ipv6", None)
    assert _said(zipkin_proto_to_otlp, proto_list(*map(proto_of_json, spans))) == _said(
        zipkin_json_to_otlp, json_list(*spans)
    )


def _said(translate: Any, body: bytes) -> Any:
    try:
        return translate(body)
    except MalformedInput as error:
        return str(error)


def test_nothing_is_nothing() -> None:
    """No bytes are an empty list in protobuf; fields that aren't spans are skipped."""
    assert zipkin_proto_to_otlp(b"") == zipkin_proto_to_otlp(proto_field(9, b"x")) == b""


def test_addresses_of_version_6_are_text() -> None:
    """16 bytes, in their short form."""
    endpoint = proto_field(3, bytes.fromhex("20010db8") + bytes(11) + b"\1")
    span = only_span(zipkin_proto_to_otlp(proto_list(IDS + proto_field(6, 5, 1) + proto_field(9, endpoint))))
    assert attributes(span.attributes) == {"net.peer.ip": "2001:db8::1"}


def test_a_parent_of_zeros_is_none() -> None:
    """Some clients fill it in."""
    assert only_span(zipkin_proto_to_otlp(proto_list(IDS + proto_field(2, bytes(8))))).parent_span_id == b""


@pytest.mark.parametrize(
    ("span", "reason"),
    [
        (b"", "trace_id"),
        (proto_field(1, b"12345678"), r"spans\[1\].id"),
        (IDS + proto_field(2, b"x"), "parent_id"),
        (IDS + proto_field(4, 5), "kind"),
        (IDS + proto_field(6, 2**63, 1), "timestamp"),
        (IDS + proto_field(7, 2**63), "duration"),
        (IDS + proto_field(8, proto_field(2, b"123")), "local_endpoint"),
        (IDS + proto_field(9, proto_field(4, 65536)), "remote_endpoint"),
        (IDS + proto_field(10, proto_field(1, 2**63, 1)), "annotations"),
        (IDS + proto_field(5, b"\xff"), "no Span"),
        (IDS + b"\x0a\x09", "no Span"),
    ],
)
def test_one_wrong_span_refuses_the_list_and_is_named(span: bytes, reason: str) -> None:
    """By its place in the list and the name of the field."""
    with pytest.raises(MalformedInput, match=reason):
        zipkin_proto_to_otlp(proto_list(IDS, span))


@given(st.binary(max_size=60))
def test_any_bytes_are_translated_or_refused(body: bytes) -> None:
    """JSON and thrift among them."""
    try:
        zipkin_proto_to_otlp(body)
    except ClewError as error:
        assert str(error)  # noqa: PT017  # it may be refused or not


def test_hostile_lists_are_refused_before_they_unfold() -> None:
    """A span of more bytes than the check lets through, and too many annotations of two bytes."""
    with pytest.raises(InputTooLarge):
        zipkin_proto_to_otlp(proto_list(IDS + proto_field(5, "x" * MAX_SPAN_BYTES)))
    many = IDS + proto_field(10, b"") * (MAX_ITEMS // 2)
    with pytest.raises(InputTooLarge):
        zipkin_proto_to_otlp(proto_list(many, many))


def _is_taken_alike(body: bytes) -> bool:
    """Did the compiled translation take it? It must say the same as the other, or nothing."""
    run_one(DECODER, body)
    return COMPILED.translate(body) is not None


@given(JSON_LISTS, st.integers(0, 2**32))
def test_compiled_code_says_the_same_or_nothing(spans: list[dict[str, Any]], seed: int) -> None:
    """Of good bodies and of noise."""
    body = proto_list(*map(proto_of_json, spans))
    _is_taken_alike(body)
    _is_taken_alike(noisy(body, random.Random(seed)))


FULL_ENDPOINT = proto_endpoint("a", b"\1\2\3\4", bytes(range(16)), 80)
PLAIN_LISTS = (
    b"",
    proto_list(FULL_PROTO_SPAN),
    proto_list(IDS, FULL_PROTO_SPAN + proto_field(13, 1) + proto_field(12, 1)),
    proto_list(IDS + proto_field(8, FULL_ENDPOINT) + proto_field(9, b"")),
    proto_list(IDS + proto_field(4, 2) + proto_field(4, 0) + proto_field(5, "a") + proto_field(5, "b")),
    proto_list(IDS + proto_field(2, bytes(8)) + proto_field(10, b"") + proto_field(11, b"") + proto_field(7, 0)),
    proto_list(*map(proto_of_json, PLAIN_SPANS)),
)
ODD_SPANS = (
    IDS + proto_field(14, 1),
    IDS + proto_field(8, b"") * 2,
    IDS + proto_field(8, proto_field(1, "a") * 2),
    IDS + proto_field(8, proto_field(4, 2**32 + 80)),
    IDS + proto_field(11, proto_field(1, "a")) * 2,
    IDS + proto_field(11, proto_field(3, "a")),
    IDS + proto_field(4, 2**32),
    IDS + proto_field(4, 5),
    IDS + proto_field(2, bytes(3)),
    IDS + proto_field(5, b"\xff"),
    IDS + proto_field(6, 1),
    IDS + b"\x3b",
    IDS + b"\x38" + b"\xff" * 10 + b"\1",
    proto_field(1, bytes(16)) + proto_field(3, b"abcdefgh"),
)


@pytest.mark.parametrize("body", PLAIN_LISTS)
def test_the_usual_bodies_are_taken_by_compiled_code(body: bytes) -> None:
    """Fields in any order and repeated ones among them."""
    assert _is_taken_alike(body)


@pytest.mark.parametrize("span", ODD_SPANS)
def test_what_compiled_code_does_not_know_is_left_to_python(span: bytes) -> None:
    """Unknown fields, messages in pieces, numbers that don't fit, and whatever is wrong."""
    assert not _is_taken_alike(proto_list(IDS, span))


def test_no_body_makes_compiled_code_read_outside_of_it(tmp_path: Path) -> None:
    """Under sanitizers of memory and behaviour, good and broken bodies give what they give without."""
    choose = random.Random(1)
    good = [*PLAIN_LISTS, *map(proto_list, ODD_SPANS)]
    bodies = good + [noisy(choose.choice(good), choose) for _ in range(3000)]
    found = run_sanitized(SOURCE, COMPILED.function, bodies, tmp_path)
    assert found == [COMPILED.translate(body) for body in bodies]
    assert 20 < sum(answer is not None for answer in found) < 2500
