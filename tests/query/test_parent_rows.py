import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from clew.query.parent_rows import NO_ROW, SpanIds, cut_cycles, parent_rows
from tests.query.slow_tree import SlowSpan, columns_of

IDS = st.lists(st.integers(1, 9), min_size=1, max_size=30)


@given(IDS, st.lists(st.integers(0, 12), max_size=20))
def test_ids_are_found_where_they_stand_first(ids: list[int], wanted: list[int]) -> None:
    """Each wanted id leads to the first row that has it, an unknown one to none."""
    found = SpanIds(np.array(ids, np.uint64)).first_rows(np.array(wanted, np.uint64))
    assert found.tolist() == [ids.index(each) if each in ids else NO_ROW for each in wanted]


@given(IDS)
def test_twins_are_counted_in_order(ids: list[int]) -> None:
    """Rows whose id comes more than once, each with the number of earlier ones."""
    known = SpanIds(np.array(ids, np.uint64))
    rows = [row for row, each in enumerate(ids) if ids.count(each) > 1]
    assert known.repeated.tolist() == rows
    assert known.twin_numbers().tolist() == [ids[:row].count(ids[row]) for row in rows]


def test_a_child_belongs_to_the_twin_of_its_own_service() -> None:
    """Else to the earliest; a span is never its own parent when its service has another of that id."""
    spans = [SlowSpan(1, service=0), SlowSpan(1, service=1), SlowSpan(2, 1, service=1), SlowSpan(3, 1, service=2)]
    columns = columns_of([*spans, SlowSpan(1, 1, service=1)])
    assert parent_rows(columns, SpanIds(columns.span_id)).tolist() == [NO_ROW, NO_ROW, 1, 0, 1]


@given(st.data())
def test_every_circle_is_cut_once_at_its_first_row(data: st.DataObject) -> None:
    """Afterwards every path ends, and each cut row was on a circle and the least of it."""
    count = data.draw(st.integers(1, 25))
    parents = data.draw(st.lists(st.integers(-1, count - 1), min_size=count, max_size=count))
    cut = cut_cycles(after := np.array(parents, np.int32)).tolist()
    circles = {frozenset(circle) for row in range(count) if (circle := _circle_of(row, parents))}
    assert sorted(cut) == sorted(min(circle) for circle in circles)
    assert not any(_circle_of(row, after.tolist()) for row in range(count))


def _circle_of(row: int, parents: list[int]) -> list[int]:
    """The rows of the circle that the row is on, or none."""
    path, above = [row], parents[row]
    while above not in (NO_ROW, row) and len(path) <= len(parents):
        path.append(above)
        above = parents[above]
    return path if above == row else []
