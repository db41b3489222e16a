from concurrent.futures import ThreadPoolExecutor

import pytest

from clew.model.histogram import Histogram, HistogramCounts


def test_a_value_counts_in_each_bucket_that_holds_it() -> None:
    """Buckets are cumulative, their edges inclusive; what is above the last is in the count alone."""
    histogram = Histogram((0.5, 1.0, 2.0))
    for value in (0.125, 0.5, 0.625, 2.0, 9.0):
        histogram.observe(value)
    assert histogram.snapshot() == HistogramCounts((0.5, 1.0, 2.0), (2, 3, 4), 5, 12.25)


def test_an_empty_histogram_has_all_its_buckets() -> None:
    """A scraper sees zeros before the first value."""
    assert Histogram((1.0,)).snapshot() == HistogramCounts((1.0,), (0,), 0, 0.0)


@pytest.mark.parametrize("bounds", [(), (2.0, 1.0), (1.0, 1.0)])
def test_bounds_must_rise(bounds: tuple[float, ...]) -> None:
    """Bounds that no scraper could read are refused."""
    with pytest.raises(ValueError, match="must rise"):
        Histogram(bounds)


def test_no_value_is_lost_among_threads() -> None:
    """Values from many threads at once are all counted."""
    histogram = Histogram((1.0,))

    def observe(_: int) -> None:
        for _ in range(500):
            histogram.observe(0.5)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(observe, range(8)))
    counts = histogram.snapshot()
    assert (counts.count, counts.at_most, counts.total) == (4000, (4000,), 2000.0)
