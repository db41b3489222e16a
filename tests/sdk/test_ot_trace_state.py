from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.trace import TraceState

from clew.sdk.ot_trace_state import (
    NOTHING,
    RANDOMNESS_MASK,
    THRESHOLD_LIMIT,
    OtEntry,
    read_entry,
    threshold_of,
    threshold_text,
    without_threshold,
    write_entry,
)
from clew.store.told_probability import probability_of

_NUMBERS = st.integers(0, RANDOMNESS_MASK)
_MEMBERS = st.lists(st.from_regex(r"(x[a-z0-9]{0,3}):[A-Za-z0-9._-]{0,9}", fullmatch=True), max_size=5).map(
    lambda members: tuple({member.partition(":")[0]: member for member in members}.values())
)


def _state(entry: str) -> TraceState:
    return TraceState([("a", "b"), ("ot", entry), ("c", "d")])


@given(st.none() | _NUMBERS, st.none() | _NUMBERS, _MEMBERS)
def test_what_is_written_is_read(threshold: int | None, randomness: int | None, rest: tuple[str, ...]) -> None:
    """With nothing else around it, and with the entries of others, which stay behind it in their order."""
    entry = OtEntry(threshold, randomness, rest)
    assert read_entry(write_entry(None, entry)) == entry
    written = write_entry(_state("th:8"), entry)
    assert read_entry(written) == entry
    assert [key for key in written if key != "ot"] == ["a", "c"]
    assert next(iter(written)) == ("a" if entry == NOTHING else "ot")


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("th:0", OtEntry(0)),
        ("th:8", OtEntry(1 << 55)),
        ("th:fd70A4", OtEntry(0xFD70A400000000)),
        ("rv:6e6d1a75832a2f;th:c", OtEntry(3 << 54, 0x6E6D1A75832A2F)),
        ("p:8;th:8;r:62", OtEntry(1 << 55, None, ("p:8", "r:62"))),
        ("th:123456789abcdef", NOTHING),
        ("th:", NOTHING),
        ("th:+8", NOTHING),
        ("th:0x8", NOTHING),
        ("th:1_0", NOTHING),
        ("th: 8", NOTHING),
        ("th:8;th:c", NOTHING),
        ("th", NOTHING),
        ("rv:6e6d1a75832a2", NOTHING),
        ("rv:6E6D1A75832A2F", NOTHING),
        ("rv:6e6d1a75832a2f;rv:00000000000000", NOTHING),
        ("a:1;b;C:2;;d:/;a:3", OtEntry(None, None, ("a:1",))),
    ],
)
def test_only_what_follows_the_grammar_counts(text: str, entry: OtEntry) -> None:
    """A number that is none isn't there, and isn't passed on; members of other concerns are."""
    assert read_entry(_state(text)) == entry
    assert read_entry(write_entry(_state(text), read_entry(_state(text)))) == entry


def test_a_state_that_says_it_already_stays_as_it_is() -> None:
    """The very same object; and one without an entry gets none for nothing."""
    state = _state("th:8;rv:6e6d1a75832a2f")
    assert write_entry(state, read_entry(state)) is state
    other = TraceState([("a", "b")])
    assert write_entry(other, NOTHING) is other
    assert len(write_entry(None, NOTHING)) == 0
    assert read_entry(None) == NOTHING


def test_a_full_state_makes_room_at_its_end() -> None:
    """Of 32 entries, the last gives way; when one of them is ours, none has to."""
    full = TraceState([(f"k{number}", "v") for number in range(32)])
    assert list(write_entry(full, OtEntry(0))) == ["ot"] + [f"k{number}" for number in range(31)]
    with_ours = TraceState([*list(full.items())[:31], ("ot", "th:8")])
    assert list(write_entry(with_ours, OtEntry(0))) == ["ot"] + [f"k{number}" for number in range(31)]


def test_an_entry_that_is_too_long_loses_what_is_not_about_sampling() -> None:
    """From its end, down to 256 characters."""
    members = tuple(f"k{number}:{'x' * 40}" for number in range(10))
    written = write_entry(None, OtEntry(1 << 55, 1, members))["ot"]
    assert len(written) <= 256
    assert written.startswith("th:8;rv:00000000000001;k0:")
    assert read_entry(write_entry(None, OtEntry(1 << 55, 1, members))) == OtEntry(1 << 55, 1, members[:5])


def test_a_threshold_is_taken_out_of_a_state() -> None:
    """The rest of the entry stays, and an empty one goes."""
    assert without_threshold(_state("th:8;p:1")) == _state("p:1")
    assert without_threshold(_state("th:8")) == TraceState([("a", "b"), ("c", "d")])
    state = _state("p:1")
    assert without_threshold(state) is state
    assert without_threshold(None) is None


@pytest.mark.parametrize(
    ("one_in", "text"),
    [
        (1, "0"),
        (2, "8"),
        (3, "aaab"),
        (4, "c"),
        (5, "cccd"),
        (8, "e"),
        (10, "e666"),
        (16, "f"),
        (100, "fd70a"),
        (1000, "ffbe77"),
        (10000, "fff9724"),
        (100000, "ffff583a"),
        (1000000, "ffffef39"),
    ],
)
def test_thresholds_are_those_of_the_specifications_table(one_in: int, text: str) -> None:
    """With the four digits that it recommends."""
    threshold = threshold_of(1 / one_in)
    assert threshold is not None
    assert threshold_text(threshold) == text


@given(st.floats(2.0**-56, 1))
def test_a_threshold_keeps_the_share_that_was_asked_for(probability: float) -> None:
    """Within 1 in 4,096 of it, or of one; and the store reads out of it what it is, exactly."""
    threshold = threshold_of(probability)
    assert threshold is not None
    share = Fraction(THRESHOLD_LIMIT - threshold, THRESHOLD_LIMIT)
    assert abs(share - Fraction(probability)) <= Fraction(probability) / 4096 + Fraction(1, THRESHOLD_LIMIT)
    assert probability_of(threshold_text(threshold).encode()) == float(share)


def test_the_ends_of_the_scale() -> None:
    """Nothing is no threshold, the least share is the last one, and what is no probability is refused."""
    assert threshold_of(0) is None
    assert threshold_of(2.0**-56) == threshold_of(1e-300) == RANDOMNESS_MASK
    for wrong in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="from 0 to 1"):
            threshold_of(wrong)
