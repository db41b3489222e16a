import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from clew.query.row_order import in_runs, row_order

_NEAR = st.integers(0, 20)
_FAR = st.sampled_from([0, 2**40, 2**62, 2**64 - 30])


@given(st.lists(st.builds(int.__add__, _NEAR, _FAR) | st.integers(0, 2**64 - 1)))
def test_the_order_is_that_of_a_stable_sort(numbers: list[int]) -> None:
    """Near and far apart, equal and equal but for the lowest bits: as `argsort` has it, the earlier row first."""
    values = np.array(numbers, np.uint64)
    assert row_order(values).tolist() == np.argsort(values, kind="stable").tolist()


def test_many_rows_of_64_bits_are_in_order() -> None:
    """So many rows that a value and a place don't fit into one number, with neighbours that differ in the last bit."""
    values = np.random.default_rng(1).integers(0, 2**64 - 1, 100_000, np.uint64, endpoint=True)
    values[50_000:] = values[:50_000] ^ np.uint64(1)
    assert np.array_equal(row_order(values), np.argsort(values, kind="stable"))


def test_runs_are_what_a_neighbour_equals() -> None:
    """Both ends of a run are in it; what stands alone isn't."""
    assert in_runs(np.array([1, 2, 2, 3, 4, 4, 4], np.uint64)).tolist() == [False, True, True, False, True, True, True]
    assert in_runs(np.array([], np.uint64)).tolist() == []
