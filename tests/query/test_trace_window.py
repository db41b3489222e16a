from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.errors import BadQuery, NotFound
from clew.query.trace_index import build_index
from clew.query.trace_window import SpanFilter, TraceWindows, WindowRow
from tests.query.slow_tree import NAMES, SERVICES, SlowNode, SlowSpan, columns_of, slow_spans, slow_tree


def _windows(*spans: SlowSpan) -> TraceWindows:
    return TraceWindows(build_index(columns_of(spans)))


def _ref(node: SlowNode) -> str:
    return f"{node.span.span_id:016x}" + (f"~{node.twin}" if node.twin else "")


def _timed(spans: list[SlowSpan]) -> list[SlowSpan]:
    """The spans with moments that are all set, and close together."""
    return [replace(span, start_ns=4 + span.start_ns % 7) for span in spans]


def _extent(span: SlowSpan) -> tuple[int, int]:
    """Its first and last moment; one that ends before it starts lasts for no time."""
    return span.start_ns, span.start_ns + max(span.duration_ns, 0)


def _refs(rows: list[WindowRow]) -> list[str]:
    return [row.ref for row in rows]


@settings(max_examples=150, deadline=None)
@given(slow_spans())
def test_walking_the_children_visits_every_span_once(spans: list[SlowSpan]) -> None:
    """From the top down, page by page, every row is where the slow tree has it, with its own figures."""
    windows, nodes = _windows(*spans), slow_tree(spans)
    by_ref = {_ref(node): node for node in nodes}
    assert len(by_ref) == len(spans)
    waiting: list[str | None] = [None]
    seen = []
    while waiting:
        parent = waiting.pop()
        total = windows.children(parent, 0, 1).total
        rows = [row for offset in range(0, total, 2) for row in windows.children(parent, offset, 2).rows]
        expected = by_ref[parent].children if parent else [node for node in nodes if node.parent is None]
        assert _refs(rows) == [_ref(node) for node in expected]
        assert [row.position for row in rows] == list(range(total))
        seen += _refs(rows)
        waiting += _refs(rows)
        for row in rows:
            node = by_ref[row.ref]
            assert (row.depth, row.place, row.child_count) == (len(node.ancestors()), node.place, len(node.children))
            assert row.descendant_count == len(node.below())
            assert row.errors_below == sum(each.span.status == 2 for each in node.below())
            assert row.parent_ref == (None if node.parent is None else _ref(node.parent))
            path = windows.path(row.ref, 100)
            assert _refs(path.ancestors) == [_ref(each) for each in reversed(node.ancestors())]
    assert sorted(seen) == sorted(by_ref)


@settings(max_examples=150, deadline=None)
@given(slow_spans(), st.data())
def test_a_range_of_time_holds_the_spans_under_way(spans: list[SlowSpan], data: st.DataObject) -> None:
    """Those that begin before its end and end at its start or later, down to a depth, of a length, in drawing order."""
    spans = _timed(spans)
    start = data.draw(st.integers(0, 12))
    end = data.draw(st.integers(start + 1, 20))
    depth, length = data.draw(st.none() | st.integers(0, 3)), data.draw(st.integers(0, 4))

    def is_wanted(node: SlowNode) -> bool:
        first, last = _extent(node.span)
        is_long = not length or node.span.duration_ns >= length
        return first < end and last >= start and len(node.ancestors()) <= (depth or 99 * (depth is None)) and is_long

    expected = [_ref(node) for node in slow_tree(spans) if is_wanted(node)]
    found = _windows(*spans).between(start, end, 1, 5, max_depth=depth, min_ns=length)
    assert found.total == len(expected)
    assert _refs(found.rows) == expected[1:6]


@settings(max_examples=150, deadline=None)
@given(slow_spans(), st.data())
def test_hits_are_complete_over_all_pages(spans: list[SlowSpan], data: st.DataObject) -> None:
    """All filters on one span; pages follow each other in drawing order without a gap."""
    text = data.draw(st.sampled_from([None, "e", "GET", "CHARGE", "orders", "nothing", f"{3:016X}"]))
    service = data.draw(st.sampled_from([None, "web", "we"]))
    error_only = data.draw(st.booleans())
    ids = data.draw(st.none() | st.lists(st.integers(1, 14), max_size=4))

    def is_wanted(span: SlowSpan) -> bool:
        service_name, name = SERVICES[span.service].decode(), NAMES[span.name].decode()
        return (
            (
                text is None
                or text.lower() in service_name
                or text.lower() in name.lower()
                or text == f"{span.span_id:016X}"
            )
            and service in (None, service_name)
            and (not error_only or span.status == 2)
            and (ids is None or span.span_id in ids)
        )

    expected = [_ref(node) for node in slow_tree(spans) if is_wanted(node.span)]
    windows = _windows(*spans)
    wanted = SpanFilter(text, service, error_only, None if ids is None else np.array(ids, np.uint64))
    found: list[str] = []
    while True:
        hits = windows.find(wanted, found[-1] if found else None, 3)
        assert hits.total == len(expected)
        found += _refs(hits.rows)
        if hits.is_last:
            break
        assert len(hits.rows) == 3
    assert found == expected


@settings(max_examples=100, deadline=None)
@given(slow_spans(), st.integers(1, 7))
def test_density_counts_spans_under_way(spans: list[SlowSpan], intervals: int) -> None:
    """Each interval has the spans that begin before its end and end at its start or later."""
    spans = _timed(spans)
    start, end = 1, 1 + 4 * intervals
    density = _windows(*spans).density(start, end, intervals)
    for number in range(intervals):
        first, after = start + 4 * number, start + 4 * number + 4
        moments = [_extent(span) for span in spans]
        assert density.spans[number] == sum(begin < after and last >= first for begin, last in moments)
        failed = [_extent(span) for span in spans if span.status == 2]
        assert density.errors[number] == sum(first <= last < after for _, last in failed)


def test_facts_of_a_trace() -> None:
    """Times from the first start to the last end, counts of every kind of place, services that are there."""
    windows = _windows(
        SlowSpan(1, 0, 100, 50, service=2),
        SlowSpan(2, 1, 90, 20, service=2, status=2),
        SlowSpan(3, 9, 110, 70),
        SlowSpan(4, 5, 120, 1),
        SlowSpan(5, 4, 121, 1),
        SlowSpan(2, 1, 95, 1),
    )
    facts = windows.facts()
    assert (facts.start_time_unix_nano, facts.duration_ns) == (90, 90)
    assert (facts.span_count, facts.error_count, facts.depth) == (6, 1, 2)
    assert (facts.root_count, facts.orphan_count, facts.cycle_count, facts.repeated_id_count) == (1, 1, 1, 2)
    assert [(s.name, s.span_count, s.error_count) for s in facts.services] == [("cart", 4, 0), ("web", 2, 1)]
    assert facts.first.ref == f"{1:016x}"


def test_moments_that_were_not_set_stretch_nothing() -> None:
    """A start of 0 counts as the start of the trace, an end of 0 as the span's own start."""
    windows = _windows(SlowSpan(1, 0, 1000, 50), SlowSpan(2, 1, 0, 1020), SlowSpan(3, 1, 1030, -1030))
    assert (windows.start_ns, windows.end_ns) == (1000, 1050)
    assert windows.between(1000, 1001, 0, 9).total == 2
    assert windows.between(1030, 1031, 0, 9).total == 2
    assert _windows(SlowSpan(1, 0, 0, 0)).end_ns == 0


LAST_NS = 2**64 - 1
IN_2024_NS = 1_704_067_200_000_000_000


@pytest.mark.parametrize(
    ("moments", "start_ns", "end_ns"),
    [
        ([(IN_2024_NS, 5)], IN_2024_NS, IN_2024_NS),
        ([(IN_2024_NS, IN_2024_NS + 1000), (IN_2024_NS + 10, 5)], IN_2024_NS, IN_2024_NS + 1000),
        ([(5, LAST_NS)], 5, 5),
        ([(LAST_NS - 10, 5)], LAST_NS - 10, LAST_NS - 10),
        ([(LAST_NS - 100, LAST_NS - 50)], LAST_NS - 100, LAST_NS - 50),
        ([(LAST_NS, LAST_NS)], LAST_NS, LAST_NS),
        ([(2**63 + 10, 5)], 2**63 + 10, 2**63 + 10),
        ([(0, IN_2024_NS)], IN_2024_NS, IN_2024_NS),
        ([(IN_2024_NS, 0)], IN_2024_NS, IN_2024_NS),
        ([(0, 0)], 0, 0),
    ],
)
def test_no_clock_stretches_a_trace(moments: list[tuple[int, int]], start_ns: int, end_ns: int) -> None:
    """An end before the start counts as the start, also at the ends of time; a window of the whole has all spans."""
    spans = [
        SlowSpan(number, 0, start, (end - start + 2**63) % 2**64 - 2**63)
        for number, (start, end) in enumerate(moments, 1)
    ]
    windows = _windows(*spans)
    assert (windows.start_ns, windows.end_ns) == (start_ns, end_ns)
    assert windows.facts().duration_ns == end_ns - start_ns
    assert windows.between(start_ns, end_ns + 1, 0, 9).total == len(spans)
    assert windows.density(start_ns, end_ns + 1, 1).spans == [len(spans)]


def test_the_longest_trace_lasts_for_292_years() -> None:
    """More doesn't fit into the number, and is the same in the list of traces."""
    assert _windows(SlowSpan(1, 0, 5), SlowSpan(2, 0, LAST_NS, 0)).facts().duration_ns == 2**63 - 1


def test_a_row_says_what_was_sent() -> None:
    """Kinds and states by name, a kind without a name as its number, times to the nanosecond."""
    windows = _windows(
        SlowSpan(1, 7, 2**63 + 1, -5, kind=4, status=1, name=2), SlowSpan(2, 1, 2**63 + 9, kind=-2, status=2)
    )
    first, second = windows.between(0, 2**64 - 1, 0, 9).rows
    assert (first.kind, first.status, first.name, first.service) == ("producer", "ok", "charge", "cart")
    assert (first.start_time_unix_nano, first.duration_ns) == (2**63 + 1, -5)
    assert (first.parent_span_id, first.parent_ref, first.place) == (f"{7:016x}", None, "orphan")
    assert (second.kind, second.status, second.parent_ref) == ("-2", "error", first.ref)


def test_starts_of_a_span_are_those_of_all_its_twins() -> None:
    """Each span with the id, and none for an unknown one."""
    windows = _windows(SlowSpan(1, 0, 9), SlowSpan(2, 1, 5), SlowSpan(1, 2, 2**63))
    assert sorted(windows.starts_of((1).to_bytes(8, "big"))) == [9, 2**63]
    assert windows.starts_of(b"nobody!!") == []


def test_the_way_to_a_deep_span_may_be_shortened() -> None:
    """Of more ancestors than wanted the nearest are told, and how many are left out."""
    windows = _windows(*(SlowSpan(number, number - 1, number) for number in range(1, 11)))
    path = windows.path(f"{10:016x}", 3)
    assert _refs(path.ancestors) == [f"{number:016x}" for number in (7, 8, 9)]
    assert path.omitted == 6


def test_unknown_refs_are_refused() -> None:
    """What is no ref is the asker's fault; a span that isn't there isn't found."""
    windows = _windows(SlowSpan(1))
    with pytest.raises(BadQuery):
        windows.children("xyz", 0, 1)
    for ref in (f"{2:016x}", f"{1:016x}~1"):
        with pytest.raises(NotFound, match="no span"):
            windows.path(ref, 1)
