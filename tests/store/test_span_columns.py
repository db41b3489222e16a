import numpy as np

from tests.query.slow_tree import SlowSpan, columns_of


def test_columns_in_another_order_are_the_same_spans() -> None:
    """`taken` moves all columns alike and keeps the texts."""
    columns = columns_of([SlowSpan(1, 0, 5, name=1), SlowSpan(2, 1, 6, service=2, status=2)])
    moved = columns.taken(np.array([1, 0]))
    assert moved.span_id.tolist() == [2, 1]
    assert moved.parent_span_id.tolist() == [1, 0]
    assert [moved.services[code] for code in moved.service] == [b"web", b"cart"]
    assert [moved.names[code] for code in moved.name] == [b"GET", b"POST"]
    assert moved.status_code.tolist() == [2, 0]


def test_columns_know_their_length_and_memory() -> None:
    """Memory grows by 41 bytes a span, and by the texts."""
    small, large = columns_of([SlowSpan(1)]), columns_of([SlowSpan(number) for number in range(1, 102)])
    assert (len(small), len(large)) == (1, 101)
    assert large.nbytes - small.nbytes == 4100
    arrays = [getattr(large, name) for name in ("span_id", "parent_span_id", "start_time_unix_nano", "duration_ns")]
    assert sum(array.nbytes for array in arrays) == 32 * 101
    assert small.nbytes > 41
