"""Which span is below which: parent ids to row numbers, also where ids come twice or parents go round.

Everything here is whole-array arithmetic: a million spans are some 20 sorts and gathers, not a million steps.
"""

import numpy as np

from clew.query.row_order import in_runs, row_order
from clew.store.span_columns import Int32s, Int64s, SpanColumns, UInt64s

NO_ROW = -1
KIND_SERVER, KIND_CLIENT = 2, 3


class SpanIds:
    """Where each span id stands in columns that are in order of start: the earliest first where an id comes twice."""

    def __init__(self, span_id: UInt64s) -> None:
        self._order = row_order(span_id)
        self._sorted = span_id[self._order]
        self.repeated: Int64s = np.sort(self._order[in_runs(self._sorted)])
        """The rows whose id some other row has, too."""

    def first_rows(self, wanted: UInt64s) -> Int32s:
        """For each id the first row that has it, or NO_ROW."""
        order = row_order(wanted)
        ascending = wanted[order]
        begins = np.flatnonzero(np.r_[True, ascending[1:] != ascending[:-1]]) if len(wanted) else np.empty(0, np.int64)
        # Ascending needles find their places some ten times as fast as shuffled ones: neighbours share cache lines.
        places = np.searchsorted(self._sorted, ascending[begins])
        places[places == len(self._sorted)] = 0
        rows = np.where(self._sorted[places] == ascending[begins], self._order[places], NO_ROW).astype(np.int32)
        found = np.empty(len(wanted), np.int32)
        found[order] = np.repeat(rows, np.diff(np.r_[begins, len(wanted)]))
        return found

    def twin_numbers(self) -> Int64s:
        """For each row of `repeated`, how many earlier rows have its id."""
        is_repeated = in_runs(self._sorted)
        rows, ids = self._order[is_repeated], self._sorted[is_repeated]
        begins = np.flatnonzero(np.r_[True, ids[1:] != ids[:-1]]) if len(ids) else np.empty(0, np.int64)
        numbers = np.arange(len(ids)) - np.repeat(begins, np.diff(np.r_[begins, len(ids)]))
        by_row: Int64s = numbers[np.argsort(rows)]
        return by_row


def parent_rows(columns: SpanColumns, ids: SpanIds) -> Int32s:
    """For each span the row of its parent, or NO_ROW: a root, or an orphan. The parents may still go round.

    Where several spans have the parent's id, the one of the child's own service is meant, else the earliest. Of a
    client and a server with one id (Zipkin shares it), the server is below the client.
    """
    parent = np.full(len(columns), NO_ROW, np.int32)
    has_parent = np.flatnonzero(columns.parent_span_id)
    parent[has_parent] = ids.first_rows(columns.parent_span_id[has_parent])
    if len(ids.repeated):
        _prefer_own_service(columns, ids.repeated, parent)
        _put_servers_below_clients(columns, ids.repeated, parent)
    return parent


def _prefer_own_service(columns: SpanColumns, repeated: Int64s, parent: Int32s) -> None:
    is_repeated = np.zeros(len(columns), bool)
    is_repeated[repeated] = True
    children = np.flatnonzero((parent != NO_ROW) & is_repeated[parent])
    numbers = np.unique(columns.span_id[repeated])
    keys = _pairs(numbers, columns.span_id[repeated], columns.service[repeated])
    order = np.argsort(keys, kind="stable")
    keys, rows = keys[order], repeated[order]
    wanted = _pairs(numbers, columns.parent_span_id[children], columns.service[children])
    first = np.searchsorted(keys, wanted)
    # A span is no candidate for its own parent; the one that comes after it in its service may be.
    first += rows[np.minimum(first, len(rows) - 1)] == children
    place = np.minimum(first, len(rows) - 1)
    found = (first < len(rows)) & (keys[place] == wanted)
    parent[children[found]] = rows[place[found]]


def _pairs(numbers: UInt64s, span_id: UInt64s, service: Int32s) -> UInt64s:
    """One number for an id (of `numbers`) and a service together."""
    pairs: UInt64s = np.searchsorted(numbers, span_id).astype(np.uint64) << np.uint64(32)
    return pairs | service.astype(np.uint64)


def _put_servers_below_clients(columns: SpanColumns, repeated: Int64s, parent: Int32s) -> None:
    kinds = columns.kind[repeated]
    servers, clients = repeated[kinds == KIND_SERVER], repeated[kinds == KIND_CLIENT]
    ids, firsts = np.unique(columns.span_id[clients], return_index=True)
    if not len(ids):
        return
    places = np.minimum(np.searchsorted(ids, columns.span_id[servers]), len(ids) - 1)
    shared = ids[places] == columns.span_id[servers]
    parent[servers[shared]] = clients[firsts[places[shared]]]


def cut_cycles(parent: Int32s) -> Int64s:
    """Makes the earliest span of each circle of parents a root, in place; the rows of these spans."""
    count = len(parent)
    jump = np.append(np.where(parent == NO_ROW, count, parent), count)
    for _ in range(count.bit_length()):
        jump = jump[jump]
    looped = np.flatnonzero(jump[:count] != count)
    if not len(looped):
        return looped
    number = np.empty(count, np.int64)
    number[looped] = np.arange(len(looped))
    cut: Int64s = looped[_ring_heads(number[parent[looped]])]
    parent[cut] = NO_ROW
    return cut


def _ring_heads(step: Int64s) -> Int64s:
    """The least element of each ring of a function whose every path ends in a ring.

    Doubling: after k rounds `jump` goes 2**k steps and `least` knows the least of the first 2**k elements. Far enough
    out every jump lands on a ring, and a ring's own elements have seen all of it.
    """
    least, jump = np.arange(len(step)), step
    for _ in range(len(step).bit_length()):
        least, jump = np.minimum(least, least[jump]), jump[jump]
    on_ring = np.zeros(len(step), bool)
    on_ring[jump] = True
    return np.flatnonzero(on_ring & (least == np.arange(len(step))))
