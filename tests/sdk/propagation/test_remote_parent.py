import pytest
from opentelemetry.context import Context
from opentelemetry.trace import TraceState

from clew.sdk.propagation.remote_parent import (
    RemoteDecision,
    current_parent,
    decision_for,
    read_hex,
    with_decided_parent,
    with_parent,
)
from tests.sdk.propagation.contexts import (
    ARABIC_DIGITS,
    SPAN_ID,
    TRACE_ID,
    child_of,
    context_of,
    ids_in,
    span_in,
)


def test_the_parent_is_remote() -> None:
    """Samplers ask for that."""
    context = with_parent(Context({"other": 1}), 5, 6, 3)
    assert span_in(context).is_remote
    assert span_in(context).trace_flags == 3
    assert context["other"] == 1


@pytest.mark.parametrize("ids", [(0, 1), (1, 0)])
def test_an_id_of_zero_changes_nothing(ids: tuple[int, int]) -> None:
    """The very same context comes back."""
    context = context_of()
    assert with_parent(context, *ids) is context
    assert with_decided_parent(context, *ids, RemoteDecision.DEBUG) is context


@pytest.mark.parametrize(("trace_id", "kept"), [(TRACE_ID, True), (9, False)])
def test_what_another_header_said_stays_for_the_same_trace(trace_id: int, kept: bool) -> None:
    """The random flag and the trace state of a traceparent before it; those of another trace go."""
    context = with_decided_parent(
        context_of(flags=3, state=TraceState([("a", "1")])), trace_id, 7, RemoteDecision.SAMPLE
    )
    assert span_in(context).trace_flags == (3 if kept else 1)
    assert span_in(context).trace_state.to_header() == ("a=1" if kept else "")


@pytest.mark.parametrize(
    ("decision", "sampled"), [*[(each, each is not RemoteDecision.DROP) for each in RemoteDecision]]
)
def test_a_parent_passed_on_is_decided_as_it_came(decision: RemoteDecision, sampled: bool) -> None:
    """What isn't decided counts as sampled here, and goes on undecided."""
    context = with_decided_parent(Context(), TRACE_ID, SPAN_ID, decision)
    assert span_in(context).trace_flags.sampled is sampled
    assert decision_for(context, span_in(context)) is decision


def test_debug_is_for_the_trace_and_undecided_for_the_parent_only() -> None:
    """A span of one's own is a decision; another trace knows nothing of either."""
    for decision, below in (
        (RemoteDecision.DEBUG, RemoteDecision.DEBUG),
        (RemoteDecision.UNDECIDED, RemoteDecision.SAMPLE),
    ):
        context = child_of(with_decided_parent(Context(), TRACE_ID, SPAN_ID, decision))
        assert decision_for(context, span_in(context)) is below
        assert decision_for(context, span_in(context_of(trace_id=9, flags=0))) is RemoteDecision.DROP


def test_only_a_valid_span_is_a_parent_for_others() -> None:
    """Both ids, or none."""
    assert current_parent(Context()) is None
    assert current_parent(context_of(span_id=0)) is None
    assert ids_in(context_of()) == (TRACE_ID, SPAN_ID)
    assert current_parent(context_of()) == span_in(context_of())


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0aF", 175),
        ("f" * 16, 2**64 - 1),
        ("", 0),
        ("f" * 17, 0),
        ("-1", 0),
        ("+1", 0),
        ("1_0", 0),
        (" 1", 0),
        ("1\n", 0),
    ],
)
def test_hexadecimal_digits_and_nothing_else(text: str, number: int) -> None:
    """What Python takes for a number besides is none here."""
    assert read_hex(text, 16) == number
    assert read_hex(ARABIC_DIGITS, 16) == 0
