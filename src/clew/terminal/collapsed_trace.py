"""A trace too large to be drawn whole: its top, the first children there, and how much is below each."""

from collections.abc import Iterator
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from clew.model.duration import format_duration
from clew.model.moment import format_moment
from clew.terminal.connection import REST, Connection
from clew.terminal.screen import plain

TOP_ROWS = 10
CHILD_ROWS = 30
_DURATION_WIDTH = 9

Row = dict[str, Any]


def draw_collapsed(connection: Connection, trace_id: str, width: int) -> Iterator[Text]:
    """The lines, none wider than `width` columns. Raises what the connection raises."""
    path = f"{REST}/traces/{trace_id}"
    overview = connection.get_json(f"{path}/summary")
    top = connection.get_json(f"{path}/tree", {"limit": TOP_ROWS})
    yield from _heading(trace_id, overview)
    for number, row in enumerate(top["spans"]):
        yield _line(row, 0, width)
        if number == 0 and row["child_count"]:
            below = connection.get_json(f"{path}/tree", {"parent": row["ref"], "limit": CHILD_ROWS})
            yield from (_line(child, 1, width) for child in below["spans"])
            yield from _more(below["total"] - len(below["spans"]), 1)
    yield from _more(top["total"] - len(top["spans"]), 0)


def _heading(trace_id: str, overview: Row) -> Iterator[Text]:
    moment = format_moment(int(overview["start_time_unix_nano"]))
    counts = (
        f"{overview['span_count']:,} spans, {len(overview['services']):,} services, {overview['error_count']:,} errors"
    )
    yield Text(f"trace {trace_id}", style="bold")
    yield Text(f"{moment}  {format_duration(overview['duration_ns'])}  {counts}, {overview['depth']:,} levels")
    if overview["newer_span_count"]:
        yield Text(
            f"{overview['newer_span_count']:,} more spans came just now and are not shown; ask again", style="dim"
        )


def _line(row: Row, depth: int, width: int) -> Text:
    failed = row["status"] == "error"
    line = Text("  " * depth + ("! " if failed else ""), style="red" if failed else "")
    line.append(f"{plain(row['service']) or '(no service)'} {plain(row['name']) or '(no name)'}")
    note = _below(row)
    room = width - _DURATION_WIDTH - 2 - (cell_len(note) + 2 if note else 0)
    if cell_len(line.plain) > room:
        line.truncate(max(room, 0), overflow="ellipsis")
    line.append(" " * (max(room - cell_len(line.plain), 0) + 2))
    line.append(set_cell_size("", max(0, _DURATION_WIDTH - cell_len(format_duration(row["duration_ns"])))))
    line.append(format_duration(row["duration_ns"]))
    if note:
        line.append(f"  {note}", style="dim")
    return line


def _below(row: Row) -> str:
    parts = [f"+{row['descendant_count']:,} below"] if row["descendant_count"] else []
    if row["errors_below"]:
        parts.append(f"{row['errors_below']:,} failed")
    return ", ".join(parts)


def _more(count: int, depth: int) -> Iterator[Text]:
    if count > 0:
        yield Text(f"{'  ' * depth}… and {count:,} more", style="dim")
