"""Windows on an open trace: rows of its tree, a range of time, the way to one span, hits, and density over time.

Every answer is a slice or a mask of whole arrays: a few milliseconds for a million spans, whatever is asked.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from clew.errors import NotFound
from clew.model.trace import SPAN_KINDS
from clew.query.parent_rows import NO_ROW
from clew.query.span_ref import parse_ref, write_ref
from clew.query.trace_index import CYCLE, ORPHAN, PLACES, ROOT, STATUS_ERROR, TraceIndex
from clew.store.span_columns import UInt64s

MAX_DURATION_NS = 2**63 - 1
"""292 years; summaries of traces have no longer ones, either."""
STATUSES = ("unset", "ok", "error")

Rows: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class WindowRow:
    """One span in a window. `ref` is its id, with `~1`, `~2`, … for the next ones (by start) that have the same id.

    `parent_ref` is the row that it is drawn below, None at the top. `place` is one of PLACES; `position` its place
    among its siblings. The counts below are of all levels and without the span itself.
    """

    ref: str
    span_id: str
    parent_span_id: str
    parent_ref: str | None
    service: str
    name: str
    kind: str
    start_time_unix_nano: int
    duration_ns: int
    status: str
    place: str
    depth: int
    position: int
    child_count: int
    descendant_count: int
    errors_below: int


@dataclass(frozen=True, slots=True)
class Window:
    """`rows` are those from `offset` on of `total`."""

    total: int
    offset: int
    rows: list[WindowRow]
    newer_span_count: int


@dataclass(frozen=True, slots=True)
class SpanPath:
    """A span and all that it is below, the topmost first; the outermost `omitted` levels are left out."""

    span: WindowRow
    ancestors: list[WindowRow]
    omitted: int
    newer_span_count: int


@dataclass(frozen=True, slots=True)
class Hits:
    """Spans found; `total` of the whole trace, `rows` a page of them in drawing order, `last` whether it ends there."""

    total: int
    rows: list[WindowRow]
    is_last: bool
    newer_span_count: int


@dataclass(frozen=True, slots=True)
class Density:
    """Per interval of equal length from `start_ns` on: spans under way in it, and failed spans that end in it."""

    start_ns: int
    end_ns: int
    spans: list[int]
    errors: list[int]
    newer_span_count: int


@dataclass(frozen=True, slots=True)
class ServiceCount:
    """A service of a trace."""

    name: str
    span_count: int
    error_count: int


@dataclass(frozen=True, slots=True)
class TraceFacts:
    """What is said of a trace as a whole. Times are Unix ns; `depth` counts levels; `first` is the first row drawn."""

    start_time_unix_nano: int
    duration_ns: int
    span_count: int
    error_count: int
    depth: int
    root_count: int
    orphan_count: int
    cycle_count: int
    repeated_id_count: int
    services: list[ServiceCount]
    first: WindowRow
    newer_span_count: int


@dataclass(frozen=True, slots=True)
class SpanFilter:
    """What a span must have, all of it; None and False mean any. `ids` are numbers, as in SpanColumns."""

    text: str | None = None
    service: str | None = None
    error_only: bool = False
    ids: UInt64s | None = None


class TraceWindows:
    """One trace, opened; from any thread. It has at least one span.

    `newer_span_count` spans came since and are in no answer; each answer says so.
    """

    def __init__(self, index: TraceIndex, newer_span_count: int = 0) -> None:
        self.index = index
        self.newer_span_count = newer_span_count

    def facts(self) -> TraceFacts:
        """The trace as a whole."""
        index = self.index
        placed = np.bincount(index.place, minlength=len(PLACES))
        return TraceFacts(
            start_time_unix_nano=self.start_ns,
            duration_ns=min(self.end_ns - self.start_ns, MAX_DURATION_NS),
            span_count=len(index),
            error_count=int(index.errors_before[-1]),
            depth=int(index.depth.max()) + 1,
            root_count=int(placed[ROOT]),
            orphan_count=int(placed[ORPHAN]),
            cycle_count=int(placed[CYCLE]),
            repeated_id_count=len(index.twin_rows),
            services=self._services(),
            first=self._row(int(np.argmin(index.place != ROOT))),
            newer_span_count=self.newer_span_count,
        )

    def children(self, parent_ref: str | None, offset: int, limit: int) -> Window:
        """The children of a span; without one, what stands at the top. Raises NotFound for an unknown ref."""
        index = self.index
        if parent_ref is None:
            rows = np.flatnonzero(index.parent == NO_ROW)
        else:
            parent = self.row_of(parent_ref)
            below = index.parent[parent + 1 : index.end[parent]]
            rows = np.flatnonzero(below == parent) + parent + 1
        return self._window(rows, offset, limit)

    def between(
        self, start_ns: int, end_ns: int, offset: int, limit: int, *, max_depth: int | None = None, min_ns: int = 0
    ) -> Window:
        """Spans under way in `start_ns` <= time < `end_ns`, in drawing order, down to a depth, of at least a length.

        `end_ns` may be 2**64, since a span may begin in the last nanosecond before that.
        """
        begins, ends = self._bounds
        chosen = (begins <= np.uint64(end_ns - 1)) & (ends >= np.uint64(start_ns))
        if max_depth is not None:
            chosen &= self.index.depth <= max_depth
        if min_ns > 0:
            chosen &= self.index.columns.duration_ns >= min_ns
        return self._window(np.flatnonzero(chosen), offset, limit)

    def path(self, ref: str, limit: int) -> SpanPath:
        """The way to a span, at most `limit` ancestors. Raises NotFound for an unknown ref."""
        row = self.row_of(ref)
        above: list[int] = []
        parent = int(self.index.parent[row])
        while parent != NO_ROW and len(above) < limit:
            above.append(parent)
            parent = int(self.index.parent[parent])
        omitted = int(self.index.depth[row]) - len(above)
        ancestors = [self._row(each) for each in reversed(above)]
        return SpanPath(self._row(row), ancestors, omitted, self.newer_span_count)

    def find(self, wanted: SpanFilter, after_ref: str | None, limit: int) -> Hits:
        """Spans that have all that is wanted, those behind `after_ref` in drawing order."""
        rows = np.flatnonzero(self._matches(wanted))
        begin = 0 if after_ref is None else int(np.searchsorted(rows, self.row_of(after_ref), "right"))
        page = rows[begin : begin + limit]
        return Hits(len(rows), self._rows(page), begin + len(page) >= len(rows), self.newer_span_count)

    def density(self, start_ns: int, end_ns: int, intervals: int) -> Density:
        """How busy the trace is over a range of time; `end_ns` > `start_ns`, and at most 2**64."""
        begins, ends = self._bounds
        chosen = np.flatnonzero((begins <= np.uint64(end_ns - 1)) & (ends >= np.uint64(start_ns)))
        first = _interval(begins[chosen], start_ns, end_ns, intervals)
        last = _interval(ends[chosen], start_ns, end_ns, intervals)
        under_way = np.cumsum(
            np.bincount(first, minlength=intervals + 1) - np.bincount(last + 1, minlength=intervals + 1)
        )
        failed = self.index.columns.status_code[chosen] == STATUS_ERROR
        failed &= ends[chosen] <= np.uint64(end_ns - 1)
        errors = np.bincount(last[failed], minlength=intervals)
        spans = under_way[:intervals].tolist()
        return Density(start_ns, end_ns, spans, errors[:intervals].tolist(), self.newer_span_count)

    def row_of(self, ref: str) -> int:
        """The row of a ref. Raises BadQuery for what is none, NotFound when the trace has no such span."""
        span_id, twin = parse_ref(ref)
        number = np.uint64(int.from_bytes(span_id, "big"))
        for row in np.flatnonzero(self.index.columns.span_id == number).tolist():
            if self._twin_number(row) == twin:
                return int(row)
        raise NotFound(f"no span {ref} is in this trace; it may be late, or its id mistyped")

    def starts_of(self, span_id: bytes) -> list[int]:
        """When the spans with this id start (Unix ns)."""
        has_id = self.index.columns.span_id == np.uint64(int.from_bytes(span_id, "big"))
        starts: list[int] = self.index.columns.start_time_unix_nano[has_id].tolist()
        return starts

    @cached_property
    def start_ns(self) -> int:
        """The first moment of the trace (Unix ns); a span without a start doesn't count."""
        begins = self._bounds[0]
        return int(begins.min())

    @cached_property
    def end_ns(self) -> int:
        """The last moment of the trace (Unix ns)."""
        return int(self._bounds[1].max())

    @property
    def _bounds(self) -> tuple[UInt64s, UInt64s]:
        """The first and last moment of each span, where a span that ends before it starts ends when it starts.

        A start of 0 was not set: that of the trace counts.
        """
        columns = self.index.columns
        start = columns.start_time_unix_nano
        sent_end = start + columns.duration_ns.view(np.uint64)  # modulo 2**64: the end as it was sent
        if not start.all():
            start = _filled(start, sent_end)
        # As in the summaries of traces: an end that would be beyond 2**64 is one before the start.
        return start, np.where(columns.duration_ns > 0, np.maximum(start, sent_end), start)

    def _services(self) -> list[ServiceCount]:
        columns = self.index.columns
        spans = np.bincount(columns.service, minlength=len(columns.services))
        failed = columns.service[columns.status_code == STATUS_ERROR]
        errors = np.bincount(failed, minlength=len(columns.services))
        return [
            ServiceCount(_text(name), int(count), int(failures))
            for name, count, failures in zip(columns.services, spans, errors, strict=True)
            if count
        ]

    def _matches(self, wanted: SpanFilter) -> Mask:
        columns = self.index.columns
        matches = np.ones(len(columns), bool)
        if wanted.text is not None:
            matches &= self._has_text(wanted.text)
        if wanted.service is not None:
            matches &= np.array([_text(name) == wanted.service for name in columns.services], bool)[columns.service]
        if wanted.error_only:
            matches &= columns.status_code == STATUS_ERROR
        if wanted.ids is not None:
            matches &= np.isin(columns.span_id, wanted.ids)
        return matches

    def _has_text(self, text: str) -> Mask:
        """Part of service or name, in upper or lower case; or the whole span id."""
        columns = self.index.columns
        folded = text.casefold()
        in_service = np.array([folded in _text(service).casefold() for service in columns.services], bool)
        in_name = np.array([folded in _text(name).casefold() for name in columns.names], bool)
        matches: Mask = in_service[columns.service] | in_name[columns.name]
        if len(folded) == 16 and all(digit in "0123456789abcdef" for digit in folded):
            matches |= columns.span_id == np.uint64(int(folded, 16))
        return matches

    def _window(self, rows: Rows, offset: int, limit: int) -> Window:
        return Window(len(rows), offset, self._rows(rows[offset : offset + limit]), self.newer_span_count)

    def _rows(self, rows: Rows) -> list[WindowRow]:
        return [self._row(row) for row in rows.tolist()]

    def _row(self, row: int) -> WindowRow:
        index, columns = self.index, self.index.columns
        parent_id, parent, end = int(columns.parent_span_id[row]), int(index.parent[row]), int(index.end[row])
        return WindowRow(
            ref=self._ref(row),
            span_id=f"{columns.span_id[row]:016x}",
            parent_span_id=f"{parent_id:016x}" if parent_id else "",
            parent_ref=None if parent == NO_ROW else self._ref(parent),
            service=_text(columns.services[columns.service[row]]),
            name=_text(columns.names[columns.name[row]]),
            kind=_kind_name(int(columns.kind[row])),
            start_time_unix_nano=int(columns.start_time_unix_nano[row]),
            duration_ns=int(columns.duration_ns[row]),
            status=STATUSES[columns.status_code[row]],
            place=PLACES[index.place[row]],
            depth=int(index.depth[row]),
            position=int(index.sibling[row]),
            child_count=int(index.child_count[row]),
            descendant_count=end - row - 1,
            errors_below=int(index.errors_before[end] - index.errors_before[row + 1]),
        )

    def _ref(self, row: int) -> str:
        return write_ref(int(self.index.columns.span_id[row]), self._twin_number(row))

    def _twin_number(self, row: int) -> int:
        place = int(np.searchsorted(self.index.twin_rows, row))
        if place == len(self.index.twin_rows) or self.index.twin_rows[place] != row:
            return 0
        return int(self.index.twin_numbers[place])


def _filled(start: UInt64s, end: UInt64s) -> UInt64s:
    """Starts that were not set, replaced by the first one that was, or else the first end."""
    set_moments = [moments[moments != 0] for moments in (start, end)]
    first = next((moments.min() for moments in set_moments if len(moments)), np.uint64(0))
    return np.where(start == 0, first, start)


def _interval(moments: UInt64s, start_ns: int, end_ns: int, intervals: int) -> Rows:
    """In which interval each moment lies; those outside in the first or last."""
    offsets = np.maximum(moments, np.uint64(start_ns)) - np.uint64(start_ns)
    places = (offsets.astype(np.float64) * (intervals / (end_ns - start_ns))).astype(np.int64)
    return np.minimum(places, intervals - 1)


def _text(stored: bytes) -> str:
    return stored.decode()


def _kind_name(kind: int) -> str:
    return SPAN_KINDS[kind] if 0 <= kind < len(SPAN_KINDS) else str(kind)
