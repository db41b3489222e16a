import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from clew.model.trace import ServiceSummary
from tests.api.memory_reader import MemoryReader


def test_paths_lead_to_the_api_or_to_the_ui(client: httpx.Client) -> None:
    """/api and the machines' paths are the API's, whatever else begins alike is the UI's."""
    kinds = {path: client.get(path).headers["content-type"].partition(";")[0] for path in ("/apiary", "/metricsx", "/")}
    assert set(kinds.values()) == {"text/html"}
    assert client.get("/healthz").headers["content-type"].startswith("text/plain")
    assert client.get("/api/clew/v1/services").headers["content-type"] == "application/json"


def test_a_blocking_reader_does_not_block_the_others(
    client: httpx.Client, reader: MemoryReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one query blocks its thread, the process answers others."""
    entered, leave = threading.Event(), threading.Event()

    def wait(tenant: str) -> list[ServiceSummary]:
        entered.set()
        assert leave.wait(10)
        return []

    monkeypatch.setattr(reader, "services", wait)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(client.get, "/api/clew/v1/services")
        assert entered.wait(10)
        assert client.get("/healthz").status_code == 200
        assert client.get("/api/clew/v1/traces").status_code == 200
        leave.set()
        assert slow.result(10).json() == {"services": []}
