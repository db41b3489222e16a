"""Histograms of seconds with fixed buckets, counted from any thread."""

import threading
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True, slots=True)
class HistogramCounts:
    """A moment's counts: `at_most[i]` observations were <= `bounds[i]`; `count` is all, `total` their sum."""

    bounds: tuple[float, ...]
    at_most: tuple[int, ...]
    count: int
    total: float


class Histogram:
    """Counts observations by bucket; `bounds` are the upper edges, rising."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = tuple(bounds)
        if not self._bounds or list(self._bounds) != sorted(set(self._bounds)):
            raise ValueError(f"bounds must rise, {self._bounds} don't")
        self._lock = threading.Lock()
        self._counts = [0] * (len(self._bounds) + 1)
        self._total = 0.0

    def observe(self, value: float) -> None:
        """Count one value; one above the last bound is in `count` only."""
        with self._lock:
            self._counts[bisect_left(self._bounds, value)] += 1
            self._total += value

    def snapshot(self) -> HistogramCounts:
        """All counts of one moment."""
        with self._lock:
            counts, total = tuple(self._counts), self._total
        return HistogramCounts(self._bounds, tuple(accumulate(counts[:-1])), sum(counts), total)
