from typing import TypeVar

import httpx
import msgspec
import pytest
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from clew.api.otlp_schema import TracesDocument
from clew.api.window_contract import FoundSpans, PathToSpan, TraceDensity, TraceOverview, TreeWindow
from tests.api.memory_reader import START_NS, MemoryReader

TRACE = f"/api/clew/v1/traces/{1:032x}"
Body = TypeVar("Body")
ROOT, CHILD = f"{1:016x}", f"{2:016x}"


def _get(client: httpx.Client, path: str, kind: type[Body], **parameters: str) -> Body:
    answer = client.get(f"{TRACE}{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=kind)


def test_the_summary_tells_of_the_whole_trace(client: httpx.Client) -> None:
    """Times, counts, services, and the first root as a row."""
    overview = _get(client, "/summary", TraceOverview)
    assert (overview.start_time_unix_nano, overview.duration_ns) == (str(START_NS), 30_000_000)
    assert (overview.span_count, overview.error_count, overview.depth) == (2, 1, 2)
    assert (overview.root_count, overview.orphan_count, overview.cycle_count, overview.repeated_id_count) == (
        1,
        0,
        0,
        0,
    )
    assert [(s.name, s.span_count, s.error_count) for s in overview.services] == [("cart", 1, 1), ("shop", 1, 0)]
    assert overview.first.ref == ROOT


def test_the_tree_is_read_level_by_level(client: httpx.Client) -> None:
    """Without a parent the top, with one its children; each row with what is below it."""
    top = _get(client, "/tree", TreeWindow)
    assert (top.total, top.offset, [row.ref for row in top.spans]) == (1, 0, [ROOT])
    row = top.spans[0]
    assert (row.child_count, row.descendant_count, row.errors_below, row.depth, row.place) == (1, 1, 1, 0, "root")
    (child,) = _get(client, "/tree", TreeWindow, parent=ROOT).spans
    assert (child.ref, child.parent_ref, child.service, child.name) == (CHILD, ROOT, "cart", "GET /cart")
    assert (child.start_time_unix_nano, child.duration_ns) == (str(START_NS + 5_000_000), 10_000_000)
    assert (child.kind, child.status, child.position) == ("server", "error", 0)
    assert _get(client, "/tree", TreeWindow, parent=ROOT, offset="1").spans == []


def test_a_window_is_a_range_of_time(client: httpx.Client) -> None:
    """Without a range the whole trace; a range, a depth and a length leave spans out."""
    assert [row.ref for row in _get(client, "/window", TreeWindow).spans] == [ROOT, CHILD]
    late = _get(client, "/window", TreeWindow, start=str(START_NS + 20_000_000))
    assert [row.ref for row in late.spans] == [ROOT]
    assert [row.ref for row in _get(client, "/window", TreeWindow, max_depth="0").spans] == [ROOT]
    assert [row.ref for row in _get(client, "/window", TreeWindow, min_duration="20ms").spans] == [ROOT]
    page = _get(client, "/window", TreeWindow, offset="1", limit="1")
    assert (page.total, page.offset, [row.ref for row in page.spans]) == (2, 1, [CHILD])


def test_density_has_a_count_for_each_interval(client: httpx.Client) -> None:
    """Over the whole trace, its last moment included; the failed span counts where it ends."""
    density = _get(client, "/density", TraceDensity, intervals="3")
    assert density.spans == [2, 2, 1]
    assert density.errors == [0, 1, 0]
    assert density.start_time_unix_nano == str(START_NS)


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"q": "cart"}, [CHILD]),
        ({"q": " get "}, [ROOT, CHILD]),
        ({"q": ROOT}, [ROOT]),
        ({"service": "shop"}, [ROOT]),
        ({"status": "error"}, [CHILD]),
        ({"attr": "http/route=/cart"}, [CHILD]),
        ({"attr": "http/route=/cart", "service": "shop"}, []),
        ({}, [ROOT, CHILD]),
    ],
)
def test_spans_are_found_within_the_trace(client: httpx.Client, parameters: dict[str, str], found: list[str]) -> None:
    """Every filter narrows; all hold on one span."""
    hits = _get(client, "/find", FoundSpans, **parameters)
    assert [row.ref for row in hits.spans] == found
    assert (hits.total, hits.next_cursor) == (len(found), None)


def test_hits_come_in_pages(client: httpx.Client) -> None:
    """The cursor of one page leads to the next."""
    first = _get(client, "/find", FoundSpans, limit="1")
    assert (first.total, [row.ref for row in first.spans]) == (2, [ROOT])
    second = _get(client, "/find", FoundSpans, limit="1", cursor=first.next_cursor or "")
    assert ([row.ref for row in second.spans], second.next_cursor) == ([CHILD], None)


def test_the_path_leads_from_the_top_to_a_span(client: httpx.Client) -> None:
    """The ancestors first to last, and the span itself."""
    path = _get(client, f"/path/{CHILD}", PathToSpan)
    assert ([row.ref for row in path.ancestors], path.span.ref, path.omitted_ancestors) == ([ROOT], CHILD, 0)


def test_one_span_comes_whole_in_both_forms(client: httpx.Client) -> None:
    """OTLP JSON, or protobuf when asked for; nothing of its neighbours."""
    document = _get(client, f"/spans/{CHILD}", TracesDocument)
    spans = [span for block in document.resource_spans for scope in block.scope_spans for span in scope.spans]
    assert [(span.span_id, span.attributes[0].key) for span in spans] == [(CHILD, "http/route")]
    binary = client.get(f"{TRACE}/spans/{CHILD}", headers={"Accept": "application/x-protobuf"})
    data = TracesData.FromString(binary.content)
    assert [s.name for b in data.resource_spans for scoped in b.scope_spans for s in scoped.spans] == ["GET /cart"]


def test_the_logs_of_a_span(client: httpx.Client, reader: MemoryReader) -> None:
    """OTLP JSON; an empty list when there are none."""
    assert client.get(f"{TRACE}/spans/{CHILD}/logs").json() == {"resourceLogs": []}
    logs = LogsData()
    logs.resource_logs.add().scope_logs.add().log_records.add(severity_text="WARN")
    reader.log_records[bytes.fromhex(f"{1:032x}")] = logs
    assert "WARN" in client.get(f"{TRACE}/spans/{CHILD}/logs").text


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/tree?parent=xyz", "span"),
        ("/tree?limit=1001", "limit"),
        ("/tree?offset=-1", "offset"),
        ("/tree?depth=1", "depth"),
        ("/window?start=now&end=now-1h", "end"),
        ("/window?max_depth=x", "max_depth"),
        ("/window?min_duration=x", "min_duration"),
        ("/density?intervals=0", "intervals"),
        ("/find?attr=x", "attr"),
        ("/find?status=ok", "status"),
        ("/find?cursor=xyz", "span"),
        ("/path/xyz", "span"),
        ("/spans/xyz", "span"),
    ],
)
def test_wrong_parameters_are_named(client: httpx.Client, path: str, key: str) -> None:
    """400 with the parameter that is wrong."""
    answer = client.get(f"{TRACE}{path}")
    assert (answer.status_code, answer.json()["error"]["key"]) == (400, key)


def test_unknown_traces_and_spans_are_not_found(client: httpx.Client) -> None:
    """404 for a trace, and for a span of a trace, that isn't there."""
    for path in (
        f"{TRACE[:-1]}9/summary",
        f"{TRACE}/path/{9:016x}",
        f"{TRACE}/spans/{9:016x}",
        f"{TRACE}/tree?parent={9:016x}",
    ):
        assert client.get(path).status_code == 404, path
