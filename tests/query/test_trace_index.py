import random
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.query.trace_index import PLACES, TraceIndex, build_index, order_by_start
from tests.query.slow_tree import SlowNode, SlowSpan, columns_of, slow_spans, slow_tree


def _drawn(index: TraceIndex) -> list[tuple[object, ...]]:
    """Everything that the index says of each row."""
    columns = index.columns
    errors = index.errors_before
    twins = dict(zip(index.twin_rows.tolist(), index.twin_numbers.tolist(), strict=True))
    return [
        (
            int(columns.span_id[row]),
            int(columns.start_time_unix_nano[row]),
            int(columns.duration_ns[row]),
            int(columns.service[row]),
            int(index.parent[row]),
            int(index.depth[row]),
            int(index.child_count[row]),
            int(index.end[row]) - row - 1,
            int(errors[index.end[row]] - errors[row + 1]),
            int(index.sibling[row]),
            PLACES[index.place[row]],
            twins.get(row, 0),
        )
        for row in range(len(index))
    ]


def _expected(nodes: list[SlowNode]) -> list[tuple[object, ...]]:
    row_of = {id(node): row for row, node in enumerate(nodes)}
    roots = [node for node in nodes if node.parent is None]
    return [
        (
            node.span.span_id,
            node.span.start_ns,
            node.span.duration_ns,
            node.span.service,
            -1 if node.parent is None else row_of[id(node.parent)],
            len(node.ancestors()),
            len(node.children),
            len(node.below()),
            sum(below.span.status == 2 for below in node.below()),
            [id(other) for other in (roots if node.parent is None else node.parent.children)].index(id(node)),
            node.place,
            node.twin,
        )
        for node in nodes
    ]


@settings(max_examples=600, deadline=None)
@given(slow_spans())
def test_the_index_is_the_tree_that_plain_python_builds(spans: list[SlowSpan]) -> None:
    """Order, parents, depths, counts and places are those of the slow tree, with twins, orphans and circles."""
    assert _drawn(build_index(columns_of(spans))) == _expected(slow_tree(spans))


@settings(max_examples=100, deadline=None)
@given(slow_spans(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(spans: list[SlowSpan], shuffler: random.Random) -> None:
    """The same spans in any order make the same index."""
    shuffled = list(spans)
    shuffler.shuffle(shuffled)
    assert _drawn(build_index(columns_of(shuffled))) == _drawn(build_index(columns_of(spans)))


def test_a_client_and_a_server_may_share_an_id() -> None:
    """As Zipkin's clients send it: the server is below the client, its children below the one of their service."""
    spans = [
        SlowSpan(1, 0, 0, kind=2, service=0),
        SlowSpan(2, 1, 1, kind=3, service=0),
        SlowSpan(2, 1, 2, kind=2, service=1),
        SlowSpan(3, 2, 3, service=1),
        SlowSpan(4, 2, 4, service=0),
    ]
    index = build_index(columns_of(spans))
    assert index.columns.span_id.tolist() == [1, 2, 2, 3, 4]
    assert index.parent.tolist() == [-1, 0, 1, 2, 1]
    assert (index.twin_rows.tolist(), index.twin_numbers.tolist()) == ([1, 2], [0, 1])


def test_a_span_of_another_order_than_its_parent_stays_below_it() -> None:
    """A child whose clock is behind begins before its parent and is still drawn below it."""
    index = build_index(columns_of([SlowSpan(1, 0, 500), SlowSpan(2, 1, 100), SlowSpan(3, 0, 300)]))
    assert index.columns.span_id.tolist() == [3, 1, 2]
    assert index.parent.tolist() == [-1, -1, 1]


@pytest.mark.parametrize("shape", ["chain", "ring", "star", "one id", "pairs"])
def test_no_shape_of_200_000_spans_takes_long(shape: str) -> None:
    """A chain, a ring, a star, one id for all and twins everywhere: every span once, within seconds."""
    count = 200_000
    number = np.arange(count)
    ids, parents = {
        "chain": (number + 1, number),
        "ring": (number + 1, (number - 1) % count + 1),
        "star": (number + 1, np.where(number == 0, 0, 1)),
        "one id": (np.full(count, 7), np.full(count, 7)),
        "pairs": (number // 2 + 1, number // 4),
    }[shape]
    columns = columns_of([SlowSpan(1)]).taken(np.zeros(count, np.int64))
    columns.span_id[:], columns.parent_span_id[:], columns.start_time_unix_nano[:] = ids, parents, number
    began_s = time.monotonic()
    index = build_index(columns)
    assert time.monotonic() - began_s < 5
    assert np.array_equal(np.sort(index.columns.start_time_unix_nano), number)
    below = index.parent[1:] >= 0
    assert np.all(index.parent[1:][below] < np.arange(1, count)[below])
    if shape in ("chain", "ring"):
        assert index.depth.tolist() == list(range(count))


def test_spans_that_look_alike_keep_a_fixed_order() -> None:
    """Equal starts are ordered by id, then by what the rows show."""
    spans = [SlowSpan(9, 0, 5), SlowSpan(2, 0, 5, 7), SlowSpan(2, 0, 5, 3), SlowSpan(1, 0, 9)]
    assert order_by_start(columns_of(spans)).tolist() == [2, 1, 0, 3]


def test_the_index_says_what_memory_it_takes() -> None:
    """`nbytes` counts every array, about 70 bytes a span."""
    index = build_index(columns_of([SlowSpan(number + 1, number) for number in range(1000)]))
    arrays = [getattr(index, name) for name in ("parent", "end", "depth", "sibling", "child_count", "place")]
    assert index.nbytes >= sum(array.nbytes for array in arrays) + 41 * 1000
    assert index.nbytes < 80 * 1000
