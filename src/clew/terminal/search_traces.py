"""`clew search`: the traces that filters find, as a table or as JSON."""

import json
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from clew.errors import BadQuery
from clew.model.duration import format_duration, parse_duration_ns
from clew.model.moment import format_moment, parse_moment_ns
from clew.terminal.connection import REST, Connection
from clew.terminal.screen import data_console, note, plain, plain_json
from clew.terminal.span_name import shorten_name

_PAGE_TRACES = 1000
# Below this many columns the date loses its year and its seconds, so that root and trace id fit.
_WIDE = 110
# Started, duration, spans and trace id, each with the gap after it; a long duration or count takes from the root.
_FIXED_COLUMNS = (11 + 2, 8 + 2, 5 + 2, 32 + 2)
_YEAR_AND_SECONDS = 12
_SHORTEST_NAME = 12


@dataclass(frozen=True, slots=True)
class TraceFilters:
    """What search and export filter by, as the person wrote it; empty is no filter."""

    service: str = ""
    operation: str = ""
    attributes: tuple[str, ...] = ()
    min_duration: str = ""
    max_duration: str = ""
    error_only: bool = False
    since: str = ""
    start: str = ""
    end: str = ""
    condition: str = ""

    def params(self) -> dict[str, str | list[str]]:
        """The query parameters; raises BadQuery for a `since` that is no duration or contradicts `start` or `end`."""
        self._check_since()
        given: dict[str, str | list[str]] = {
            "service": self.service,
            "operation": self.operation,
            "attr": list(self.attributes),
            "min_duration": self.min_duration,
            "max_duration": self.max_duration,
            "status": "error" if self.error_only else "",
            "start": f"now-{self.since}" if self.since else self.start,
            "end": self.end,
            "q": self.condition,
        }
        return {key: value for key, value in given.items() if value}

    def _check_since(self) -> None:
        # The server only sees a start, and would blame that.
        if not self.since:
            return
        if self.start:
            raise BadQuery("since", "--since and --start both say when to begin; give one")
        try:
            since_ns = parse_duration_ns(self.since)
        except ValueError as error:
            raise BadQuery("since", f"{self.since!r} is no duration; write it like 15m, 1h or 7d") from error
        now_ns = time.time_ns()
        with suppress(ValueError):  # a wrong end is the server's to refuse
            if self.end and parse_moment_ns(self.end, now_ns) < now_ns - since_ns:
                raise BadQuery("end", f"{self.end} is before the last {self.since} begin; take a longer --since")


def search_traces(server: str, filters: TraceFilters, limit: int, as_json: bool) -> int:
    """Writes at most `limit` traces, newest first, to stdout; 0 even when there are none."""
    if limit < 1:
        raise BadQuery("limit", f"{limit} is below 1")
    with Connection(server) as connection:
        found, has_more = _collect(connection, filters.params(), limit)
    if as_json:
        sys.stdout.write(plain_json(json.dumps({"traces": found}, ensure_ascii=False)) + "\n")
    elif found:
        console = data_console()
        console.print(_table(found, console.width), soft_wrap=False)
    if not found:
        note(_hint(filters))
    elif has_more and not as_json:
        note(f"the newest {len(found):,}; there are more: --limit {10 * limit} shows them")
    return 0


def _collect(
    connection: Connection, params: dict[str, str | list[str]], limit: int
) -> tuple[list[dict[str, Any]], bool]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        asked = {**params, "limit": str(min(_PAGE_TRACES, limit - len(found))), "cursor": cursor}
        page = connection.get_json(f"{REST}/traces", asked)
        found += page["traces"]
        cursor = page["next_cursor"]
        if not cursor or len(found) >= limit:
            return found, bool(cursor)


def _table(traces: list[dict[str, Any]], width: int) -> Table:
    wide = width >= _WIDE
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="bold")
    table.add_column("started (UTC)" if wide else "started", no_wrap=True, min_width=11)
    table.add_column("duration", justify="right", no_wrap=True, min_width=8)
    table.add_column("spans", justify="right", no_wrap=True, min_width=5)
    table.add_column("trace", no_wrap=True, min_width=32)
    table.add_column("root")  # the one that gives way; its text is cut, not wrapped
    for trace in traces:
        table.add_row(
            _moment(int(trace["start_time_unix_nano"]), wide),
            format_duration(trace["duration_ns"]),
            f"{trace['span_count']:,}",
            trace["trace_id"],
            _root(trace, max(width - sum(_FIXED_COLUMNS) - (_YEAR_AND_SECONDS if wide else 0), 8)),
        )
    return table


def _root(trace: dict[str, Any], room: int) -> Text:
    """Service and name in `room` columns if the name can be shortened to it; `!` failed, `?` the root isn't here."""
    errors = trace["error_count"]
    service, name = plain(trace["root_service"]), plain(trace["root_name"])
    marks, notes = "", ""
    if trace.get("root_is_missing", False):
        marks, notes = "? ", " (root not here yet)"
    if errors:
        marks, notes = f"{marks}! ", f"{notes} ({errors:,} failed)"
    taken = cell_len(f"{marks}{service} {notes}")
    name = shorten_name(name, max(room - taken, _SHORTEST_NAME))
    text = f"{marks}{f'{service} {name}'.strip()}{notes}"
    return Text(text, style="red" if errors else "", no_wrap=True, overflow="ellipsis")


def _moment(unix_nano: int, wide: bool) -> str:
    text = format_moment(unix_nano).replace("T", " ").removesuffix("Z")
    return text if wide else text[5:16]


def _hint(filters: TraceFilters) -> str:
    if filters == TraceFilters():
        return "no traces are stored yet; send some, or try `clew demo`"
    if filters.since or filters.start:
        return "no traces found; begin earlier (--since 24h), or leave out a filter"
    if filters.end:
        return f"no traces found that began before {filters.end}; take a later --end, or leave out a filter"
    return "no traces found; leave out a filter (all of them must hold on one and the same span)"
