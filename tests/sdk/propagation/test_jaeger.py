from collections.abc import Mapping

import pytest
from opentelemetry.baggage import get_all
from opentelemetry.context import Context

from clew.sdk.propagation.b3 import B3SinglePropagator
from clew.sdk.propagation.jaeger import JaegerPropagator
from tests.sdk.propagation.contexts import (
    ARABIC_DIGITS,
    SPAN_HEX,
    SPAN_ID,
    TRACE_HEX,
    TRACE_ID,
    child_of,
    context_of,
    headers_of,
    ids_in,
    span_in,
)

_OURS = JaegerPropagator()
_IDS = f"{TRACE_HEX}:{SPAN_HEX}"


@pytest.mark.parametrize(("flags", "written"), [(0, "00"), (1, "01"), (2, "00"), (3, "01")])
def test_a_span_of_this_process_is_written(flags: int, written: str) -> None:
    """Sampled is not debug."""
    assert headers_of(_OURS, context_of(flags=flags)) == {"uber-trace-id": f"{_IDS}:0:{written}"}
    assert _OURS.fields == {"uber-trace-id"}


@pytest.mark.parametrize(
    ("header", "trace_id", "sampled"),
    [
        (f"{_IDS}:0:1", TRACE_ID, True),
        (f"{_IDS}:0000000000000000:00", TRACE_ID, False),
        (f"{_IDS.upper()}:{'a' * 16}:03", TRACE_ID, True),
        (f"{_IDS}:0:2", TRACE_ID, False),
        (f"{_IDS}:0:9", TRACE_ID, True),
        (f"{_IDS}::1", TRACE_ID, True),
        (f"{TRACE_HEX[16:]}:{SPAN_HEX}:0:1", TRACE_ID % 2**64, True),
        (f"a1b:{SPAN_HEX}:0:1", 0xA1B, True),
        (f"{_IDS}:0:1".replace(":", "%3A"), TRACE_ID, True),
        (f"{_IDS}:0:1".replace(":", "%3a"), TRACE_ID, True),
    ],
)
def test_all_ways_to_write_a_parent_are_read(header: str, trace_id: int, sampled: bool) -> None:
    """Ids of 64 bits, without their zeros, colons percent-encoded; debug alone isn't sampled."""
    context = _OURS.extract({"uber-trace-id": header})
    assert ids_in(context) == (trace_id, SPAN_ID)
    assert (span_in(context).trace_flags.sampled, span_in(context).is_remote) == (sampled, True)


@pytest.mark.parametrize(
    "header",
    [
        "",
        _IDS,
        f"{_IDS}:0",
        f"{_IDS}:0:",
        f"{_IDS}:0:x",
        f"{_IDS}:0:001",
        f"{_IDS}:0:-1",
        f"{_IDS}:0:1:",
        f"{_IDS}:0:1\n",
        f"{TRACE_HEX}0:{SPAN_HEX}:0:1",
        f"{TRACE_HEX}:{SPAN_HEX}0:0:1",
        f"0:{SPAN_HEX}:0:1",
        f"{TRACE_HEX}:0:0:1",
        f"{TRACE_HEX}:{ARABIC_DIGITS}:0:1",
        f" {_IDS}:0:1",
    ],
)
def test_a_bad_parent_is_none(header: str) -> None:
    """All of it, or nothing."""
    context = Context()
    assert _OURS.extract({"uber-trace-id": header}, context) is context


def test_debug_goes_on_with_the_trace_in_either_format() -> None:
    """A gateway from Jaeger's headers to Zipkin's keeps it."""
    below = child_of(_OURS.extract({"uber-trace-id": f"{_IDS}:0:3"}))
    assert headers_of(_OURS, below)["uber-trace-id"].endswith(":03")
    assert headers_of(B3SinglePropagator(), below)["b3"].endswith("-d")


def test_baggage_goes_both_ways() -> None:
    """Percent-encoded, each entry in a header; keys that fit no name and values that are no Unicode stay here."""
    entries = {"user-id": "x y", "b": "ü,=%", "n": 7, "no name": "x", "half": "\udcff"}
    headers = headers_of(_OURS, context_of(baggage=entries))
    del headers["uber-trace-id"]
    assert headers == {"uberctx-user-id": "x%20y", "uberctx-b": "%C3%BC%2C%3D%25", "uberctx-n": "7"}
    assert get_all(_OURS.extract(headers)) == {"user-id": "x y", "b": "ü,=%", "n": "7"}


@pytest.mark.parametrize(
    ("headers", "entries"),
    [
        ({"jaeger-baggage": "a=1, b = 2,c,=x,d="}, {"a": "1", "b": "2", "d": ""}),
        ({"jaeger-baggage": "a=1%2C%20b%3D2"}, {"a": "1", "b": "2"}),
        ({"jaeger-baggage": "a=1", "uberctx-a": "2"}, {"a": "2"}),
        ({"uber-trace-id": "bad", "uberctx-a": "1"}, {"a": "1"}),
    ],
)
def test_baggage_written_by_hand_is_read(headers: Mapping[str, str], entries: Mapping[str, str]) -> None:
    """Without a parent, too; that of a program goes first."""
    assert get_all(_OURS.extract(headers)) == entries
