import random

import numpy as np

from clew.analyse.span_table import NO_ROW, find_family, root_probabilities, untold_traces
from tests.analyse.span_rows import Row, table_of

HUGE = 2**64 - 1


def parents(rows: list[Row]) -> list[tuple[int, int, int, int | None]]:
    """Trace, span id, service, and the start of the parent, sorted."""
    table = table_of(rows).sorted()
    family = find_family(table)
    return [
        (
            int(table.trace_low[row]),
            int(table.span_id[row]),
            int(table.service[row]),
            None if parent == NO_ROW else int(table.start_time_unix_nano[parent]),
        )
        for row, parent in enumerate(family.parent.tolist())
    ]


def test_a_parent_is_found_in_its_own_trace() -> None:
    """Ids of 64 bits; a missing parent, none, and the span itself are no parents."""
    rows = [(1, HUGE, 0, 0, 10), (1, 2, HUGE, 0, 11), (2, 3, HUGE, 0, 12), (2, 4, 4, 0, 13), (2, 5, 3, 1, 14)]
    assert parents(rows) == [(1, 2, 0, 10), (1, HUGE, 0, None), (2, 3, 0, None), (2, 4, 0, None), (2, 5, 1, 12)]


def test_of_spans_with_one_id_that_of_the_own_service_counts() -> None:
    """Else the first by service, then by start."""
    rows = [(1, 7, 0, 2, 20), (1, 7, 0, 1, 31), (1, 7, 0, 1, 30), (1, 8, 7, 2, 0), (1, 9, 7, 0, 0)]
    assert parents(rows)[-2:] == [(1, 8, 2, 20), (1, 9, 0, 30)]


def test_the_order_of_rows_does_not_matter() -> None:
    """Any order of the same spans is sorted into the same table."""
    source = random.Random(5)
    rows = [
        (source.randrange(3), source.randrange(6), source.randrange(6), source.randrange(3), source.randrange(4))
        for _ in range(60)
    ]
    assert parents(rows) == parents(source.sample(rows, len(rows)))


def test_copies_of_a_span_are_one_group() -> None:
    """Rows with the same trace, id and service have one number; another service is another group."""
    family = find_family(table_of([(1, 7, 0, 0, 1), (1, 7, 0, 0, 2), (1, 7, 0, 1, 1), (2, 7, 0, 1, 1)]).sorted())
    assert family.group.tolist() == [0, 0, 1, 2]
    assert np.array_equal(family.trace, [0, 0, 0, 1])


def test_a_root_tells_the_probability_of_its_trace() -> None:
    """Of several roots the largest counts; what others tell, or a root that tells nothing, is not that of a trace."""
    rows = [(1, 7, 0, 0, 1), (1, 8, 0, 0, 1), (2, 7, 5, 0, 1), (3, 7, 0, 0, 1)]
    assert root_probabilities(table_of(rows, probabilities=[0.25, 0.5, 0.5, 0])) == {(0, 1): 0.5}


def test_traces_are_untold_whose_root_says_more_than_their_spans() -> None:
    """Those kept by chance with a span that tells nothing; neither those that tell all, nor those of all traces."""
    rows = [(1, 7, 0, 0, 1), (1, 8, 7, 0, 1), (2, 7, 0, 0, 1), (2, 8, 7, 0, 1), (3, 7, 0, 0, 1), (3, 8, 7, 0, 1)]
    table = table_of(rows, probabilities=[0.25, 0, 0.25, 0.25, 1, 0])
    assert untold_traces(table, root_probabilities(table)) == {(0, 1): 0.25}
