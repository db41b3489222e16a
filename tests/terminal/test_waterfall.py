import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status, TracesData
from rich.cells import cell_len

from clew.terminal.waterfall import draw_trace
from tests.api.memory_reader import MemoryReader, make_span, make_trace


def drawn(trace: TracesData, width: int = 100, unicode: bool = True) -> list[str]:
    """The lines as plain text."""
    return [line.plain for line in draw_trace(trace, width, unicode)]


def test_a_trace_is_drawn_as_tree_durations_and_bars(reader: MemoryReader) -> None:
    """Heading, axis, one line per span, and what went wrong below the span where it did."""
    lines = drawn(reader.held[(1).to_bytes(16, "big")], 80)
    assert lines == [
        "trace 00000000000000000000000000000001",
        "2025-11-21T10:00:00.000Z  40 ms  2 spans, 2 services, 1 error",
        "                                                 0                         40 ms",
        "shop GET /                                40 ms  ███████████████████████████████",
        "└ ! cart GET /cart                        10 ms         ████████",
        "    error: no such cart",
        "    +1 ms exception KeyError: 'cart 7'",
    ]


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("unicode", [True, False])
def test_no_line_is_wider_than_the_terminal(width: int, unicode: bool) -> None:
    """Long names, wide characters, deep trees and long messages all fit."""
    spans = [make_span(f"Straße 世界 🧶 {'x' * 300}", i + 1, i, start_ms=i) for i in range(60)]
    spans[3].status.code = Status.STATUS_CODE_ERROR
    spans[3].status.message = "世" * 300
    lines = drawn(make_trace(1, {"service-" + "y" * 50: spans}), width, unicode)
    assert max(map(cell_len, lines)) <= width
    assert len(lines) == 60 + 4


def test_without_unicode_the_tree_is_ascii(reader: MemoryReader) -> None:
    """A terminal of another encoding gets ASCII for lines and bars."""
    lines = drawn(reader.held[(1).to_bytes(16, "big")], 80, unicode=False)
    assert all(line.isascii() for line in lines[2:])
    assert lines[4].startswith("`-! cart GET /cart")
    assert lines[3].endswith("=" * 31)


def test_a_repeated_service_gives_way_to_the_name_when_narrow() -> None:
    """Below 120 columns, a span of the same service as its parent shows its name only."""
    trace = make_trace(1, {"shop": [make_span("root", 1, length_ms=9), make_span("child", 2, 1)]})
    assert drawn(trace, 80)[4].startswith("└ child ")
    assert drawn(trace, 120)[4].startswith("└ shop child ")


def test_strangers_text_is_no_terminal_code() -> None:
    """Escape codes in names, services, messages and events are shown, not obeyed."""
    span = make_span("a\x1b[2Jb", 1)
    span.status.code = Status.STATUS_CODE_ERROR
    span.status.message = "c\x1b]0;title\x07d\ne"
    span.events.add(name="ev\x1bil")
    lines = drawn(make_trace(1, {"s\x1b[31m": [span]}))
    assert "\x1b" not in "".join(lines)
    assert "\n" not in "".join(lines)


def test_orphans_and_rings_are_named() -> None:
    """What has no proper place in the tree says so."""
    trace = make_trace(1, {"s": [make_span("lost", 1, 99), make_span("ring", 2, 2, start_ms=1)]})
    text = "\n".join(drawn(trace, 200))
    assert "s lost (parent missing)" in text
    assert "s ring (parents go round)" in text


def test_many_events_are_counted_instead() -> None:
    """After eight events the rest is a number."""
    span = make_span("busy", 1)
    span.events.extend(Span.Event(name=f"e{i}", time_unix_nano=span.start_time_unix_nano) for i in range(20))
    lines = drawn(make_trace(1, {"s": [span]}))
    assert sum("+0 ns e" in line for line in lines) == 8
    assert lines[-1].strip() == "12 more events"


def test_odd_times_are_drawn() -> None:
    """Spans without length, ending before they start, or far apart don't break the axis."""
    spans = [make_span("a", 1, length_ms=0), make_span("b", 2, start_ms=5, length_ms=-5)]
    spans.append(Span(span_id=b"12345678", name="c", start_time_unix_nano=2**64 - 1, end_time_unix_nano=0))
    lines = drawn(make_trace(1, {"s": spans}))
    assert [line.split()[1] for line in lines[3:]] == ["a", "b", "c"]
    assert drawn(make_trace(1, {"s": [make_span("only", 1, length_ms=0)]}))[3].endswith("▏")
    assert drawn(TracesData()) == ["a trace without spans"]


def test_a_long_grpc_name_loses_its_package() -> None:
    """Service and method stay readable where the whole name has no room."""
    name = "shop.inventory.v1.InventoryService/Reserve"
    trace = make_trace(
        1, {"checkout": [make_span("POST /orders", 1, length_ms=9)], "inventory": [make_span(name, 2, 1)]}
    )
    assert drawn(trace, 100)[4].startswith("└ inventory InventoryService/Reserve ")
    assert f"└ inventory {name} " in drawn(trace, 200)[4]
    assert "ice/Reserve " in drawn(trace, 60)[4]


@pytest.mark.parametrize(("unicode", "line"), [(True, "│ "), (False, "| ")])
def test_details_keep_the_lines_of_the_tree(unicode: bool, line: str) -> None:
    """The line from a span to its next sibling, and to its first child, goes on past errors and events."""
    failed = make_span("failed", 2, 1, start_ms=1)
    failed.status.code = Status.STATUS_CODE_ERROR
    failed.status.message = "first\nsecond \x1b[31m"
    failed.events.add(name="exception", time_unix_nano=failed.start_time_unix_nano)
    spans = [make_span("root", 1, length_ms=30), failed, make_span("below", 3, 2, 2), make_span("next", 4, 1, 20)]
    lines = drawn(make_trace(1, {"s": spans}), 120, unicode)
    assert lines[5:7] == [f"{line}{line}error: first␤second ␛[31m", f"{line}{line}+0 ns exception"]
    spans[2].parent_span_id = bytes(7) + b"\x04"
    assert drawn(make_trace(1, {"s": spans}), 120, unicode)[5].startswith(f"{line}  error: ")
