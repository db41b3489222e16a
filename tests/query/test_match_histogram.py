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
    found = count_matches(data_plane.engine, replace(QUERY, tenant=tenant, condition="number >= 6"), 5)
    assert [b.start_unix_nano for b in found.buckets] == [0, 4_000_000, 8_000_000, 12_000_000, 16_000_000]
    assert found.width_ns == 4_000_000
    # Spans 1 to 3, 4 to 7, 8 to 11 and 12 are traces, and begin at so many milliseconds.
    assert [(b.span_count, b.trace_count) for b in found.buckets] == [(0, 0), (2, 1), (4, 1), (1, 1), (0, 0)]
    assert (found.span_count, found.trace_count) == (7, 3)


def test_a_period_is_needed(data_plane: DataPlane) -> None:
    """Without one there are no intervals."""
    for start_ns, end_ns in ((None, 5), (5, None), (5, 5)):
        with pytest.raises(BadQuery, match="end"):
            count_matches(data_plane.engine, replace(QUERY, tenant="t", start_ns=start_ns, end_ns=end_ns), 5)
