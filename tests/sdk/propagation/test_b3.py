from collections.abc import Mapping

import pytest
from opentelemetry.context import Context
from opentelemetry.propagators.textmap import TextMapPropagator

from clew.sdk.propagation.b3 import B3MultiPropagator, B3SinglePropagator
from clew.sdk.propagation.trace_context import TraceContextPropagator
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

_SINGLE, _MULTI = B3SinglePropagator(), B3MultiPropagator()
_BOTH = pytest.mark.parametrize("propagator", [_SINGLE, _MULTI])
_IDS = f"{TRACE_HEX}-{SPAN_HEX}"
_SEVERAL = {"x-b3-traceid": TRACE_HEX, "x-b3-spanid": SPAN_HEX}


@pytest.mark.parametrize(("flags", "state"), [(0, "0"), (1, "1"), (2, "0"), (3, "1")])
def test_a_span_of_this_process_is_written(flags: int, state: str) -> None:
    """With its decision, in one header or in three."""
    context = context_of(flags=flags)
    assert headers_of(_SINGLE, context) == {"b3": f"{_IDS}-{state}"}
    assert headers_of(_MULTI, context) == {**_SEVERAL, "x-b3-sampled": state}


@_BOTH
@pytest.mark.parametrize(
    ("headers", "sampled"),
    [
        ({"b3": f"{_IDS}-1"}, True),
        ({"b3": f"{_IDS}-0"}, False),
        ({"b3": f"{_IDS}-d"}, True),
        ({"b3": _IDS}, True),
        ({"b3": f"{_IDS}-0-{'a' * 16}"}, False),
        ({"b3": _IDS.upper() + "-1"}, True),
        ({**_SEVERAL, "x-b3-sampled": "1"}, True),
        ({**_SEVERAL, "x-b3-sampled": "0"}, False),
        ({**_SEVERAL, "x-b3-sampled": "True"}, True),
        ({**_SEVERAL, "x-b3-sampled": "false"}, False),
        ({**_SEVERAL, "x-b3-flags": "1"}, True),
        ({**_SEVERAL, "x-b3-flags": "1", "x-b3-sampled": "0"}, True),
        (_SEVERAL, True),
        ({**_SEVERAL, "b3": f"{_IDS}-0"}, False),
        ({**_SEVERAL, "b3": "bad"}, True),
    ],
)
def test_either_form_is_read_by_both(propagator: TextMapPropagator, headers: Mapping[str, str], sampled: bool) -> None:
    """The single header goes first; what nobody decided counts as sampled."""
    context = propagator.extract(headers)
    assert ids_in(context) == (TRACE_ID, SPAN_ID)
    assert (span_in(context).trace_flags.sampled, span_in(context).is_remote) == (sampled, True)


@_BOTH
def test_short_trace_ids_are_the_end_of_long_ones(propagator: TextMapPropagator) -> None:
    """64 bits are taken in both forms, and go on with zeros before them."""
    short = TRACE_HEX[16:]
    for headers in ({"b3": f"{short}-{SPAN_HEX}-1"}, {"x-b3-traceid": short, "x-b3-spanid": SPAN_HEX}):
        context = propagator.extract(headers)
        assert ids_in(context) == (int(short, 16), SPAN_ID)
        assert headers_of(_SINGLE, context)["b3"].startswith("0" * 16 + short)


def test_debug_goes_on_with_the_trace() -> None:
    """From either form to either form, with spans of this process in between, but not to other traces."""
    for headers in ({"b3": f"{_IDS}-d"}, {**_SEVERAL, "x-b3-flags": "1"}):
        below = child_of(_SINGLE.extract(headers))
        assert headers_of(_SINGLE, below) == {"b3": f"{TRACE_HEX}-0000000000000007-d"}
        assert headers_of(_MULTI, below) == {
            "x-b3-traceid": TRACE_HEX,
            "x-b3-spanid": "0000000000000007",
            "x-b3-flags": "1",
        }
    assert headers_of(_SINGLE, context_of())["b3"].endswith("-1")


def test_what_is_not_decided_stays_so_until_there_is_a_span() -> None:
    """A process that only passes the parent on says no more than it was told."""
    for headers in ({"b3": _IDS}, _SEVERAL):
        context = _MULTI.extract(headers)
        assert headers_of(_SINGLE, context) == {"b3": _IDS}
        assert headers_of(_MULTI, context) == _SEVERAL
        assert headers_of(_MULTI, child_of(context))["x-b3-sampled"] == "1"


@_BOTH
@pytest.mark.parametrize("headers", [{"b3": "0"}, {"x-b3-sampled": "0"}, {"x-b3-sampled": "false"}])
def test_a_denial_without_ids_denies_what_follows(propagator: TextMapPropagator, headers: Mapping[str, str]) -> None:
    """Below a parent that nobody has, nothing is recorded; each request gets ids of its own."""
    first, second = propagator.extract(headers), propagator.extract(headers)
    assert span_in(first).is_valid
    assert not span_in(first).trace_flags.sampled
    assert ids_in(first) != ids_in(second)
    assert headers_of(_SINGLE, first)["b3"].endswith("-0")


@_BOTH
def test_a_denial_without_ids_does_not_replace_a_parent(propagator: TextMapPropagator) -> None:
    """What a traceparent before it said is more than that."""
    context = context_of()
    assert propagator.extract({"b3": "0"}, context) is context


def test_a_traceparent_of_the_same_trace_keeps_its_state() -> None:
    """With `tracecontext,b3`, only the former knows the trace state and the random flag."""
    headers = {"traceparent": f"00-{_IDS}-03", "tracestate": "a=1", "b3": f"{_IDS}-1"}
    read = span_in(_SINGLE.extract(headers, TraceContextPropagator().extract(headers)))
    assert (read.trace_flags, read.trace_state.to_header()) == (3, "a=1")


@_BOTH
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"b3": ""},
        {"b3": "1"},
        {"b3": "d"},
        {"b3": "0-"},
        {"b3": f"{_IDS}-"},
        {"b3": f"{_IDS}-x"},
        {"b3": f"{_IDS}-true"},
        {"b3": f"{_IDS}-1-"},
        {"b3": f"{_IDS}-1-{'a' * 16}-"},
        {"b3": f"{_IDS}-1\n"},
        {"b3": f"{TRACE_HEX[1:]}-{SPAN_HEX}-1"},
        {"b3": f"{'0' * 32}-{SPAN_HEX}-1"},
        {"b3": f"{TRACE_HEX}-{'0' * 16}-1"},
        {"b3": f"{TRACE_HEX}-{ARABIC_DIGITS}-1"},
        {**_SEVERAL, "x-b3-sampled": "x"},
        {**_SEVERAL, "x-b3-spanid": SPAN_HEX[1:]},
        {**_SEVERAL, "x-b3-spanid": "+" + SPAN_HEX[1:]},
        {**_SEVERAL, "x-b3-traceid": TRACE_HEX[1:]},
        {**_SEVERAL, "x-b3-traceid": ""},
        {"x-b3-traceid": TRACE_HEX, "x-b3-sampled": "0"},
        {"x-b3-sampled": "1"},
        {"x-b3-flags": "1"},
    ],
)
def test_bad_headers_are_none(propagator: TextMapPropagator, headers: Mapping[str, str]) -> None:
    """And so are those that say nothing which the sampler here wouldn't decide."""
    context = Context()
    assert propagator.extract(headers, context) is context


def test_fields_are_what_may_be_written() -> None:
    """A carrier that is used again is cleared of these first."""
    assert _SINGLE.fields == {"b3"}
    assert _MULTI.fields == {*_SEVERAL, "x-b3-sampled", "x-b3-flags"}
