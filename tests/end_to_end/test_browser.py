"""A person's way through Clew in a real browser: search, open a trace, click a span."""

import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.server_process import PROTOBUF, ServerProcess, running_server

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SCREENSHOTS = Path("test-results")
TRACE_ID = "5b8aa5a2d2c872e8321cf37308d69df2"
FAILED_SPAN_ID = "00000000000000a3"
HOSTILE_NAME = "<img src=x onerror=\"document.title='owned'\">"


def _request() -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    now_ns = time.time_ns()
    plan = [
        ("web", "00000000000000a1", "", "GET /orders", Span.SPAN_KIND_SERVER, 0, 90),
        ("orders", "00000000000000a2", "00000000000000a1", HOSTILE_NAME, Span.SPAN_KIND_INTERNAL, 5, 80),
        ("orders", FAILED_SPAN_ID, "00000000000000a2", "charge card", Span.SPAN_KIND_CLIENT, 20, 60),
    ]
    for service, span_id, parent, name, kind, start_ms, duration_ms in plan:
        resource_spans = request.resource_spans.add()
        resource_spans.resource.attributes.add(key="service.name").value.string_value = service
        span = resource_spans.scope_spans.add().spans.add(
            trace_id=bytes.fromhex(TRACE_ID),
            span_id=bytes.fromhex(span_id),
            parent_span_id=bytes.fromhex(parent),
            name=name,
            kind=kind,
            start_time_unix_nano=now_ns + start_ms * 1_000_000,
            end_time_unix_nano=now_ns + (start_ms + duration_ms) * 1_000_000,
        )
        span.attributes.add(key="order.id").value.string_value = "A 17"
        if span_id == FAILED_SPAN_ID:
            span.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message="card refused"))
            span.events.add(name="exception", time_unix_nano=now_ns).attributes.add(
                key="exception.message"
            ).value.string_value = "the bank said no"
    return request


def _log_request() -> ExportLogsServiceRequest:
    request = ExportLogsServiceRequest()
    record = (
        request.resource_logs.add()
        .scope_logs.add()
        .log_records.add(
            trace_id=bytes.fromhex(TRACE_ID), span_id=bytes.fromhex(FAILED_SPAN_ID), time_unix_nano=time.time_ns()
        )
    )
    record.body.string_value = "retrying is of no use"
    return request


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that holds one trace with one log record."""
    with running_server(tmp_path_factory.mktemp("browser") / "data") as running:
        assert running.post_traces(_request().SerializeToString()).status_code == 200
        logs = running.client.post("/v1/logs", content=_log_request().SerializeToString(), headers=PROTOBUF)
        assert logs.status_code == 200
        running.wait_loaded()
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A page in each colour scheme; its end is kept as a screenshot, and it must not have complained."""
    SCREENSHOTS.mkdir(exist_ok=True)
    context = browser.new_context(color_scheme=request.param, viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    yield opened
    theme = request.param
    opened.screenshot(path=str(SCREENSHOTS / f"{request.node.originalname}-{theme}.png"))
    context.close()
    assert complaints == []


def test_a_search_leads_to_a_trace_and_a_span(server: ServerProcess, page: Page) -> None:
    """Choosing a service and an attribute finds the trace; its failed span shows what went wrong."""
    page.goto(f"http://{server.http}/")
    page.get_by_test_id("service-select").fill("orders")
    page.get_by_test_id("service-select").press("Enter")
    page.get_by_test_id("attribute-input").fill("order.id=A 17")
    page.get_by_test_id("attribute-input").press("Enter")
    page.get_by_test_id("search-submit").click()
    row = page.locator(f'[data-testid="trace-row"][data-trace-id="{TRACE_ID}"]')
    expect(row).to_contain_text("GET /orders")
    expect(page.get_by_test_id("trace-row")).to_have_count(1)
    row.click()
    expect(page.get_by_test_id("span-row")).to_have_count(3)
    page.locator(f'[data-testid="span-row"][data-span-id="{FAILED_SPAN_ID}"]').click()
    detail = page.get_by_test_id("span-detail")
    for text in ("charge card", "card refused", "order.id", "A 17", "the bank said no", "retrying is of no use"):
        expect(detail).to_contain_text(text)
    expect(page).to_have_url(f"http://{server.http}/trace/{TRACE_ID}?span={FAILED_SPAN_ID}")


def test_a_wrong_duration_is_explained_in_full(server: ServerProcess, page: Page) -> None:
    """The hint stays below the boxes, is covered by nothing, and moves no box of its row."""
    page.goto(f"http://{server.http}/")
    boxes = [page.get_by_test_id(name) for name in ("min-duration", "max-duration", "range-now-1h")]
    before = [box.bounding_box() for box in boxes]
    boxes[0].fill("quick")
    hint = page.get_by_test_id("duration-hint")
    expect(hint).to_have_text("Not a duration. Write 250ms or 1.5s")
    assert [box.bounding_box() for box in boxes] == before
    end = hint.bounding_box()
    assert end is not None
    x, y = end["x"] + end["width"] - 1, end["y"] + 1
    assert hint.evaluate("(hint, [x, y]) => document.elementFromPoint(x, y) === hint", [x, y])


def test_a_wrong_query_is_explained_without_the_name_of_its_parameter(server: ServerProcess, browser: Browser) -> None:
    """Below the field stands where the mistake is; `q` is for programs."""
    page = browser.new_page()
    page.goto(f"http://{server.http}/search?q=service%3Acart")
    expect(page.get_by_test_id("query-error")).to_have_text(re.compile("^at character 8: "))
    page.close()


def test_an_attribute_that_fits_nothing_finds_nothing(server: ServerProcess, page: Page) -> None:
    """A search without a match says so and offers a wider one."""
    page.goto(f"http://{server.http}/search?attr=order.id%3Dnone")
    expect(page.get_by_test_id("nothing-found")).to_be_visible()
    expect(page.get_by_test_id("trace-row")).to_have_count(0)


def test_a_link_to_a_span_opens_that_span(server: ServerProcess, page: Page) -> None:
    """The address of a span, pasted into a browser, shows the span's details at once."""
    page.goto(f"http://{server.http}/trace/{TRACE_ID}?span={FAILED_SPAN_ID}")
    expect(page.get_by_test_id("span-detail")).to_contain_text("charge card")


def test_html_in_a_span_name_stays_text(server: ServerProcess, page: Page) -> None:
    """A span name that is HTML is shown letter by letter and runs nothing."""
    page.goto(f"http://{server.http}/trace/{TRACE_ID}")
    expect(page.get_by_test_id("span-row").nth(1)).to_contain_text(HOSTILE_NAME)
    assert page.title() != "owned"


def test_an_unknown_trace_says_what_to_do(server: ServerProcess, browser: Browser) -> None:
    """A trace id that isn't stored leads to a page that says so."""
    with browser.new_context() as context:
        opened = context.new_page()
        opened.goto(f"http://{server.http}/trace/{'0' * 31}1")
        expect(opened.get_by_test_id("unknown-trace")).to_be_visible()
