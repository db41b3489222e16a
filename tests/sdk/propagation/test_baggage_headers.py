from opentelemetry.baggage import get_all
from opentelemetry.context import Context
from opentelemetry.propagators.textmap import default_getter

from clew.sdk.propagation.baggage_headers import (
    MOST_CHARS,
    MOST_ENTRIES,
    MOST_ENTRY_CHARS,
    add_entries,
    read_entries,
    text_entries,
    within_limits,
)
from tests.sdk.propagation.contexts import context_of


def test_entries_are_named_by_a_prefix_in_any_case() -> None:
    """Keys stay as they came; a prefix alone is no entry."""
    carrier = {"uberctx-a": "1", "Uberctx-B": "2", "uberctx-": "3", "other": "4"}
    assert list(read_entries(carrier, default_getter, "uberctx-")) == [("a", "1"), ("B", "2")]


def test_only_so_many_headers_are_read() -> None:
    """A carrier full of them makes no more work than the limit."""
    carrier = {f"uberctx-{number}": "" for number in range(MOST_ENTRIES + 1)}
    assert len(list(read_entries(carrier, default_getter, "uberctx-"))) == MOST_ENTRIES


def test_entries_come_on_top() -> None:
    """What the context has already stays, unless it comes again."""
    context = add_entries(context_of(baggage={"a": "0", "b": "0"}), [("a", "1"), ("c", "2")])
    assert get_all(context) == {"a": "1", "b": "0", "c": "2"}
    assert add_entries(Context(), []) == Context()


def test_only_keys_and_values_that_a_header_can_hold_are_written() -> None:
    """Numbers are written as texts; what raises is left out."""

    class Broken:
        def __str__(self) -> str:
            raise ValueError

    context = context_of(baggage={"a-b": 1, "a b": "x", "a:b": "x", "é": "x", "": "x", "c": Broken(), "d": "e"})
    assert list(text_entries(context)) == [("a-b", "1"), ("d", "e")]


def test_the_limits_count_entries_and_characters() -> None:
    """One that is too long is passed over; the first that doesn't fit is the end."""
    long = "x" * (MOST_ENTRY_CHARS - 2)
    assert list(within_limits([("a", long + "x"), ("b", "1")])) == [("b", "1")]
    assert list(within_limits([("a", long), ("b", long), ("c", ""), ("d", "")])) == [("a", long), ("b", long)]
    assert 2 * MOST_ENTRY_CHARS == MOST_CHARS
    assert len(list(within_limits((str(number), "") for number in range(200)))) == MOST_ENTRIES
