import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.model.time_step import STEPS_NS, round_step_ns

_S = 1_000_000_000


@pytest.mark.parametrize(
    ("length_s", "most", "step_s"),
    [
        (3600, 60, 60),
        (3600, 59, 120),
        (3601, 60, 120),
        (60, 60, 1),
        (15 * 60, 60, 15),
        (6 * 3600, 60, 600),
        (86_400, 60, 1_800),
        (7 * 86_400, 60, 3 * 3_600),
        (30 * 86_400, 60, 12 * 3_600),
        (365 * 86_400, 60, 10 * 86_400),
    ],
)
def test_usual_lengths_have_usual_steps(length_s: int, most: int, step_s: int) -> None:
    """The steps of clocks and calendars, and none that is longer than it must be."""
    assert round_step_ns(length_s * _S, most) == step_s * _S


@given(length_ns=st.integers(1, 2**64 - 1), most=st.integers(1, 1000))
def test_any_length_has_a_step(length_ns: int, most: int) -> None:
    """The least of the round ones that is long enough."""
    step_ns = round_step_ns(length_ns, most)
    assert (length_ns - 1) // step_ns < most
    shorter = [each for each in STEPS_NS if each < step_ns]
    assert all(each * most < length_ns for each in shorter)


def test_the_steps_rise() -> None:
    """None is there twice."""
    assert list(STEPS_NS) == sorted(set(STEPS_NS))
