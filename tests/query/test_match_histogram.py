from dataclasses import replace

import pytest

from clew.errors import BadQuery
from clew.query.match_histogram import count_matches
from clew.query.search import TraceQuery
from tests.data_plane import DataPlane
from tests.store.segments import make_spans, request_of

QUERY = TraceQuery("", None, None, (), None, None, False, 0, 20_000_000, 20, None)


def test_buckets_have_no_gaps(data_plane: DataPlane, tenant: str) -> None:
    """Every interval is there, from the start to the end, and the sums are those of the buckets."""
    data_plane.put(f"traces/{tenant}", request_of("s", *make_spans(12)).SerializeToString())
    found = count_matches(data_plane.engine, replace(QUERY, tenant=tenant, condition="number >= 6"), 4)
    assert [b.start_unix_nano for b in found.buckets] == [0, 5_000_000, 10_000_000, 15_000_000]
    assert found.width_ns == 5_000_000
    # Spans 1 to 3, 4 to 7, 8 to 11 and 12 are traces, and begin at so many milliseconds.
    assert [(b.span_count, b.trace_count) for b in found.buckets] == [(2, 1), (4, 1), (1, 1), (0, 0)]
    assert (found.span_count, found.trace_count) == (7, 3)


def test_buckets_are_on_round_times(data_plane: DataPlane, tenant: str) -> None:
    """They begin at multiples of their length; of those at the ends only what is within the period counts."""
    data_plane.put(f"traces/{tenant}", request_of("s", *make_spans(12)).SerializeToString())
    query = replace(QUERY, tenant=tenant, start_ns=1_000_001, end_ns=12_000_000)
    found = count_matches(data_plane.engine, query, 6)
    assert [(b.start_unix_nano, b.trace_count) for b in found.buckets] == [
        (0, 0),
        (2_000_000, 0),
        (4_000_000, 1),
        (6_000_000, 0),
        (8_000_000, 1),
        (10_000_000, 0),
    ]
    assert count_matches(data_plane.engine, replace(query, start_ns=1_000_000), 6).trace_count == 3


def test_a_period_is_needed(data_plane: DataPlane) -> None:
    """Without one there are no intervals."""
    for start_ns, end_ns in ((None, 5), (5, None), (5, 5)):
        with pytest.raises(BadQuery, match="end"):
            count_matches(data_plane.engine, replace(QUERY, tenant="t", start_ns=start_ns, end_ns=end_ns), 5)
