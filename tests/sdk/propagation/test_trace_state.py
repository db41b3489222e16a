import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.trace import TraceState
from opentelemetry.trace.span import DEFAULT_TRACE_STATE

from clew.sdk.propagation.trace_state import MOST_CHARS, LevelTwoTraceState, read_trace_state

_FULL = ",".join(f"k{number}=v" for number in range(32))


@pytest.mark.parametrize(
    ("headers", "written"),
    [
        (["a=1,b=2"], "a=1,b=2"),
        (["a=1", "b=2"], "a=1,b=2"),
        (["a=1,", "", ", b=2\t"], "a=1,b=2"),
        (["1a=2,a@b@c=3,@a=4"], ""),
        (["1a=2,a@b@c=3"], "1a=2,a@b@c=3"),
        (["a=1,b=2,a=3"], "a=1,b=2"),
        (["a= 1"], "a= 1"),
        (["a=1,B=2"], ""),
        (["a=1,b=2=3"], ""),
        (["a="], ""),
        (["a=é"], ""),
        (["k" * 256 + "=1"], "k" * 256 + "=1"),
        (["k" * 257 + "=1"], ""),
        (["a=" + "v" * 256], "a=" + "v" * 256),
        (["a=" + "v" * 257], ""),
        ([_FULL], _FULL),
        ([_FULL + ",a=1"], ""),
        (["a=1," + "," * MOST_CHARS], ""),
        ([], ""),
    ],
)
def test_headers_are_read_as_level_two_says(headers: list[str], written: str) -> None:
    """All pairs of all headers in their order, or none at all."""
    assert read_trace_state(headers).to_header() == written
    assert LevelTwoTraceState.from_header(headers) == read_trace_state(headers)


def test_no_pairs_are_the_state_that_everybody_has() -> None:
    """The encoder of spans knows it by its identity."""
    assert read_trace_state([" , "]) is DEFAULT_TRACE_STATE


def test_changes_make_another_state() -> None:
    """What is new or changed stands in front; the rest stays in order, and so do keys of level two."""
    state = read_trace_state(["1a=1,b=2"])
    assert state.add("c", "3").to_header() == "c=3,1a=1,b=2"
    assert state.update("b", "3").to_header() == "b=3,1a=1"
    assert state.delete("b").to_header() == "1a=1"
    assert state.delete("none").to_header() == state.to_header() == "1a=1,b=2"


def test_what_is_not_valid_changes_nothing() -> None:
    """A key that is there, one that is none, a value that is none, and one pair too many."""
    state, full = read_trace_state(["a=1"]), read_trace_state([_FULL])
    for unchanged in (state.add("a", "2"), state.add("A", "2"), state.update("a", ""), state.add("b", "x,y")):
        assert unchanged is state
    assert full.add("a", "1") is full.update("a", "1") is full
    assert full.update("k31", "new").to_header().startswith("k31=new,k0=v")


def test_it_is_as_good_as_the_one_of_the_api() -> None:
    """Equal to it, and fit for another process."""
    state = read_trace_state(["a=1,b=2"])
    assert state == TraceState([("a", "1"), ("b", "2")])
    assert pickle.loads(pickle.dumps(state)) == state  # noqa: S301  # its own bytes


@given(st.lists(st.text(st.characters(codec="ascii")) | st.text("a1=,@ \t"), max_size=4))
def test_what_was_read_is_read_again(headers: list[str]) -> None:
    """Whatever comes, what goes on is a header that is read as the same."""
    state = read_trace_state(headers)
    assert read_trace_state([state.to_header()]) == state
