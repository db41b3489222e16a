"""A trace too large to be read whole: sent, loaded, opened in windows, and every answer compared with what was sent."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from bench.trace_tree import MadeTrace, make_trace
from bench.window_checks import WindowChecks
from tests.end_to_end.test_browser import CHROMIUM, FLAGS
from tests.faults.traffic import wait_until
from tests.server_process import ServerProcess, running_server

HOUR_NS = 3_600_000_000_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """An empty server."""
    with running_server(tmp_path_factory.mktemp("huge") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def trace(server: ServerProcess) -> MadeTrace:
    """A trace of 20,000 spans in 40 requests, loaded."""
    return _sent(server, 20_000)


def _sent(server: ServerProcess, count: int) -> MadeTrace:
    made = make_trace(count, time.time_ns() - HOUR_NS, seed=count)
    for body in made.requests():
        assert server.post_traces(body).status_code == 200
    server.wait_loaded()
    return made


def _checks(server: ServerProcess, made: MadeTrace) -> WindowChecks:
    return WindowChecks(f"http://{server.http}/api/clew/v1", made)


@pytest.fixture
def page() -> Iterator[Page]:
    """A page that must not complain."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        opened = browser.new_page(viewport={"width": 1440, "height": 900})
        complaints: list[str] = []
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        yield opened
        browser.close()
        assert complaints == []


def test_every_window_of_20_000_spans_is_right(server: ServerProcess, trace: MadeTrace) -> None:
    """Counts, children, ancestors, hits, ranges and whole spans are those that were sent."""
    with _checks(server, trace) as checks:
        checks.run(rounds=15)


def test_every_window_of_200_000_spans_is_right_and_quick(server: ServerProcess) -> None:
    """The same for ten times as many; no kind of window takes a second, and the whole trace is refused."""
    made = _sent(server, 200_000)
    summary = f"/traces/{made.trace_id.hex()}/summary"
    wait_until(lambda: server.get(summary)["newer_span_count"] == 0, "the trace was not opened again")
    with _checks(server, made) as checks:
        checks.summary()
        checks.seconds.clear()
        checks.run(rounds=3)
    assert max(seconds for each in checks.seconds.values() for seconds in each) < 1
    refused = server.client.get(f"/api/clew/v1/traces/{made.trace_id.hex()}")
    assert refused.status_code == 422
    assert "200,000 spans" in refused.json()["error"]["message"]


def test_late_spans_are_in_the_next_window(server: ServerProcess) -> None:
    """An open trace that spans come to is opened again: first half a trace with orphans, then all of it."""
    made = make_trace(2_000, time.time_ns() - HOUR_NS, seed=7)
    first, *rest = made.requests(1000)
    server.post_traces(first)
    server.wait_loaded()
    half = server.get(f"/traces/{made.trace_id.hex()}/summary")
    assert half["span_count"] == 1000
    assert half["orphan_count"] > 0
    for body in rest:
        server.post_traces(body)
    server.wait_loaded()
    with _checks(server, made) as checks:
        checks.run(rounds=2)


def test_a_large_trace_opens_in_the_browser(server: ServerProcess, trace: MadeTrace, page: Page) -> None:
    """Closed at first, a span found deep in it is shown with all above it opened, and its details are its own."""
    page.goto(f"http://{server.http}/trace/{trace.trace_id.hex()}")
    expect(page.get_by_test_id("large-trace")).to_contain_text("20,000")
    expect(page.locator(f'[data-span-id="{trace.spans[0].span_id}"]')).to_be_visible()
    deepest = max(range(19_000, 20_000), key=lambda number: len(trace.ancestors(number)))
    assert len(trace.ancestors(deepest)) > 5
    page.get_by_test_id("span-search").fill(f"item.number={deepest}")
    expect(page.get_by_test_id("find-count")).to_have_text("1 found")
    page.get_by_test_id("span-search").press("Enter")
    row = page.locator(f'[data-testid="span-row"][data-span-id="{trace.spans[deepest].span_id}"]')
    expect(row).to_be_visible()
    row.click()
    expect(page.get_by_test_id("span-detail")).to_contain_text(f"{deepest}")
    assert page.get_by_test_id("span-row").count() < 200
