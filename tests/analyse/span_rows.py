"""A SpanTable from a few spans written as rows."""

from collections.abc import Sequence

import numpy as np

from clew.analyse.span_table import SpanTable

Row = tuple[int, int, int, int, int]
"""Trace, span id, parent, service, start; kind 1 and no error."""


def table_of(
    rows: Sequence[Row],
    kinds: Sequence[int] = (),
    peers: Sequence[int] = (),
    probabilities: Sequence[float] = (),
) -> SpanTable:
    """The rows in their order; all internal, without peers and probabilities unless told."""
    trace, span_id, parent, service, start = (list(column) for column in zip(*rows, strict=True))
    count = len(rows)
    return SpanTable(
        trace_high=np.zeros(count, np.uint64),
        trace_low=np.array(trace, np.uint64),
        span_id=np.array(span_id, np.uint64),
        parent_span_id=np.array(parent, np.uint64),
        start_time_unix_nano=np.array(start, np.uint64),
        duration_ns=np.full(count, 1000, np.int64),
        kind=np.array(kinds or [1] * count, np.int32),
        is_error=np.zeros(count, np.uint8),
        probability=np.array(probabilities or [0] * count, np.float64),
        service=np.array(service, np.int32),
        peer=np.array(peers or [0] * count, np.int32),
    )
