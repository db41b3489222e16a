"""Sorts rows by a number, in about a third of the time of `argsort`: numpy sorts numbers much faster than places."""

import numpy as np
from numpy.typing import NDArray

from clew.store.span_columns import Int64s, UInt64s


def row_order(values: UInt64s) -> Int64s:
    """The rows in order of their values; of equal values in their own order.

    Each row becomes one number that holds its value above and its place below. Where both need more than 64 bits, the
    value's lowest bits are left out, and those few rows that agree in all others are sorted again.
    """
    if len(values) < 2:
        return np.arange(len(values))
    place_bits = len(values).bit_length()
    low = values.min()
    left_out = max(0, int(values.max() - low).bit_length() + place_bits - 64)
    keys = ((values - low) >> np.uint64(left_out)) << np.uint64(place_bits)
    keys |= np.arange(len(values), dtype=np.uint64)
    keys.sort()
    order: Int64s = (keys & np.uint64((1 << place_bits) - 1)).astype(np.int64)
    if left_out:
        _sort_again(values, order, keys >> np.uint64(place_bits))
    return order


def in_runs(ascending: UInt64s) -> NDArray[np.bool_]:
    """True for elements that a neighbour equals."""
    flags = np.zeros(len(ascending), bool)
    equal = ascending[1:] == ascending[:-1]
    flags[1:] |= equal
    flags[:-1] |= equal
    return flags


def _sort_again(values: UInt64s, order: Int64s, upper: UInt64s) -> None:
    """Sorts those runs of equal `upper` bits, in place, whose values aren't all the same."""
    ascending = values[order]
    is_new = upper[1:] != upper[:-1]
    differs = (ascending[1:] != ascending[:-1]) & ~is_new
    if not differs.any():
        return
    run = np.cumsum(np.r_[False, is_new])
    is_mixed = np.zeros(run[-1] + 1, bool)
    is_mixed[run[1:][differs]] = True
    tied = is_mixed[run]
    rows = order[tied]
    order[tied] = rows[np.argsort(values[rows], kind="stable")]
