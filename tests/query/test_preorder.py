import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.query.preorder import Preorder, arrange


@st.composite
def forests(draw: st.DrawFn) -> list[int]:
    """Parents without circles, in any order of rows."""
    count = draw(st.integers(0, 30))
    order = draw(st.permutations(range(count)))
    parents = [-1] * count
    for place in range(1, count):
        above = draw(st.integers(-1, place - 1))
        parents[order[place]] = -1 if above == -1 else order[above]
    return parents


def _slow(parents: list[int]) -> list[tuple[int, ...]]:
    figures: dict[int, tuple[int, ...]] = {}

    def enter(row: int, depth: int, sibling: int) -> int:
        children = [each for each, parent in enumerate(parents) if parent == row]
        place = len(figures)
        figures[row] = ()
        size = 1 + sum(enter(child, depth + 1, number) for number, child in enumerate(children))
        figures[row] = (place, depth, size, sibling, len(children))
        return size

    for number, root in enumerate([row for row, parent in enumerate(parents) if parent == -1]):
        enter(root, 0, number)
    return [figures[row] for row in range(len(parents))]


def _figures(arranged: Preorder | None) -> list[tuple[int, ...]]:
    assert arranged is not None
    columns = (arranged.place, arranged.depth, arranged.size, arranged.sibling, arranged.child_count)
    return list(zip(*(column.tolist() for column in columns), strict=True))


@given(forests(), st.sampled_from([0, 1, 1000]))
def test_both_ways_arrange_as_recursion_does(parents: list[int], most_levels: int) -> None:
    """Level by level, and by a tour when there are too many levels: place, depth, size, sibling, children."""
    assert _figures(arrange(np.array(parents, np.int32), most_levels)) == _slow(parents)


@pytest.mark.parametrize("most_levels", [0, 1000])
def test_circles_are_noticed(most_levels: int) -> None:
    """Rows that no root leads to make no order."""
    assert arrange(np.array([-1, 0, 3, 2], np.int32), most_levels) is None
    assert arrange(np.array([0], np.int32), most_levels) is None
