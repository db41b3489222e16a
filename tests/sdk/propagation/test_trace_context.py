from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.context import Context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from clew.sdk.propagation.carriers import PAIRS_GETTER
from clew.sdk.propagation.trace_context import TraceContextPropagator
from clew.sdk.propagation.trace_state import read_trace_state
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

_OURS = TraceContextPropagator()
_IDS = f"{TRACE_HEX}-{SPAN_HEX}"


@pytest.mark.parametrize("flags", range(4))
def test_ids_flags_and_state_go_both_ways(flags: int) -> None:
    """Sampled or not, random or not."""
    context = context_of(flags=flags, state=read_trace_state(["1a=1"]))
    headers = headers_of(_OURS, context)
    assert headers == {"traceparent": f"00-{_IDS}-0{flags}", "tracestate": "1a=1"}
    read = span_in(_OURS.extract(headers))
    assert (read.trace_id, read.span_id, read.trace_flags, read.is_remote) == (TRACE_ID, SPAN_ID, flags, True)
    assert read.trace_state == {"1a": "1"}
    assert set(headers) == _OURS.fields


@pytest.mark.parametrize(
    ("header", "flags"),
    [
        (f"00-{_IDS}-ff", 3),
        (f"00-{_IDS}-04", 0),
        (f" \t00-{_IDS}-01\t ", 1),
        (f"cc-{_IDS}-01", 1),
        (f"cc-{_IDS}-03-what-will-be", 1),
        (f"01-{_IDS}-02-", 0),
    ],
)
def test_only_known_flags_are_taken(header: str, flags: int) -> None:
    """Those that level two reserves are cleared; of a later version the sampled flag counts."""
    context = _OURS.extract({"traceparent": header})
    assert ids_in(context) == (TRACE_ID, SPAN_ID)
    assert span_in(context).trace_flags == flags


@pytest.mark.parametrize(
    "header",
    [
        "",
        f"00-{_IDS}",
        f"00-{_IDS}-1",
        f"00-{_IDS}-01.",
        f"00-{_IDS}-01-more",
        f"00-{_IDS}-01\n",
        f"cc-{_IDS}-01.more",
        f"ff-{_IDS}-01",
        f"0-{_IDS}-01",
        f"00-{_IDS.upper()}-01",
        f"00-{'0' * 32}-{SPAN_HEX}-01",
        f"00-{TRACE_HEX}-{'0' * 16}-01",
        f"00-{TRACE_HEX}-{ARABIC_DIGITS}-01",
        f"00-{TRACE_HEX}x-{SPAN_HEX}-01",
    ],
)
def test_a_bad_parent_is_none(header: str) -> None:
    """Then the trace state, good as it is, says nothing either."""
    assert _OURS.extract({"traceparent": header, "tracestate": "a=1"}) == Context()


def test_a_bad_state_costs_the_state_only() -> None:
    """The trace goes on."""
    read = span_in(_OURS.extract({"traceparent": f"00-{_IDS}-01", "tracestate": "A"}))
    assert (read.trace_id, read.trace_state.to_header()) == (TRACE_ID, "")


def test_states_may_come_in_several_headers_and_parents_may_not() -> None:
    """Of two parents nobody knows which one it is."""
    parent = ("Traceparent", f"00-{_IDS}-01")
    read = span_in(_OURS.extract([parent, ("tracestate", "a=1"), ("TraceState", "b=2")], getter=PAIRS_GETTER))
    assert read.trace_state.to_header() == "a=1,b=2"
    assert _OURS.extract([parent, parent], getter=PAIRS_GETTER) == Context()


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "traceparent": st.text(max_size=9)
            | st.from_regex(r"(0[01]|cc|ff)-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3](-[a-z]*)?", fullmatch=True),
            "tracestate": st.text(max_size=9) | st.from_regex(r"([a-c]=[a-z]{1,3} ?,? ?){0,3}", fullmatch=True),
        },
    )
)
def test_it_agrees_with_the_api(headers: Mapping[str, str]) -> None:
    """Where level two says nothing new: ids, sampled flag, and states of which no key comes twice."""
    mine, theirs = span_in(_OURS.extract(headers)), span_in(TraceContextTextMapPropagator().extract(headers))
    if headers.get("traceparent", "").endswith("\n"):
        return
    assert (mine.trace_id, mine.span_id) == (theirs.trace_id, theirs.span_id)
    assert mine.trace_flags.sampled == theirs.trace_flags.sampled
    assert mine.trace_state == theirs.trace_state or not theirs.trace_state
