"""The columns of spans from which calls are found, and which span is whose parent."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from clew.store.span_columns import Float64s, Int32s, Int64s, UInt8s, UInt64s

NO_ROW = -1

TraceProbabilities = dict[tuple[int, int], float]
"""By the two halves of a trace's id."""


@dataclass(frozen=True, slots=True)
class SpanTable:
    """Arrays of one length: the spans of whole traces.

    Ids are big-endian numbers (a trace's in two halves); a parent of 0 is none. `window` is the minute in which the
    trace starts. `service` and `peer` are places in sorted lists; peer 0 is none. `probability` is the one by which a
    span says it was kept, 0 when it doesn't.
    """

    trace_high: UInt64s
    trace_low: UInt64s
    span_id: UInt64s
    parent_span_id: UInt64s
    start_time_unix_nano: UInt64s
    duration_ns: Int64s
    kind: Int32s
    is_error: UInt8s
    probability: Float64s
    service: Int32s
    peer: Int32s

    def __len__(self) -> int:
        """How many spans there are."""
        return len(self.span_id)

    def sorted(self) -> "SpanTable":
        """By trace, span id, service, and then by all else, so that any order of arrival gives the same table."""
        order = np.lexsort(
            (
                self.peer,
                self.probability,
                self.is_error,
                self.parent_span_id,
                self.kind,
                self.duration_ns,
                self.start_time_unix_nano,
                self.service,
                self.span_id,
                self.trace_low,
                self.trace_high,
            )
        )
        return SpanTable(*(getattr(self, each.name)[order] for each in fields(self)))


def root_probabilities(table: SpanTable) -> TraceProbabilities:
    """By which probability traces (in halves) were kept, as their roots tell; of several roots, the largest.

    It is that of spans that tell none: Jaeger's clients write it on the root alone.
    """
    rows = np.flatnonzero((table.parent_span_id == 0) & (table.probability > 0))
    columns = (table.trace_high, table.trace_low, table.probability)
    found: TraceProbabilities = {}
    for high, low, probability in zip(*(column[rows].tolist() for column in columns), strict=True):
        found[high, low] = max(found.get((high, low), 0.0), probability)
    return found


def untold_traces(table: SpanTable, roots: TraceProbabilities) -> TraceProbabilities:
    """Those of the traces that stand for more than themselves and have spans that don't tell so."""
    partial = {trace: probability for trace, probability in roots.items() if probability < 1}
    if not partial:
        return {}
    rows = np.flatnonzero(table.probability == 0)
    untold = set(zip(table.trace_high[rows].tolist(), table.trace_low[rows].tolist(), strict=True))
    return {trace: probability for trace, probability in partial.items() if trace in untold}


@dataclass(frozen=True, slots=True)
class Family:
    """Who is whose parent in a sorted table.

    `trace`: the number of each row's trace. `group`: rows of one trace, span id and service have one number; of rows
    that came twice, each is such a group's member. `parent`: the row of the parent, NO_ROW without one.
    """

    trace: Int64s
    group: Int64s
    parent: Int64s


def find_family(table: SpanTable) -> Family:
    """Parents of a sorted table.

    Several spans may have the id that a parent id names: the one of the child's own service counts, else the first by
    service, then by start. A span that names itself has no parent.
    """
    trace = _numbered(table.trace_high, table.trace_low)
    id_codes = np.unique(np.concatenate((table.span_id, table.parent_span_id)), return_inverse=True)[1].reshape(-1)
    own, named = id_codes[: len(table)].astype(np.int64), id_codes[len(table) :].astype(np.int64)
    services = int(table.service.max(initial=0)) + 1
    ids = trace * (int(id_codes.max(initial=0)) + 1)
    keys, wanted = (ids + own) * services, (ids + named) * services
    with_service = keys + table.service
    parent = _first_row(with_service, wanted + table.service)
    elsewhere = _first_row(with_service, wanted, span=services)
    parent = np.where(parent == NO_ROW, elsewhere, parent)
    parent[(table.parent_span_id == 0) | (own == named)] = NO_ROW
    return Family(trace, _numbered(with_service), parent)


def _numbered(*columns: NDArray[np.generic]) -> Int64s:
    """The number of the run of equal values that each row is in."""
    starts = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        starts[1:] |= column[1:] != column[:-1]
    return np.cumsum(starts)


def _first_row(sorted_keys: Int64s, wanted: Int64s, span: int = 1) -> Int64s:
    """The first row whose key is in [wanted, wanted + span), or NO_ROW."""
    row = np.searchsorted(sorted_keys, wanted)
    inside = np.minimum(row, len(sorted_keys) - 1)
    found = (row < len(sorted_keys)) & (sorted_keys[inside] < wanted + span)
    return np.where(found, row, NO_ROW).astype(np.int64)
