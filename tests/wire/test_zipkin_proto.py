from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.errors import ClewError, InputTooLarge, MalformedInput
from clew.wire.zipkin_json import zipkin_json_to_otlp
from clew.wire.zipkin_proto import MAX_SPAN_BYTES, zipkin_proto_to_otlp
from clew.wire.zipkin_span import MAX_ITEMS
from tests.wire.zipkin_samples import (
    FULL_PROTO_SPAN,
    FULL_SPAN,
    JSON_LISTS,
    attributes,
    json_list,
    only_span,
    proto_field,
    proto_list,
    proto_of_json,
)

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
