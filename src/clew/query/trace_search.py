"""One search: the newest traces that match, complete and in order, without looking at more than it must.

It begins at the newest traces and stops as soon as the page is full. A frequent match is found among the newest few
hundred traces; a rare one at once by the index of attributes; all others in slices of time that grow until the page is
full. A slice is complete before the next one begins, so that the order of what is found is final.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clew.model.trace import TraceSummary
from clew.query.binder import Binder
from clew.query.condition import ALWAYS, NEVER, And, Comparison, Condition, Exists, all_of
from clew.query.partial import Leaf, Parts, is_of_trace, leaves, relaxed, replaced, split
from clew.query.patterns import check_patterns
from clew.query.search import TraceQuery
from clew.query.search_plan import (
    MAX_UINT64,
    MINUTE_NS,
    Bounds,
    bounds_of,
    condition_of,
    operation_of,
    service_alone,
)
from clew.query.slices import Density, minute_slices
from clew.query.span_sql import span_sql
from clew.query.statement import fragment
from clew.query.token_lookup import Found, Test, TokenLookup
from clew.query.trace_sql import trace_sql
from clew.store.engine import Engine

RARE_SPANS = 400
"""So many matching spans can be listed whatever their times are: 400 granules take 20 ms."""
RARE_SHARE, SCARCE_SHARE = 0.001, 0.01
"""Of all spans: an operation below the first may leave whole minutes out, one below the second most of a minute."""
NEWEST_TRACES = (64, 256)
"""How many of the newest traces are looked at before slices of time are: each takes about a granule of 8,192 spans."""
_TRACE_SPANS = 40
"""A guess, to choose where to look first."""
_NEAR_MINUTES = 3
_MOST_MINUTES = 1_000
_FIRST_CHUNK, _LARGEST_CHUNK = 32, 1024

Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class _Start:
    """A trace that may match; `start_ns` is when it begins, or some moment after that."""

    trace_id: bytes
    start_ns: int


@dataclass(frozen=True, slots=True)
class _Match:
    summary: TraceSummary
    end_ns: int
    facts: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class _Frequency:
    """`most_spans` match at most; `share` is about which part of all spans matches, if tests are independent."""

    most_spans: int
    share: float

    def traces_among(self, traces: int) -> float:
        """About how many of so many traces match, at most."""
        return traces * min(1.0, self.share * _TRACE_SPANS)


class TraceSearch:
    """Answers one query; blocks."""

    def __init__(self, engine: Engine, query: TraceQuery, density: Density, condition: Condition | None = None) -> None:
        condition = condition_of(query) if condition is None else condition
        self._engine = engine
        self._condition = condition
        self._tenant = query.tenant
        self._density = density
        self._wanted = query.limit + 1
        self._bounds = bounds_of(query)
        self._parts: Parts = split(condition)
        self._operation = operation_of(condition)
        self._facts: list[Leaf] = [leaf for leaf in dict.fromkeys(leaves(self._parts.mixed)) if is_of_trace(leaf)]
        self._on_spans = all_of((self._parts.of_span, relaxed(self._parts.mixed)))
        self._only_service = service_alone(self._on_spans)
        self._found: Mapping[Test, Found] = {}
        self._last_seen_ns = 0
        self._operation_share = 1.0

    def run(self) -> list[TraceSummary]:
        """At most one trace more than the query's limit: then there is a next page."""
        frequency = self._look_up()
        if frequency is None or NEVER in (self._on_spans, self._parts.of_trace):
            return []
        bounds = self._bounds.until(self._last_seen_ns)
        if frequency.most_spans <= RARE_SPANS and self._on_spans != ALWAYS:
            return self._find_rare(bounds)
        matches: list[TraceSummary] = []
        for found in self._slices(bounds, frequency):
            matches += found
            if len(matches) >= self._wanted:
                break
        return matches[: self._wanted]

    def _look_up(self) -> "_Frequency | None":
        """How many spans may match, from what is known without looking at spans; None when it is clear that none do."""
        if self._bounds.are_empty:
            return None
        filters, binder = self._operation_sql()
        sql = fragment("operation_bounds.sql").replace("/*operation*/", filters)
        ((self._last_seen_ns, spans, all_spans),) = self._read(sql, binder)
        if spans == 0:
            return None
        check_patterns(self._engine, self._condition)
        tests = (*leaves(self._parts.of_span), *leaves(self._parts.mixed))
        self._found = TokenLookup(self._engine, self._tenant).find(tests)
        self._operation_share = spans / all_spans
        counts = [int(spans), *self._counts(self._on_spans)]
        if 0 in counts:
            return None
        return _Frequency(min(counts), math.prod(min(1.0, count / all_spans) for count in counts))

    def _counts(self, condition: Condition) -> Iterator[int]:
        """How often each of the tests that every match must pass is passed by an attribute, where that is known."""
        for test in condition.operands if isinstance(condition, And) else (condition,):
            found = self._found.get(test) if isinstance(test, Comparison | Exists) else None
            if found is None or found.in_resources or found.in_scopes:
                continue
            counts = [None if tokens is None else tokens.count for tokens in (found.on_spans, found.nested)]
            if None not in counts:
                yield sum(count or 0 for count in counts)

    def _slices(self, bounds: Bounds, frequency: "_Frequency") -> Iterator[list[TraceSummary]]:
        """The matches slice by slice, newest first."""
        counts = [max(count, 3 * self._wanted) for count in NEWEST_TRACES]
        for count in counts if frequency.traces_among(max(counts, default=0)) >= self._wanted else []:
            starts, first_ns = self._newest(bounds, count)
            slice_bounds = Bounds(first_ns, bounds.last_ns, bounds.cursor_ns, bounds.cursor_id)
            yield self._matching(starts, slice_bounds)
            if first_ns <= bounds.first_ns:
                return
            bounds = bounds.until(first_ns - 1)
        for first_ns in self._slice_starts(bounds):
            yield self._match_slice(Bounds(first_ns, bounds.last_ns, bounds.cursor_ns, bounds.cursor_id))
            bounds = bounds.until(first_ns - 1)

    def _slice_starts(self, bounds: Bounds) -> Iterator[int]:
        minutes: Sequence[Row] = ()
        if self._operation and self._operation_share < SCARCE_SHARE:
            filters, binder = self._operation_sql()
            sql = fragment("list_operation_minutes.sql").replace("/*operation*/", filters)
            first, last = bounds.first_ns // MINUTE_NS, bounds.last_ns // MINUTE_NS
            minutes = self._read(sql, binder, first_minute=first, last_minute=last)
        return minute_slices(bounds.first_ns, bounds.last_ns, [(int(row[0]), int(row[1])) for row in minutes])

    def _newest(self, bounds: Bounds, count: int) -> tuple[list[_Start], int]:
        """The newest traces, and since when they are all there are."""
        sql = fragment("newest_starts.sql")
        width_ns = self._density.width_ns(count)
        while True:
            first_ns = max(bounds.first_ns, bounds.last_ns - width_ns)
            rows = self._read(sql, Binder(), first=first_ns, last=bounds.last_ns, limit=count + 1)
            kept = [row for row in rows if len(rows) <= count or row[1] > rows[-1][1]]
            if len(rows) > count:
                self._density.saw(count, bounds.last_ns - rows[-1][1])
                # Of those that begin together with the first one left out, some may be left out, too.
                if kept:
                    return _distinct(kept), rows[-1][1] + 1
                count *= 4
            elif len(rows) >= count // 4 or first_ns == bounds.first_ns:
                self._density.saw(len(rows), width_ns)
                return _distinct(rows), first_ns
            width_ns *= 16

    def _matching(self, starts: list[_Start], bounds: Bounds) -> list[TraceSummary]:
        """Those of the traces that match, as many as are wanted; `starts` are all that begin within the bounds."""
        if self._on_spans != ALWAYS and self._only_service is None and starts:
            passing = self._pass_condition(starts, bounds)
            starts = [start for start in starts if start.trace_id in passing]
        return self._verified(starts, bounds)

    def _pass_condition(self, starts: list[_Start], bounds: Bounds) -> set[bytes]:
        first_minute, last_minute = bounds.first_ns // MINUTE_NS, self._last_seen_ns // MINUTE_NS
        ids = [start.trace_id for start in starts]
        if last_minute - first_minute >= _NEAR_MINUTES:
            return self._match_by_minute(self._on_spans, self._extents(ids))
        binder = Binder()
        sql = fragment("match_traces.sql").replace("/*condition*/", span_sql(self._on_spans, self._found, binder))
        rows = self._read(sql, binder, first_span=bounds.first_ns, last_span=self._last_seen_ns, trace_ids=_hex(ids))
        return {row[0] for row in rows}

    def _extents(self, ids: list[bytes]) -> list[Row]:
        return list(self._read(fragment("list_extents.sql"), Binder(), trace_ids=_hex(ids)))

    def _match_by_minute(self, condition: Condition, extents: Sequence[Row]) -> set[bytes]:
        """The ids of the traces of which a span passes the condition; `extents` are id, start and end."""
        minutes: list[int] = []
        minute_ids: list[bytes] = []
        long_ids: list[bytes] = []
        for trace_id, start_ns, end_ns in extents:
            first, last = start_ns // MINUTE_NS, end_ns // MINUTE_NS
            if not 0 <= last - first < _MOST_MINUTES:
                long_ids.append(trace_id)
                continue
            minutes += range(first, last + 1)
            minute_ids += [trace_id] * (last + 1 - first)
        binder = Binder()
        sql = fragment("match_traces_by_minute.sql")
        sql = sql.replace("/*condition*/", span_sql(condition, self._found, binder))
        ids = {"minute_trace_ids": _hex(minute_ids), "long_trace_ids": _hex(long_ids)}
        return {row[0] for row in self._read(sql, binder, minutes=minutes, **ids)}

    def _match_slice(self, bounds: Bounds) -> list[TraceSummary]:
        """The matches that begin within the bounds, as many as are wanted."""
        is_by_start = self._parts.of_trace == ALWAYS and not self._facts
        found: list[TraceSummary] = []
        after = _Start(b"\0" * 16, bounds.last_ns + 1) if bounds.last_ns < 2**64 - 1 else None
        sql, binder = self._slice_sql(bounds, "starts_in_slice.sql" if is_by_start else "traces_in_slice.sql")
        limit = self._wanted + _FIRST_CHUNK
        while True:
            behind = after or _Start(b"\0" * 16, 2**64 - 1)
            rows = self._read(
                sql, binder, first=bounds.first_ns, last=bounds.last_ns, after_start=behind.start_ns,
                after_id=behind.trace_id.hex(), limit=limit,
            )  # fmt: skip  # one item a line would say no more
            starts = [_Start(row[0], row[1]) for row in rows]
            found = _ordered([*found, *self._verified(starts, bounds)])
            if len(rows) < limit or _is_full(found, self._wanted, starts[-1]):
                return found
            after, limit = starts[-1], min(4 * limit, _LARGEST_CHUNK)

    def _slice_sql(self, bounds: Bounds, name: str) -> tuple[str, Binder]:
        binder = Binder()
        spans = "1" if self._on_spans == ALWAYS else self._span_slice_sql(bounds, binder)
        sql = fragment(name).replace("/*spans*/", spans)
        return sql.replace("/*condition*/", trace_sql(self._parts.of_trace, binder)), binder

    def _span_slice_sql(self, bounds: Bounds, binder: Binder) -> str:
        # Most spans of a trace begin within the minute after it; for others one has to ask which traces last so long.
        last_span_ns = min(bounds.last_ns + MINUTE_NS, MAX_UINT64)
        is_whole = last_span_ns >= self._last_seen_ns
        binder.parameters |= {"first_span": bounds.first_ns, "last_span": last_span_ns}
        sql = fragment("has_span_in_slice.sql").replace("/*minutes*/", self._minutes_sql(binder))
        sql = sql.replace("/*late*/", "" if is_whole else fragment("or_late_span.sql"))
        return sql.replace("/*condition*/", span_sql(self._on_spans, self._found, binder))

    def _minutes_sql(self, binder: Binder) -> str:
        """Leaves out minutes without the operation; worth the look at every span's time only where that is most."""
        if not self._operation or self._operation_share > RARE_SHARE:
            return "1"
        return fragment("minutes_of_operation.sql").replace("/*operation*/", self._operation_sql(binder)[0])

    def _find_rare(self, bounds: Bounds) -> list[TraceSummary]:
        """All matching spans are listed; true starts are looked up while a trace may be among the newest."""
        binder = Binder()
        sql = fragment("list_matches.sql").replace("/*minutes*/", self._minutes_sql(binder))
        sql = sql.replace("/*condition*/", span_sql(self._on_spans, self._found, binder))
        rows = self._read(sql, binder, first_span=bounds.first_ns)
        starts = [_Start(row[0], row[1]) for row in rows if row[1] >= bounds.first_ns]
        found: list[TraceSummary] = []
        size = self._wanted + _FIRST_CHUNK
        while starts:
            chunk, starts = starts[:size], starts[size:]
            found = _ordered([*found, *self._verified(chunk, bounds, wanted=len(chunk))])[: self._wanted]
            if len(found) == self._wanted and (not starts or found[-1].start_time_unix_nano > starts[0].start_ns):
                break
            size = min(4 * size, _LARGEST_CHUNK)
        return found

    def _verified(self, starts: list[_Start], bounds: Bounds, wanted: int = 0) -> list[TraceSummary]:
        """Summaries of the traces that do begin within the bounds and match as a whole, newest first; as soon as those
        that are wanted are among them, no more are looked at.

        A trace may begin earlier by now than when it was listed, if a span came meanwhile. Then those listed behind it
        may stand before it, and are looked at as well.
        """
        wanted = wanted or self._wanted
        found: list[TraceSummary] = []
        size = wanted + max(2, wanted // 8)  # nearly all pass, and each takes a millisecond
        while starts and not _is_full(found, wanted, starts[0]):
            chunk, starts = starts[:size], starts[size:]
            matches = self._summarise([start.trace_id for start in chunk], bounds)
            found = _ordered([*found, *(match.summary for match in self._passing_mixed(matches))])
        return found

    def _summarise(self, ids: list[bytes], bounds: Bounds) -> list[_Match]:
        binder = Binder()
        facts = ", ".join(trace_sql(fact, binder) for fact in self._facts)
        sql = fragment("summarise_traces.sql").replace("/*facts*/", facts)
        sql = sql.replace("/*condition*/", self._trace_condition_sql(binder))
        rows = self._read(
            sql, binder, trace_ids=_hex(ids), first=bounds.first_ns, last=bounds.last_ns,
            cursor_start=bounds.cursor_ns, cursor_id=bounds.cursor_id,
        )  # fmt: skip  # one item a line would say no more
        return [_Match(_summary(row), row[7], tuple(map(bool, row[8]))) for row in rows]

    def _trace_condition_sql(self, binder: Binder) -> str:
        """What a summary must pass; it knows the services of its spans, so that these needn't be looked at."""
        condition = trace_sql(self._parts.of_trace, binder)
        if self._only_service is None:
            return condition
        return f"{condition} AND has(service_names, {binder.bind(self._only_service, 'String')})"

    def _passing_mixed(self, matches: list[_Match]) -> list[_Match]:
        """Those that match now that all is known of the traces; traces with equal facts are asked about at once."""
        if not self._facts:
            return matches
        kept: list[_Match] = []
        for facts in dict.fromkeys(match.facts for match in matches):
            group = [match for match in matches if match.facts == facts]
            left = all_of((self._parts.of_span, self._with_facts(facts)))
            if left != ALWAYS:
                extents = [
                    (bytes.fromhex(match.summary.trace_id), match.summary.start_time_unix_nano, match.end_ns)
                    for match in group
                ]
                passing = set() if left == NEVER else self._match_by_minute(left, extents)
                group = [match for match in group if bytes.fromhex(match.summary.trace_id) in passing]
            kept += group
        return kept

    def _with_facts(self, facts: tuple[bool, ...]) -> Condition:
        known = dict(zip(self._facts, facts, strict=True))

        def value_of(leaf: Leaf) -> Condition:
            return leaf if leaf not in known else ALWAYS if known[leaf] else NEVER

        return replaced(self._parts.mixed, value_of)

    def _operation_sql(self, binder: Binder | None = None) -> tuple[str, Binder]:
        binder = binder or Binder()
        parts = [f"{column} = {binder.bind(text, 'String')}" for column, text in self._operation.items()]
        return " AND ".join(parts) or "1", binder

    def _read(self, sql: str, binder: Binder, **parameters: Any) -> Sequence[Row]:
        return self._engine.read(sql, {**binder.parameters, **parameters, "tenant": self._tenant})


def _distinct(rows: Sequence[Row]) -> list[_Start]:
    """Each trace once, where it begins first; newest first, then by id."""
    starts: dict[bytes, int] = {}
    for trace_id, start_ns in rows:
        starts[trace_id] = min(start_ns, starts.get(trace_id, start_ns))
    return sorted((_Start(*item) for item in starts.items()), key=lambda start: (-start.start_ns, start.trace_id))


def _is_full(found: list[TraceSummary], wanted: int, following: _Start) -> bool:
    """Whether as many as are wanted come before whatever follows; `found` is in order."""
    if len(found) < wanted:
        return False
    last = found[wanted - 1]
    return (-last.start_time_unix_nano, last.trace_id) <= (-following.start_ns, following.trace_id.hex())


def _hex(ids: Sequence[bytes]) -> list[str]:
    return [trace_id.hex() for trace_id in ids]


def _ordered(summaries: list[TraceSummary]) -> list[TraceSummary]:
    return sorted(summaries, key=lambda summary: (-summary.start_time_unix_nano, summary.trace_id))


def _summary(row: Row) -> TraceSummary:
    trace_id, start, duration, root, spans, errors, services = row[:7]
    return TraceSummary(
        trace_id=trace_id.decode().lower(),
        root_service=root["service"].decode(),
        root_name=root["name"].decode(),
        start_time_unix_nano=start,
        duration_ns=duration,
        span_count=spans,
        error_count=errors,
        services=tuple(service.decode() for service in services),
        root_is_missing=root["has_parent"],
    )
