import msgspec

from clew.api.window_contract import found_spans, path_to_span, trace_density, trace_overview, tree_window
from clew.query.trace_index import build_index
from clew.query.trace_window import SpanFilter, TraceWindows
from tests.query.slow_tree import SlowSpan, columns_of

BEYOND_DOUBLE = 2**63 + 1


def _windows(newer_span_count: int = 0) -> TraceWindows:
    spans = [SlowSpan(1, 0, BEYOND_DOUBLE, 9), SlowSpan(2, 1, BEYOND_DOUBLE + 1, 3)]
    return TraceWindows(build_index(columns_of(spans)), newer_span_count)


def test_every_moment_is_text() -> None:
    """Nanoseconds since 1970 that a double would round are strings in each answer; durations are numbers."""
    windows = _windows()
    bodies = [
        trace_overview(windows.facts()),
        tree_window(windows.children(None, 0, 9)),
        path_to_span(windows.path(f"{2:016x}", 9)),
        found_spans(windows.find(SpanFilter(), None, 9)),
        trace_density(windows.density(BEYOND_DOUBLE, BEYOND_DOUBLE + 9, 3)),
    ]
    for body in bodies:
        text = msgspec.json.encode(body).decode()
        assert f'"{BEYOND_DOUBLE}"' in text
        assert f":{BEYOND_DOUBLE}" not in text


def test_every_answer_says_how_many_spans_it_lacks() -> None:
    """The number that the windows have is in each body."""
    windows = _windows(newer_span_count=17)
    bodies = [
        trace_overview(windows.facts()),
        tree_window(windows.children(None, 0, 9)),
        path_to_span(windows.path(f"{2:016x}", 9)),
        found_spans(windows.find(SpanFilter(), None, 9)),
        trace_density(windows.density(BEYOND_DOUBLE, BEYOND_DOUBLE + 9, 3)),
    ]
    assert [body.newer_span_count for body in bodies] == [17] * 5  # type: ignore[attr-defined]  # of different types


def test_the_last_page_has_no_cursor() -> None:
    """A page that is not the last one leads on from its last row."""
    windows = _windows()
    assert found_spans(windows.find(SpanFilter(), None, 1)).next_cursor == f"{1:016x}"
    assert found_spans(windows.find(SpanFilter(), f"{1:016x}", 1)).next_cursor is None
    assert found_spans(windows.find(SpanFilter("nothing"), None, 1)).next_cursor is None
