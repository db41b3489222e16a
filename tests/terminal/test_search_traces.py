import json

import pytest

from clew.errors import BadQuery
from clew.terminal import search_traces as module
from clew.terminal.search_traces import TraceFilters, search_traces
from tests.api.memory_reader import MemoryReader, make_span, make_trace


def test_traces_are_a_table_newest_first(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One line per trace with start, duration, spans, id and root; failures are marked."""
    assert search_traces(server, TraceFilters(), 20, as_json=False) == 0
    out, err = capsys.readouterr()
    lines = [line.split() for line in out.splitlines()]
    assert lines[1] == ["2025-11-21", "10:00:01.000", "10", "ms", "1", f"{2:032x}", "shop", "GET", "/about"]
    assert lines[2][5:] == [f"{1:032x}", "!", "shop", "GET", "/", "(1", "failed)"]
    assert err == ""


def test_the_table_fits_80_columns(
    server: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A narrow terminal gets a shorter date; trace ids stay whole."""
    monkeypatch.setenv("COLUMNS", "80")
    search_traces(server, TraceFilters(), 20, as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert f"{1:032x}" in lines[2]
    assert lines[2].startswith("11-21 10:00 ")
    assert lines[2].rstrip().endswith("…")


def test_json_has_what_the_api_has(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` prints the traces of all pages asked for as one document."""
    search_traces(server, TraceFilters(error_only=True), 20, as_json=True)
    traces = json.loads(capsys.readouterr().out)["traces"]
    assert [(trace["trace_id"], trace["error_count"]) for trace in traces] == [(f"{1:032x}", 1)]


def test_more_than_a_page_is_collected(server: str, reader: MemoryReader, capsys: pytest.CaptureFixture[str]) -> None:
    """A limit above the API's maximum is served page by page, and not exceeded."""
    for number in range(10, 1040):
        reader.held[number.to_bytes(16, "big")] = make_trace(number, {"bulk": [make_span("w", 1)]})
    search_traces(server, TraceFilters(service="bulk"), 1010, as_json=True)
    out = capsys.readouterr().out
    assert len({trace["trace_id"] for trace in json.loads(out)["traces"]}) == 1010
    assert [query.limit for query in reader.queries] == [1000, 10]


def test_more_there_is_said(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A table that isn't all says so on stderr."""
    search_traces(server, TraceFilters(), 1, as_json=False)
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 2
    assert err == "the newest 1; there are more: --limit 10 shows them\n"


@pytest.mark.parametrize(
    ("filters", "hint"),
    [
        (TraceFilters(service="nobody"), "leave out a filter"),
        (TraceFilters(since="1h", service="nobody"), "begin earlier (--since 24h)"),
        (TraceFilters(end="-999999h"), "no traces found that began before -999999h; take a later --end"),
    ],
)
def test_nothing_found_is_no_failure_and_gives_a_hint(
    server: str, capsys: pytest.CaptureFixture[str], filters: TraceFilters, hint: str
) -> None:
    """0 and an empty stdout; stderr says what to widen."""
    assert search_traces(server, filters, 20, as_json=False) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert hint in err


def test_all_filters_become_parameters() -> None:
    """Each filter has its name in the API; `since` is a start before now."""
    filters = TraceFilters("s", "o", ("a=b", "c=d"), "1ms", "2ms", True, since="1h", end="now")
    assert filters.params() == {
        "service": "s",
        "operation": "o",
        "attr": ["a=b", "c=d"],
        "min_duration": "1ms",
        "max_duration": "2ms",
        "status": "error",
        "start": "now-1h",
        "end": "now",
    }
    assert TraceFilters().params() == {}


def test_wrong_use_is_refused(server: str) -> None:
    """Two beginnings, or no traces at all, are refused by name."""
    with pytest.raises(BadQuery, match="since: --since and --start both say when to begin"):
        TraceFilters(since="1h", start="now").params()
    with pytest.raises(BadQuery, match="since: 'yesterday' is no duration"):
        TraceFilters(since="yesterday").params()
    with pytest.raises(BadQuery, match="end: -1h is before the last 30m begin; take a longer --since"):
        TraceFilters(since="30m", end="-1h").params()
    with pytest.raises(BadQuery, match="limit: 0 is below 1"):
        search_traces(server, TraceFilters(), 0, as_json=False)


def test_a_name_full_of_codes_is_harmless(
    server: str, reader: MemoryReader, capsys: pytest.CaptureFixture[str]
) -> None:
    """Escape codes in a root's name don't reach the terminal."""
    reader.held = {bytes(15) + b"\x05": make_trace(5, {"s\x1b[2J": [make_span("n\x1b]0;x\x07", 1)]})}
    search_traces(server, TraceFilters(), 20, as_json=False)
    assert "\x1b" not in capsys.readouterr().out
    search_traces(server, TraceFilters(), 20, as_json=True)
    assert "\x1b" not in capsys.readouterr().out


def test_json_holds_no_codes_either(server: str, reader: MemoryReader, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON lets codes above 0x7e through unescaped; a terminal may obey them."""
    reader.held = {bytes(15) + b"\x05": make_trace(5, {"s": [make_span("n\x9b2J", 1)]})}
    search_traces(server, TraceFilters(), 20, as_json=True)
    out = capsys.readouterr().out
    assert "\x9b" not in out
    assert json.loads(out)["traces"][0]["root_name"] == "n\x9b2J"


def test_a_root_that_is_missing_is_marked(
    server: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trace whose root hasn't arrived says so in its row; a server that doesn't tell is taken for one that has it."""
    entry = {
        "trace_id": "5".zfill(32),
        "root_service": "cart",
        "root_name": "GET /cart",
        "start_time_unix_nano": "1763719200000000000",
        "duration_ns": 1,
        "span_count": 1,
        "error_count": 2,
    }
    monkeypatch.setattr(module, "_collect", lambda *_: ([entry | {"root_is_missing": True}, entry], False))
    search_traces(server, TraceFilters(), 20, as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].rstrip().endswith("? ! cart GET /cart (root not here yet) (2 failed)")
    assert lines[2].rstrip().endswith("  ! cart GET /cart (2 failed)")


def test_a_long_grpc_name_is_readable(
    server: str, reader: MemoryReader, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The package gives way to service and method."""
    name = "shop.inventory.v1.InventoryService/Reserve"
    reader.held = {bytes(15) + b"\x05": make_trace(5, {"inventory": [make_span(name, 1)]})}
    monkeypatch.setenv("COLUMNS", "120")
    search_traces(server, TraceFilters(), 20, as_json=False)
    assert "inventory InventoryService/Reserve" in capsys.readouterr().out


def test_a_condition_goes_to_the_server_as_it_was_typed() -> None:
    """It is the server that reads it, and says where it is wrong."""
    assert TraceFilters(condition="a = 1 and not b exists").params() == {"q": "a = 1 and not b exists"}
