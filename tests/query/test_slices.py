from hypothesis import given
from hypothesis import strategies as st

from clew.query.slices import MINUTE_NS, Density, minute_slices

MOMENTS = st.integers(0, 2**64 - 1)


@given(first_ns=MOMENTS, last_ns=MOMENTS, minutes=st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 10**7))))
def test_slices_reach_the_first_moment(first_ns: int, last_ns: int, minutes: list[tuple[int, int]]) -> None:
    """Each begins before the one before, none outside, the last one where the search begins; and there are few."""
    starts = list(minute_slices(first_ns, last_ns, sorted(minutes, reverse=True)))
    if first_ns > last_ns:
        assert starts == []
        return
    assert starts[-1] == first_ns
    assert all(first_ns <= start <= last_ns for start in starts)
    assert starts == sorted(starts, reverse=True)
    assert len(starts) <= 12


def test_slices_grow() -> None:
    """A minute, ten, a hundred: an attempt in vain costs little beside the next."""
    now_ns = 1_000_000 * MINUTE_NS + 5
    begins = [start // MINUTE_NS for start in minute_slices(0, now_ns)]
    assert begins[:4] == [1_000_000, 999_991, 999_901, 999_001]


def test_slices_begin_where_something_is() -> None:
    """Minutes without the operation are passed over at once."""
    minutes = [(900, 150_000), (40, 150_000), (7, 10**8)]
    begins = [start // MINUTE_NS for start in minute_slices(0, 1000 * MINUTE_NS, minutes)]
    assert begins == [40, 7, 0]


def test_density_is_learnt() -> None:
    """After dense data the next look is short, after none it is long; it is never less than a second."""
    density = Density()
    density.saw(100, 10 * MINUTE_NS)
    assert density.width_ns(100) == 20 * MINUTE_NS
    density.saw(0, MINUTE_NS)
    assert density.width_ns(100) > 100 * MINUTE_NS
    density.saw(10**6, 1000)
    assert density.width_ns(10) == 1_000_000_000
