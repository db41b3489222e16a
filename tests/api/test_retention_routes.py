from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from clew.api.app import build_app
from tests.api.memory_reader import MemoryReader, MemorySystem
from tests.api.memory_retention import ERASURE_ID, MemoryRetention
from tests.api.serving import serve

TRACE_ID = "5b8aa5a2d2c872e8321cf37308d69df2"


@pytest.fixture
def retention() -> MemoryRetention:
    """What the API asks."""
    return MemoryRetention()


@pytest.fixture
def client(retention: MemoryRetention, tmp_path: Path) -> Iterator[httpx.Client]:
    """A client below `/api/clew/v1`."""
    app = build_app(MemoryReader(), MemorySystem(), "default", tmp_path, retention=retention)
    with (
        serve(app) as served,
        httpx.Client(base_url=f"{served.url}/api/clew/v1", trust_env=False) as client,
    ):
        yield client


def test_rules_are_shown_and_applied(client: httpx.Client, retention: MemoryRetention) -> None:
    """Default ones have no moment; those applied have, and who it was."""
    assert client.get("/retention").json()["applied_unix_nano"] is None
    answer = client.put("/retention", json={"rules": "x = 1", "who": "ann"})
    assert answer.json() == {"rules": "x = 1", "applied_unix_nano": "17", "who": "ann (127.0.0.1)"}


def test_a_trial_adds_the_days_up(client: httpx.Client) -> None:
    """By rule and service, with bytes from the average span of each day."""
    answer = client.post("/retention/trial", json={"rules": ""}).json()
    assert answer["days"] == 2
    assert [(e["rule"], e["kept"], e["traces"], e["spans"], e["bytes"]) for e in answer["entries"]] == [
        ("errors", True, 2, 80, 3600),
        ("gold", True, 0, 0, 0),
        ("the rest", False, 3, 120, 4800),
    ]


def test_who_lets_go_is_noted(client: httpx.Client, retention: MemoryRetention) -> None:
    """As with a pin: the name that the client gives, and its address."""
    for who in ("ann@desk", ""):
        client.post(f"/traces/{TRACE_ID}/pin", json={"who": who})
        assert client.delete(f"/traces/{TRACE_ID}/pin", params={"who": who}).status_code == 200
    assert retention.let_go == ["ann@desk (127.0.0.1)", "127.0.0.1"]
    assert client.delete(f"/traces/{TRACE_ID}/pin?whom=ann").json()["error"]["key"] == "whom"


def test_a_trace_is_pinned_and_let_go(client: httpx.Client) -> None:
    """The answers list the pins; letting go twice is a 404."""
    pinned = client.post(f"/traces/{TRACE_ID}/pin", json={})
    assert [pin["trace_id"] for pin in pinned.json()["pins"]] == [TRACE_ID]
    assert client.get("/pins").json() == pinned.json()
    assert client.delete(f"/traces/{TRACE_ID}/pin").json() == {"pins": []}
    assert client.delete(f"/traces/{TRACE_ID}/pin").status_code == 404


def test_an_erasure_is_counted_asked_for_and_followed(client: httpx.Client, retention: MemoryRetention) -> None:
    """A dry run asks for nothing."""
    body = {"attribute": "user.id=42", "scope": "spans"}
    assert client.post("/erasures", json={**body, "dry_run": True}).json()["id"] is None
    assert retention.erased == []
    assert client.post("/erasures", json=body).json()["state"] == "waiting"
    assert retention.erased == [("127.0.0.1", "", "user.id=42", "spans")]
    assert client.get(f"/erasures/{ERASURE_ID}").json()["state"] == "finished"
    assert client.get("/erasures/none").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"trace_id": TRACE_ID, "attribute": "a=b"},
        {"trace_id": TRACE_ID, "scope": "spans"},
        {"attribute": "a=b", "scope": "all"},
        {"attribute": "a=" + "b" * (64 << 10)},
        {"attribute": "a=b", "who": "w" * 201},
    ],
)
def test_an_unclear_erasure_is_refused(client: httpx.Client, retention: MemoryRetention, body: dict[str, str]) -> None:
    """Neither, both, a scope that there isn't, or too long a text: 400, and nothing is erased."""
    assert client.post("/erasures", json=body).status_code == 400
    assert retention.erased == []


@pytest.mark.parametrize("path", ["/erasures", "/retention/trial", f"/traces/{TRACE_ID}/pin"])
def test_a_page_of_another_site_can_change_nothing(client: httpx.Client, retention: MemoryRetention, path: str) -> None:
    """What a browser sends without asking first is no JSON by its type, and is refused."""
    answer = client.post(path, content=b'{"attribute": "a=b"}', headers={"Content-Type": "text/plain"})
    assert answer.status_code == 400
    assert (retention.erased, retention.held) == ([], {})


def test_the_audit_log_is_listed(client: httpx.Client) -> None:
    """With moments as strings."""
    (line,) = client.get("/audit", params={"limit": 5}).json()["lines"]
    assert (line["at_unix_nano"], line["action"], line["spans"]) == ("1", "erase", 2)
