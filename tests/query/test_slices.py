from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from clew.query.slices import FIRST_SLICE_NS, slice_starts

MOMENTS = st.integers(0, 2**64 - 1)


@given(MOMENTS, MOMENTS)
def test_slices_go_back_to_the_floor(floor_ns: int, newest_ns: int) -> None:
    """Each attempt begins earlier than the one before, and the last begins at the floor."""
    starts = list(slice_starts(floor_ns, newest_ns))
    assert starts[-1] == floor_ns
    assert all(later > earlier for later, earlier in pairwise(starts))


def test_the_first_slice_is_the_last_minute() -> None:
    """A search begins with the newest minute."""
    assert next(slice_starts(0, 2**60)) == 2**60 - FIRST_SLICE_NS


def test_even_all_of_time_takes_few_slices() -> None:
    """From the newest possible moment back to the epoch there are fewer than ten attempts."""
    assert len(list(slice_starts(0, 2**64 - 1))) < 10
