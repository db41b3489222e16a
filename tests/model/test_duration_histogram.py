import math
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from clew.model.duration_histogram import RELATIVE_ERROR, ZERO_BUCKET, bucket_of, merged, percentile_ns

DURATIONS = st.integers(-10, 2**63 - 1) | st.integers(0, 10**10) | st.integers(0, 63).map(lambda power: 2**power - 1)
FRACTIONS = st.floats(0, 1) | st.sampled_from([0.0, 0.5, 0.9, 0.99, 1.0])


def exact_percentile(durations_ns: list[int], fraction: float) -> int:
    """The ceil(fraction * n)th smallest, but for rounding errors of the product; a negative one is 0."""
    ordered = sorted(max(0, duration_ns) for duration_ns in durations_ns)
    return ordered[max(1, math.ceil(fraction * len(ordered) * (1 - 1e-12))) - 1]


@given(st.lists(DURATIONS, min_size=1, max_size=200), FRACTIONS, st.booleans())
def test_a_percentile_is_as_near_as_promised(durations_ns: list[int], fraction: float, knows_max: bool) -> None:
    """It is within the relative error (and rounding) of the exact one, and never over the longest duration."""
    exact_ns = exact_percentile(durations_ns, fraction)
    max_ns = max(0, *durations_ns) if knows_max else None
    found_ns = percentile_ns(Counter(map(bucket_of, durations_ns)), fraction, max_ns)
    assert found_ns is not None
    assert abs(found_ns - exact_ns) <= exact_ns * RELATIVE_ERROR * (1 + 1e-9) + 0.5
    assert max_ns is None or found_ns <= max_ns


@given(DURATIONS)
def test_a_bucket_holds_its_durations(duration_ns: int) -> None:
    """A duration is within the bounds of its bucket, and those of no length are apart."""
    bucket = bucket_of(duration_ns)
    if duration_ns <= 0:
        assert bucket == ZERO_BUCKET
    else:
        assert 2 ** (bucket / 8) * (1 - 1e-12) <= duration_ns <= 2 ** ((bucket + 1) / 8) * (1 + 1e-12)


@given(st.lists(st.lists(DURATIONS, max_size=20), max_size=5))
def test_merging_is_counting_together(parts: list[list[int]]) -> None:
    """The merged histogram is that of all durations."""
    everything = Counter(bucket_of(duration_ns) for part in parts for duration_ns in part)
    assert merged(Counter(map(bucket_of, part)) for part in parts) == everything


@given(st.lists(DURATIONS, min_size=1, max_size=100), FRACTIONS, st.sampled_from([3, 10, 1 / 0.3, 1000]))
def test_equal_weights_leave_percentiles_as_they_are(durations_ns: list[int], fraction: float, weight: float) -> None:
    """If each duration stands for as many, half of them is where it was."""
    counts = Counter(map(bucket_of, durations_ns))
    weighed = {bucket: weight * count for bucket, count in counts.items()}
    assert percentile_ns(weighed, fraction) == percentile_ns(counts, fraction)


def test_nothing_has_no_percentile() -> None:
    """Without durations there is no answer, and no 0 either."""
    assert percentile_ns({}, 0.5) is None
