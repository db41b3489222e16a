"""A trace as lines of text: the tree on the left, each span's duration, and its bar on the time axis."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status, TracesData
from rich.cells import cell_len, set_cell_size
from rich.text import Text

from clew.model.duration import format_duration
from clew.model.moment import format_moment
from clew.terminal.screen import plain
from clew.terminal.span_name import shorten_name
from clew.terminal.span_tree import CYCLE, ORPHAN, SpanRow, arrange_spans, time_range_ns

MIN_WIDTH = 60
SPACIOUS_WIDTH = 120
MAX_EVENTS = 8
_DURATION_WIDTH = 9
_GAP = 2
_SHORTEST_NAME = 8
_PLACE_NOTES = {ORPHAN: " (parent missing)", CYCLE: " (parents go round)"}
_SERVICE_COLOURS = ("cyan", "green", "yellow", "blue", "magenta", "bright_cyan", "bright_green", "bright_blue")


@dataclass(frozen=True, slots=True)
class _Layout:
    """Column widths, the time axis (Unix ns), and the characters that the terminal can show."""

    label_width: int
    bar_width: int
    start_ns: int
    duration_ns: int
    unicode: bool


def draw_trace(trace: TracesData, width: int, unicode: bool = True) -> Iterator[Text]:
    """The lines of a trace, none wider than `width` columns (at least MIN_WIDTH).

    Colours repeat what the text says, so nothing is lost without them: errors carry `!`.
    """
    rows = arrange_spans(trace)
    start_ns, end_ns = time_range_ns(row.span for row in rows)
    width = max(width, MIN_WIDTH)
    label_width = min(80, max(32, width * 45 // 100))
    bar_width = width - label_width - _DURATION_WIDTH - 2 * _GAP
    layout = _Layout(label_width, bar_width, start_ns, end_ns - start_ns, unicode)
    yield from _heading(rows, layout, width)
    guides: list[bool] = []
    services: list[str] = []
    for row, below in zip_longest(rows, rows[1:]):
        del guides[row.depth :], services[row.depth :]
        # In a narrow column the name matters more than the service that the line above already has.
        is_repeated = width < SPACIOUS_WIDTH and services[-1:] == [row.service]
        guides.append(row.is_last)
        services.append(row.service)
        yield _span_line(row, "" if is_repeated else plain(row.service) or "(no service)", guides, layout)
        has_children = below is not None and below.depth > row.depth
        yield from _details(row.span, _continued_tree(guides, has_children, layout), width)


def _heading(rows: list[SpanRow], layout: _Layout, width: int) -> Iterator[Text]:
    if not rows:
        yield Text("a trace without spans")
        return
    errors = sum(is_error(row.span) for row in rows)
    services = len({row.service for row in rows})
    counts = f"{_count(len(rows), 'span')}, {_count(services, 'service')}, {_count(errors, 'error')}"
    moment = format_moment(layout.start_ns)
    yield Text(f"trace {rows[0].span.trace_id.hex()}", style="bold")
    yield Text(_cut(f"{moment}  {format_duration(layout.duration_ns)}  {counts}", width))
    axis = format_duration(layout.duration_ns)
    gap = " " * (layout.label_width + _DURATION_WIDTH + 2 * _GAP)
    yield Text(f"{gap}0{axis.rjust(layout.bar_width - 1)}", style="dim")


def _span_line(row: SpanRow, service: str, guides: list[bool], layout: _Layout) -> Text:
    colour = _SERVICE_COLOURS[zlib.crc32(row.service.encode()) % len(_SERVICE_COLOURS)]
    failed = is_error(row.span)
    tree = _tree_text(guides, layout)
    mark = "! " if failed else ""
    ellipsis, place = "…" if layout.unicode else "...", _PLACE_NOTES.get(row.place, "")
    shown_service = f"{shorten_name(service, layout.label_width // 3, ellipsis)} " if service else ""
    room = layout.label_width - cell_len(f"{tree}{mark}{shown_service}{place}")
    name = shorten_name(plain(row.span.name) or "(no name)", max(room, _SHORTEST_NAME), ellipsis)
    label = Text(tree, style="dim")
    label.append(mark, style="bold red")
    label.append(shown_service, style=colour)
    label.append(f"{name}{place}", style="red" if failed else "")
    label.truncate(layout.label_width, overflow="ellipsis" if layout.unicode else "crop", pad=True)
    duration = format_duration(row.span.end_time_unix_nano - row.span.start_time_unix_nano)
    label.append(" " * _GAP + duration.rjust(_DURATION_WIDTH) + " " * _GAP)
    label.append(_bar(row.span, layout).rstrip(), style="red" if failed else colour)
    return label


def _tree_text(guides: list[bool], layout: _Layout) -> str:
    if _is_too_deep(guides, layout):
        return f"{'…' if layout.unicode else '...'}{len(guides) - 1} "
    line, tee, corner = ("│ ", "├ ", "└ ") if layout.unicode else ("| ", "|-", "`-")
    parts = ["  " if is_last else line for is_last in guides[1:-1]]
    return "".join(parts) + ((corner if guides[-1] else tee) if len(guides) > 1 else "")


def _continued_tree(guides: list[bool], has_children: bool, layout: _Layout) -> str:
    """What stands before the lines that belong to a span: the lines of the tree go on past them."""
    if _is_too_deep(guides, layout):
        return " " * (layout.label_width // 2 + 4)
    line = "│ " if layout.unicode else "| "
    return "".join("  " if is_last else line for is_last in guides[1:]) + (line if has_children else "  ")


def _is_too_deep(guides: list[bool], layout: _Layout) -> bool:
    # A tree deeper than half of its column shows the depth as a number, or no name would be left to read.
    return 2 * (len(guides) - 1) > layout.label_width // 2


def _bar(span: Span, layout: _Layout) -> str:
    scale = layout.bar_width / max(1, layout.duration_ns)
    first = min(int((span.start_time_unix_nano - layout.start_ns) * scale), layout.bar_width - 1)
    length = max(0, round((span.end_time_unix_nano - span.start_time_unix_nano) * scale))
    length = min(length, layout.bar_width - first)
    full, thin = ("█", "▏") if layout.unicode else ("=", "|")
    return " " * first + (full * length if length else thin)


def _details(span: Span, tree: str, width: int) -> Iterator[Text]:
    for text, style in _detail_texts(span):
        line = Text(tree, style="dim")
        line.append(_cut(text, width - cell_len(tree)), style=style)
        yield line


def _detail_texts(span: Span) -> Iterator[tuple[str, str]]:
    """What is said below a span, and its style."""
    if is_error(span) and span.status.message:
        yield f"error: {plain(span.status.message)}", "red"
    for event in span.events[:MAX_EVENTS]:
        offset = format_duration(event.time_unix_nano - span.start_time_unix_nano)
        yield f"+{offset} {_event_text(event)}", "red" if event.name == "exception" else "dim"
    if len(span.events) > MAX_EVENTS:
        yield _count(len(span.events) - MAX_EVENTS, "more event"), "dim"


def _event_text(event: Span.Event) -> str:
    attributes = {attribute.key: attribute.value.string_value for attribute in event.attributes}
    parts = [attributes.get("exception.type", ""), attributes.get("exception.message", "")]
    described = ": ".join(part for part in parts if part)
    return plain(f"{event.name} {described}".strip())


def is_error(span: Span) -> bool:
    """Whether the span's status says so."""
    return span.status.code == Status.STATUS_CODE_ERROR


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _cut(text: str, width: int) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, width)
