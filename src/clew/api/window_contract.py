"""The bodies of the answers about parts of a trace."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from clew.api.contract import DurationNs, UnixNano
from clew.model.moment import MAX_UNIX_NANO
from clew.query.trace_window import Density, Hits, SpanPath, TraceFacts, Window, WindowRow

NewerSpanCount = Annotated[
    int,
    Meta(
        description="Spans of a huge trace that came since it was opened and are in no answer yet; "
        "those that are there now are within about a second"
    ),
]

SpanRef = Annotated[
    str,
    Meta(
        description="The span's id, with `~1`, `~2`, … for the next ones (by start) that have the same id",
        examples=["00f067aa0ba902b7"],
    ),
]


class TreeRow(Struct):
    """A span in a window, with its place in the tree."""

    ref: SpanRef
    span_id: str
    parent_span_id: Annotated[str, Meta(description="As sent; empty when there is none")]
    parent_ref: Annotated[str | None, Meta(description="The row that this one is drawn below; null at the top")]
    service: str
    name: str
    kind: Annotated[str, Meta(description="internal, server, client, producer, consumer, unspecified or a number")]
    start_time_unix_nano: UnixNano
    duration_ns: Annotated[int, Meta(description="Nanoseconds; negative when the span ends before it starts")]
    status: Annotated[str, Meta(description="unset, ok or error")]
    place: Annotated[
        str,
        Meta(description="child, root, orphan (its parent isn't here) or cycle (the first of a circle of parents)"),
    ]
    depth: Annotated[int, Meta(description="0 at the top")]
    position: Annotated[int, Meta(description="The place among its siblings, from 0")]
    child_count: int
    descendant_count: int
    errors_below: Annotated[int, Meta(description="Failed spans among the descendants")]


class TreeWindow(Struct):
    """Rows from `offset` on, of `total`."""

    total: int
    offset: int
    spans: list[TreeRow]
    newer_span_count: NewerSpanCount


class PathToSpan(Struct):
    """A span and its ancestors, the topmost first."""

    span: TreeRow
    ancestors: list[TreeRow]
    omitted_ancestors: Annotated[int, Meta(description="How many levels above the first of `ancestors` there are")]
    newer_span_count: NewerSpanCount


class FoundSpans(Struct):
    """Spans that match, in drawing order."""

    total: Annotated[int, Meta(description="In the whole trace")]
    spans: list[TreeRow]
    next_cursor: Annotated[str | None, Meta(description="Ask again with `cursor=` this for the rest; null at the end")]
    newer_span_count: NewerSpanCount


class TraceDensity(Struct):
    """For each of the intervals of equal length: spans under way in it, and failed spans that end in it."""

    start_time_unix_nano: UnixNano
    end_time_unix_nano: UnixNano
    spans: list[int]
    errors: list[int]
    newer_span_count: NewerSpanCount


class ServiceOfTrace(Struct):
    """A service of the trace."""

    name: str
    span_count: int
    error_count: int


class TraceOverview(Struct):
    """A trace as a whole."""

    start_time_unix_nano: UnixNano
    duration_ns: DurationNs
    span_count: int
    error_count: int
    depth: Annotated[int, Meta(description="Levels of the tree")]
    root_count: Annotated[int, Meta(description="Spans without a parent")]
    orphan_count: Annotated[int, Meta(description="Spans whose parent isn't in the trace (yet)")]
    cycle_count: Annotated[int, Meta(description="Circles of parents")]
    repeated_id_count: Annotated[int, Meta(description="Spans that share their id with others")]
    services: list[ServiceOfTrace]
    first: Annotated[TreeRow, Meta(description="The first root; when there is none, the first row")]
    newer_span_count: NewerSpanCount


def tree_window(window: Window) -> TreeWindow:
    """The answer of `/tree` and `/window`."""
    return TreeWindow(window.total, window.offset, _rows(window.rows), window.newer_span_count)


def path_to_span(path: SpanPath) -> PathToSpan:
    """The answer of `/path/{span}`."""
    return PathToSpan(_row(path.span), _rows(path.ancestors), path.omitted, path.newer_span_count)


def found_spans(hits: Hits) -> FoundSpans:
    """The answer of `/find`."""
    cursor = None if hits.is_last else hits.rows[-1].ref
    return FoundSpans(hits.total, _rows(hits.rows), cursor, hits.newer_span_count)


def trace_density(density: Density) -> TraceDensity:
    """The answer of `/density`."""
    start, end = str(density.start_ns), str(min(density.end_ns, MAX_UNIX_NANO))
    return TraceDensity(start, end, density.spans, density.errors, density.newer_span_count)


def trace_overview(facts: TraceFacts) -> TraceOverview:
    """The answer of `/summary`."""
    return TraceOverview(
        start_time_unix_nano=str(facts.start_time_unix_nano),
        duration_ns=facts.duration_ns,
        span_count=facts.span_count,
        error_count=facts.error_count,
        depth=facts.depth,
        root_count=facts.root_count,
        orphan_count=facts.orphan_count,
        cycle_count=facts.cycle_count,
        repeated_id_count=facts.repeated_id_count,
        services=[ServiceOfTrace(s.name, s.span_count, s.error_count) for s in facts.services],
        first=_row(facts.first),
        newer_span_count=facts.newer_span_count,
    )


def _rows(rows: Sequence[WindowRow]) -> list[TreeRow]:
    return [_row(row) for row in rows]


def _row(row: WindowRow) -> TreeRow:
    return TreeRow(
        ref=row.ref,
        span_id=row.span_id,
        parent_span_id=row.parent_span_id,
        parent_ref=row.parent_ref,
        service=row.service,
        name=row.name,
        kind=row.kind,
        start_time_unix_nano=str(row.start_time_unix_nano),
        duration_ns=row.duration_ns,
        status=row.status,
        place=row.place,
        depth=row.depth,
        position=row.position,
        child_count=row.child_count,
        descendant_count=row.descendant_count,
        errors_below=row.errors_below,
    )
