import base64
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from clew.api.app import build_app
from clew.authenticate.callers import Callers
from tests.api.memory_reader import MemoryReader, MemorySystem, make_span, make_trace
from tests.api.memory_retention import ERASURE_ID, MemoryRetention
from tests.api.serving import Served
from tests.authenticate.keys import Keys, open_keys

API = "/api/clew/v1"
ELSEWHERE = {"X-Forwarded-For": "203.0.113.7"}
"""A proxy on this machine says that its client is none."""
TRACE = f"{API}/traces/{1:032x}"
JSON = {"who": "ann"}

Call = tuple[str, str, dict[str, str] | None]

READING: list[Call] = [
    ("GET", f"{API}/services", None),
    ("GET", f"{API}/services/shop/operations", None),
    ("GET", f"{API}/traces", None),
    ("GET", TRACE, None),
    ("GET", f"{API}/export", None),
    ("GET", f"{API}/graph", None),
    ("GET", f"{API}/red", None),
    ("GET", f"{API}/pins", None),
    ("GET", f"{API}/erasures/{ERASURE_ID}", None),
    ("GET", "/api/clew/openapi.json", None),
]
FOR_ADMINS: list[Call] = [
    ("GET", f"{API}/retention", None),
    ("PUT", f"{API}/retention", {"rules": 'max_age = "1d"', "who": "ann"}),
    ("POST", f"{API}/retention/trial", {"rules": 'max_age = "1d"'}),
    ("POST", f"{TRACE}/pin", JSON),
    ("DELETE", f"{TRACE}/pin", None),
    ("POST", f"{API}/erasures", {"trace_id": f"{1:032x}"}),
    ("GET", f"{API}/audit", None),
]
UI_AND_METRICS: list[Call] = [("GET", "/", None), ("GET", "/metrics", None), ("GET", "/favicon.svg", None)]


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    """One key that nobody here has, so that others need one."""
    opened = open_keys(tmp_path)
    opened.add("of-somebody-else")
    return opened


@pytest.fixture
def retention() -> MemoryRetention:
    """Retention in memory."""
    return MemoryRetention()


@pytest.fixture
def client(server: Served, keys: Keys, retention: MemoryRetention, static_dir: Path) -> Iterator[httpx.Client]:
    """The API for those who have keys."""
    reader = MemoryReader([make_trace(1, {"shop": [make_span("GET /", 1, length_ms=30)]})])
    readers = Callers(keys.ring, "home")
    server.app = build_app(reader, MemorySystem(), "home", static_dir, retention=retention, readers=readers)
    with httpx.Client(base_url=server.url, timeout=10, trust_env=False) as http_client:
        yield http_client


def _status(client: httpx.Client, call: Call, headers: dict[str, str]) -> int:
    method, path, body = call
    return client.request(method, path, json=body, headers=headers).status_code


def _elsewhere(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}", **ELSEWHERE}


def test_nobody_from_elsewhere_comes_in_without_a_key(client: httpx.Client) -> None:
    """API, web UI, metrics and the API's own description are 401 with a challenge that browsers understand."""
    for call in (*READING, *FOR_ADMINS, *UI_AND_METRICS):
        assert _status(client, call, ELSEWHERE) == 401, call
    answer = client.get(f"{API}/services", headers=ELSEWHERE)
    assert answer.headers["www-authenticate"].startswith("Basic ")
    assert answer.json()["error"]["status"] == 401
    assert "clew keys create" in answer.json()["error"]["message"]
    assert answer.headers["x-frame-options"] == "DENY"


def test_probes_need_no_key(client: httpx.Client) -> None:
    """An orchestrator asks for health and readiness without one."""
    for path in ("/healthz", "/readyz"):
        assert client.get(path, headers=ELSEWHERE).status_code == 200


def test_this_machine_needs_no_key(client: httpx.Client) -> None:
    """Who asks from here may do everything, as before there were keys."""
    for call in (*READING, *FOR_ADMINS):
        assert _status(client, call, {}) == 200, call


def test_a_key_for_reading_reads(client: httpx.Client, keys: Keys) -> None:
    """It opens every question and the web UI, and nothing that changes something or is about all tenants."""
    headers = _elsewhere(keys.add("board", ["read"]))
    page, metrics, _ = UI_AND_METRICS
    for call in (*READING, page):
        assert _status(client, call, headers) == 200, call
    for call in (*FOR_ADMINS, metrics):
        assert _status(client, call, headers) == 403, call


def test_every_route_takes_a_right(client: httpx.Client, keys: Keys) -> None:
    """Of all that the API has, a key for sending opens the status only; no route was forgotten."""
    headers = _elsewhere(keys.add("shop"))
    document = client.get("/api/clew/openapi.json").json()
    opened = []
    for template, operations in document["paths"].items():
        path = template.replace("{trace_id}", f"{1:032x}").replace("{erasure_id}", ERASURE_ID)
        for name in ("service", "span", "key"):
            path = path.replace(f"{{{name}}}", "shop")
        for method in operations:
            body = JSON if method in ("post", "put") else None
            if _status(client, (method.upper(), path, body), headers) != 403:
                opened.append(template)
    assert sorted(opened) == [f"{API}/status", "/healthz", "/readyz"]


def test_an_admin_may_do_everything(client: httpx.Client, keys: Keys, retention: MemoryRetention) -> None:
    """An admin's key pins, erases and sets rules, and the audit log says whose key it was."""
    headers = _elsewhere(keys.add("ops", ["admin"]))
    for call in (*READING, *FOR_ADMINS, *UI_AND_METRICS):
        assert _status(client, call, headers) == 200, call
    assert retention.applied.who.startswith("ann (key ops, ")


def test_metrics_have_a_key_of_their_own(client: httpx.Client, keys: Keys) -> None:
    """A scraper reads metrics, and no traces."""
    headers = _elsewhere(keys.add("prometheus", ["metrics"]))
    assert client.get("/metrics", headers=headers).status_code == 200
    assert client.get(f"{API}/traces", headers=headers).status_code == 403


def test_the_status_tells_a_tenant_nothing_of_others(client: httpx.Client, keys: Keys) -> None:
    """How much all tenants store, and what can't be loaded, is null for a key without the right to metrics."""
    limited = client.get(f"{API}/status", headers=_elsewhere(keys.add("shop"))).json()
    assert (limited["store"], limited["load"]) == (None, None)
    assert limited["journal"]["last_segment"] == 3
    whole = client.get(f"{API}/status", headers=_elsewhere(keys.add("scrape", ["metrics"]))).json()
    assert whole["store"]["spans"] == 3


def test_a_browser_logs_in_with_the_key_as_its_password(client: httpx.Client, keys: Keys) -> None:
    """Basic authentication opens the web UI, whatever the user's name is."""
    secret = keys.add("board", ["read"])
    basic = base64.b64encode(f"ann:{secret}".encode()).decode()
    answer = client.get("/", headers={"Authorization": f"Basic {basic}", **ELSEWHERE})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_a_revoked_key_reads_no_more(client: httpx.Client, keys: Keys) -> None:
    """From one request to the next, and also from this machine: a wrong key is worse than none."""
    secret = keys.add("board", ["read"])
    assert client.get(f"{API}/services", headers=_elsewhere(secret)).status_code == 200
    keys.change("board", revoked_unix_nano=1)
    for headers in (_elsewhere(secret), {"Authorization": f"Bearer {secret}"}):
        answer = client.get(f"{API}/services", headers=headers)
        assert (answer.status_code, secret in answer.text) == (401, False)


def test_two_keys_are_nobodys(client: httpx.Client, keys: Keys) -> None:
    """A second Authorization header is refused, also on this machine."""
    first, second = keys.add("one", ["read"]), keys.add("two", ["read"])
    headers = [("Authorization", f"Bearer {first}"), ("Authorization", f"Bearer {second}")]
    assert client.get(f"{API}/services", headers=headers).status_code == 401
