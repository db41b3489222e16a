"""Histograms of durations whose buckets grow with the duration, as the store counts them; pure.

Bucket n >= 0 counts durations d (ns) with floor(8 * log2(d)) = n: from 2^(n/8) up to, but without, 2^((n+1)/8), which
is 9 % more. Bucket -1 counts durations of 0. So two histograms are merged by adding counts, and the merged one says as
much of all durations as each did of its own.
"""

import math
from collections.abc import Iterable, Mapping

BUCKETS_PER_DOUBLING = 8
ZERO_BUCKET = -1
RELATIVE_ERROR = 2 ** (1 / (2 * BUCKETS_PER_DOUBLING)) - 1
"""4.43 %: how far a percentile may be from the exact one, besides rounding to whole nanoseconds."""

Counts = Mapping[int, float]
"""Whole numbers, unless spans were counted by weight."""

_ROUNDING = 1e-12
"""By so much products and sums of weights may be off: half of 100 must not be looked for in the 51st."""


def bucket_of(duration_ns: int) -> int:
    """The bucket of a duration; one that is negative (an end before the start) counts as 0."""
    return math.floor(BUCKETS_PER_DOUBLING * math.log2(duration_ns)) if duration_ns > 0 else ZERO_BUCKET


def merged(histograms: Iterable[Counts]) -> dict[int, float]:
    """The histogram of all durations of all histograms."""
    counts: dict[int, float] = {}
    for histogram in histograms:
        for bucket, count in histogram.items():
            counts[bucket] = counts.get(bucket, 0) + count
    return counts


def percentile_ns(counts: Counts, fraction: float, max_ns: int | None = None) -> int | None:
    """The duration that `fraction` (0 to 1) of all durations don't exceed; None without any.

    The exact answer is the ceil(fraction * n)th smallest of n durations. This one is the middle (on a logarithmic
    scale) of the bucket that holds it, and so at most RELATIVE_ERROR away, plus half a nanosecond for rounding; never
    above `max_ns`, the longest duration, where that is known.
    """
    total = sum(counts.values())
    if total == 0:
        return None
    middle_ns = _middle_ns(_bucket_at(counts, fraction * total * (1 - _ROUNDING)))
    return middle_ns if max_ns is None else min(middle_ns, max_ns)


def _bucket_at(counts: Counts, rank: float) -> int:
    seen = 0.0
    for bucket in sorted(counts):
        seen += counts[bucket]
        if seen >= rank and seen > 0:
            return bucket
    return max(counts)


def _middle_ns(bucket: int) -> int:
    return 0 if bucket == ZERO_BUCKET else round(2 ** ((bucket + 0.5) / BUCKETS_PER_DOUBLING))
