from collections.abc import Mapping

import pytest
from opentelemetry.baggage import get_all
from opentelemetry.context import Context

from clew.sdk.propagation.ot_trace import OTTracePropagator
from tests.sdk.propagation.contexts import (
    ARABIC_DIGITS,
    SPAN_HEX,
    SPAN_ID,
    TRACE_HEX,
    TRACE_ID,
    context_of,
    headers_of,
    ids_in,
    span_in,
)

_OURS = OTTracePropagator()
_IDS = {"ot-tracer-traceid": TRACE_HEX, "ot-tracer-spanid": SPAN_HEX}


@pytest.mark.parametrize(("flags", "sampled"), [(0, "false"), (1, "true"), (2, "false"), (3, "true")])
def test_a_span_of_this_process_is_written(flags: int, sampled: str) -> None:
    """With half of the trace's id, which is all that the format has room for."""
    headers = headers_of(_OURS, context_of(flags=flags))
    assert headers == {**_IDS, "ot-tracer-traceid": TRACE_HEX[16:], "ot-tracer-sampled": sampled}
    assert _OURS.fields == set(headers)


def test_an_id_whose_half_is_zero_is_not_written() -> None:
    """Zero is no id."""
    assert headers_of(_OURS, context_of(trace_id=1 << 64)) == {}


@pytest.mark.parametrize(
    ("headers", "trace_id", "sampled"),
    [
        ({**_IDS, "ot-tracer-sampled": "true"}, TRACE_ID, True),
        ({**_IDS, "ot-tracer-sampled": "false"}, TRACE_ID, False),
        ({**_IDS, "ot-tracer-sampled": "1"}, TRACE_ID, False),
        (_IDS, TRACE_ID, False),
        ({**_IDS, "ot-tracer-traceid": TRACE_HEX[16:].upper()}, TRACE_ID % 2**64, False),
        ({**_IDS, "ot-tracer-traceid": "a1b"}, 0xA1B, False),
    ],
)
def test_ids_of_any_length_are_read(headers: Mapping[str, str], trace_id: int, sampled: bool) -> None:
    """64 bits or 128, without leading zeros; only `true` is sampled."""
    context = _OURS.extract(headers)
    assert ids_in(context) == (trace_id, SPAN_ID)
    assert (span_in(context).trace_flags.sampled, span_in(context).is_remote) == (sampled, True)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"ot-tracer-traceid": TRACE_HEX},
        {"ot-tracer-spanid": SPAN_HEX},
        {**_IDS, "ot-tracer-traceid": TRACE_HEX + "0"},
        {**_IDS, "ot-tracer-spanid": SPAN_HEX + "0"},
        {**_IDS, "ot-tracer-spanid": "0"},
        {**_IDS, "ot-tracer-traceid": "0"},
        {**_IDS, "ot-tracer-traceid": ARABIC_DIGITS},
        {**_IDS, "ot-tracer-spanid": "-1"},
    ],
)
def test_a_bad_parent_is_none_and_its_baggage_neither(headers: Mapping[str, str]) -> None:
    """All of it, or nothing."""
    context = Context()
    assert _OURS.extract({**headers, "ot-baggage-a": "1"}, context) is context


def test_baggage_goes_both_ways_as_far_as_clients_send_it() -> None:
    """It is written as it is, and read on top of what the reader has; clients would raise for the rest."""
    entries = {"user-id": "x y", "n": 7, "u": "ü", "e": "", "l": "a\nb", "t": "a\tb", "s": " a", "z": "a ", "a b": "c"}
    headers = headers_of(_OURS, context_of(baggage=entries))
    assert {name for name in headers if "baggage" in name} == {"ot-baggage-user-id", "ot-baggage-n"}
    assert get_all(_OURS.extract(headers, context_of(baggage={"n": "0", "z": "9"}))) == {
        "user-id": "x y",
        "n": "7",
        "z": "9",
    }
