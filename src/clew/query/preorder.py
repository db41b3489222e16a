"""A tree from its parent rows: each row's place in drawing order, its depth, and how many are below it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from clew.query.parent_rows import NO_ROW
from clew.store.span_columns import Int32s, Int64s, UInt64s

MOST_LEVELS = 1000
"""A level costs about 30 us however few rows it has; beyond this many, the tour costs less."""

Levels: TypeAlias = list[Int32s]


@dataclass(frozen=True, slots=True)
class Preorder:
    """For each row: its place in drawing order, depth (roots: 0), rows in its subtree, and place among siblings."""

    place: Int32s
    depth: Int32s
    size: Int32s
    sibling: Int32s
    child_count: Int32s


@dataclass(frozen=True, slots=True)
class _Families:
    """`children[begin[row + 1] : begin[row + 2]]` are the children of a row in order; those of row -1 are the roots."""

    children: Int32s
    begin: Int32s

    def counts(self) -> Int32s:
        """How many children each row has."""
        counts: Int32s = np.diff(self.begin[1:])
        return counts


def arrange(parent: Int32s, most_levels: int = MOST_LEVELS) -> Preorder | None:
    """Parents before children, siblings in the order of their rows; None when parents go round."""
    families = _group_by_parent(parent)
    levels = _levels(families, most_levels)
    if levels is None:
        return _by_tour(parent, families)
    if sum(map(len, levels)) < len(parent):
        return None
    return _by_levels(parent, families, levels)


def _group_by_parent(parent: Int32s) -> _Families:
    # Sorting numbers that hold parent and row is several times as fast as sorting rows by parent.
    keys: UInt64s = (parent + 1).astype(np.uint64) << np.uint64(32) | np.arange(len(parent), dtype=np.uint64)
    keys.sort()
    # The row is the lower half of each number.
    children = (keys & np.uint64(0xFFFFFFFF)).astype(np.int32)
    begin = np.zeros(len(parent) + 2, np.int32)
    np.cumsum(np.bincount(parent + 1, minlength=len(parent) + 1), out=begin[1:])
    return _Families(children, begin)


def _levels(families: _Families, most_levels: int) -> Levels | None:
    """The rows that the roots lead to, level by level; None when there are more levels than that."""
    counts, starts = families.counts(), families.begin[1:]
    level = families.children[: families.begin[1]]
    levels: Levels = []
    while len(level):
        if len(levels) == most_levels:
            return None
        levels.append(level)
        below = counts[level]
        ends = np.cumsum(below, dtype=np.int32)
        places = np.repeat(starts[level] - ends + below, below)
        places += np.arange(ends[-1], dtype=np.int32)
        level = families.children[places]
    return levels


def _by_levels(parent: Int32s, families: _Families, levels: Levels) -> Preorder:
    """Numbers rows level by level, so that a level's children are the next level, and all sums are over slices."""
    rows = np.concatenate(levels) if levels else np.empty(0, np.int32)
    bounds = np.cumsum([0, *map(len, levels)])
    below = families.counts()[rows]
    size = np.ones(len(rows), np.int32)
    for number in range(len(levels) - 2, -1, -1):
        here, there = slice(bounds[number], bounds[number + 1]), slice(bounds[number + 1], bounds[number + 2])
        sums = np.zeros(bounds[number + 2] - bounds[number + 1] + 1, np.int32)
        np.cumsum(size[there], out=sums[1:])
        ends = np.cumsum(below[here], dtype=np.int32)
        size[here] += sums[ends] - sums[ends - below[here]]
    place = np.empty(len(rows), np.int32)
    before = _sums_before(size, bounds)
    if levels:
        place[: bounds[1]] = before[: bounds[1]]
    for number in range(len(levels) - 1):
        here, there = slice(bounds[number], bounds[number + 1]), slice(bounds[number + 1], bounds[number + 2])
        firsts = bounds[number + 1] + np.cumsum(below[here], dtype=np.int32) - below[here]
        shift = place[here] + 1 - before[np.minimum(firsts, len(rows) - 1)]
        place[there] = before[there] + np.repeat(shift, below[here])
    depth = np.repeat(np.arange(len(levels), dtype=np.int32), np.diff(bounds))
    return _scattered(parent, families, rows, (place, depth, size))


def _sums_before(size: Int32s, bounds: Int64s) -> Int32s:
    """For each row the sizes of those before it on its level: a level's sizes come to at most the number of rows."""
    before = np.empty(len(size), np.int32)
    for first, after in pairwise(bounds.tolist()):
        np.cumsum(size[first:after], out=before[first:after])
    before -= size
    return before


def _scattered(
    parent: Int32s, families: _Families, rows: NDArray[np.integer[Any]], figures: Sequence[NDArray[np.integer[Any]]]
) -> Preorder:
    by_row = []
    for figure in figures:
        values = np.empty(len(rows), np.int32)
        values[rows] = figure
        by_row.append(values)
    place, depth, size = by_row
    return Preorder(place, depth, size, _sibling_places(parent, families), families.counts())


def _sibling_places(parent: Int32s, families: _Families) -> Int32s:
    places = np.empty(len(parent), np.int32)
    places[families.children] = np.arange(len(parent), dtype=np.int32) - families.begin[parent[families.children] + 1]
    return places


def _by_tour(parent: Int32s, families: _Families) -> Preorder | None:
    """A walk around the tree, each row entered and left, as one linked list that doubling puts in order.

    About 1 s for a million rows whatever their shape; a chain of a million levels is no worse than a bush.
    """
    count = len(parent)
    follower = _followers(parent, families)
    left = np.append(np.ones(2 * count, np.int32), np.int32(0))
    for _ in range((2 * count).bit_length()):
        left += left[follower]
        follower = follower[follower]
    if np.any(follower != 2 * count):
        return None
    at = 2 * count - left[:-1]
    is_entered = np.zeros(2 * count, np.int32)
    is_entered[at[:count]] = 1
    place = np.cumsum(is_entered)[at[:count]] - 1
    depth = 2 * place - at[:count]
    size = (at[count:] - at[:count] + 1) // 2
    return _scattered(parent, families, np.arange(count), (place, depth, size))


def _followers(parent: Int32s, families: _Families) -> Int32s:
    """What comes after entering a row (0 to n-1) and after leaving it (n to 2n-1); 2n is the end."""
    count = len(parent)
    follower = np.full(2 * count + 1, 2 * count, np.int32)
    counts = families.counts()
    is_leaf = counts == 0
    follower[:count] = np.where(
        is_leaf, np.arange(count, 2 * count), families.children[np.where(is_leaf, 0, families.begin[1:-1])]
    )
    is_below = parent != NO_ROW
    follower[count : 2 * count][is_below] = parent[is_below] + count
    siblings = families.children[:-1], families.children[1:]
    is_next = parent[siblings[0]] == parent[siblings[1]]
    follower[count + siblings[0][is_next]] = siblings[1][is_next]
    return follower
