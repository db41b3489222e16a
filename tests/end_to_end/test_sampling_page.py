"""A person sets sampling strategies in a real browser, sees what a service is told, and goes back to an old version."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.end_to_end.test_browser import CHROMIUM, FLAGS, SCREENSHOTS
from tests.server_process import ServerProcess, running_server
from tests.store.segments import make_spans, request_of


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that knows a service and is asked for strategies."""
    with running_server(tmp_path_factory.mktemp("sampling") / "data", doors="otlp,sampling") as running:
        running.post_traces(request_of("payment", *make_spans(3)).SerializeToString()).raise_for_status()
        running.wait_loaded()
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser, server: ServerProcess) -> Iterator[Page]:
    """The page about sampling."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.goto(f"http://{server.http}/sampling")
    yield opened
    opened.close()


def _told(server: ServerProcess, service: str) -> object:
    """What a client of Jaeger's remote sampling hears."""
    return httpx.get(f"http://{server.addresses['sampling_http']}/sampling", params={"service": service}).json()


def test_strategies_are_set_seen_and_taken_back(server: ServerProcess, page: Page) -> None:
    """What is saved is what clients hear; the history has it, and an old version comes back in force."""
    page.get_by_test_id("strategies-example").click()
    page.get_by_test_id("strategies-who").fill("Ada")
    page.get_by_test_id("strategies-save").click()
    history = page.get_by_test_id("strategy-history")
    expect(history).to_contain_text("Ada")
    assert _told(server, "search") == {
        "strategyType": "RATE_LIMITING",
        "rateLimitingSampling": {"maxTracesPerSecond": 2},
    }
    text = page.get_by_test_id("strategies-text")
    text.fill('{"service_strategies": [{"service": "payment", "type": "probabilistic", "param": 0.25}]}')
    page.get_by_test_id("strategies-save").click()
    expect(history.locator("tbody tr")).to_have_count(2)
    page.get_by_test_id("sampling-service").fill("payment")
    page.get_by_test_id("sampling-service").press("Enter")
    expect(page.get_by_test_id("service-sampling")).to_contain_text("25 %")
    page.screenshot(path=str(_screenshots() / "sampling.png"))
    history.get_by_role("button", name="Put in force").click()
    expect(text).to_have_value(re.compile("ratelimiting"))
    expect(history.locator("tbody tr")).to_have_count(3)
    assert "rateLimitingSampling" in str(_told(server, "search"))


def test_wrong_strategies_are_explained_and_change_nothing(server: ServerProcess, page: Page) -> None:
    """Neither what is no JSON nor what makes no sense gets into force; the reason stands below the text."""
    before = _told(server, "payment")
    text, problem = page.get_by_test_id("strategies-text"), page.get_by_test_id("strategies-problem")
    text.fill('{"default_strategy": ')
    page.get_by_test_id("strategies-save").click()
    expect(problem).to_contain_text("This is not JSON")
    text.fill('{"default_strategy": {"type": "probabilistic", "param": 7}}')
    page.get_by_test_id("strategies-save").click()
    expect(problem).to_contain_text("default_strategy")
    assert _told(server, "payment") == before


def _screenshots() -> Path:
    SCREENSHOTS.mkdir(exist_ok=True)
    return SCREENSHOTS


def test_what_holds_of_the_file_is_there(browser: Browser, tmp_path: Path) -> None:
    """Beside what is set here, which comes first, one sees what the strategies file says."""
    file = tmp_path / "strategies.json"
    file.write_text('{"service_strategies": [{"service": "<b>shop</b>", "type": "probabilistic", "param": 0.125}]}')
    config = tmp_path / "clew.toml"
    config.write_text(f'[sampling]\nstrategies_file = "{file}"\n')
    flags = ["--config", str(config)]
    with running_server(tmp_path / "data", flags, doors="sampling") as server:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"http://{server.http}/sampling")
        expect(page.get_by_text("Nothing is set here, the file holds")).to_be_visible()
        page.get_by_text("What holds of the file").click()
        expect(page.get_by_test_id("strategies-of-file")).to_contain_text('"service": "<b>shop</b>"')
        page.screenshot(path=SCREENSHOTS / "sampling-file.png")
