from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from clew.api.app import build_app
from clew.sampling.provider import SamplingProvider
from clew.sampling.settings import SamplingSettings
from tests.api.memory_reader import MemoryReader, MemorySystem
from tests.api.serving import serve

HALF = {"type": "probabilistic", "param": 0.5}


@pytest.fixture
def provider(tmp_path: Path) -> SamplingProvider:
    """Without a file."""
    return SamplingProvider(tmp_path / "sampling", SamplingSettings())


@pytest.fixture
def client(provider: SamplingProvider, tmp_path: Path) -> Iterator[httpx.Client]:
    """A client below `/api/clew/v1/sampling`."""
    app = build_app(MemoryReader(), MemorySystem(), "default", tmp_path, sampling=provider)
    with (
        serve(app) as served,
        httpx.Client(base_url=f"{served.url}/api/clew/v1/sampling", trust_env=False) as client,
    ):
        yield client


def told(client: httpx.Client, service: str) -> Any:
    """What clients of a service are told, and by whom."""
    answer = client.get(f"/strategies/{service}")
    assert answer.status_code == 200, answer.text
    return answer.json()["source"], answer.json()["answer"]["probabilisticSampling"]["samplingRate"]


def test_strategies_are_set_and_removed(client: httpx.Client) -> None:
    """Each change is told to clients at once, and stays in the history with who it was."""
    assert client.get("/strategies").json() == {"version": None, "file": None}
    assert told(client, "shop") == ("built in", 0.001)
    put = client.put("/strategies", json={"strategies": {"default_strategy": HALF}, "who": "ann"})
    assert put.status_code == 200
    assert (put.json()["version"], put.json()["who"]) == (1, "ann (127.0.0.1)")
    assert told(client, "shop") == ("api default", 0.5)
    assert client.get("/strategies").json()["version"] == put.json()
    removed = client.delete("/strategies", params={"who": "bob"})
    assert (removed.json()["version"], removed.json()["strategies"]) == (2, None)
    assert told(client, "shop") == ("built in", 0.001)
    versions = client.get("/history").json()["versions"]
    assert [(each["version"], each["who"]) for each in versions] == [(2, "bob (127.0.0.1)"), (1, "ann (127.0.0.1)")]
    assert [each["version"] for each in client.get("/history", params={"limit": "1"}).json()["versions"]] == [2]


def test_an_old_version_is_put_again(client: httpx.Client) -> None:
    """That is how a change is taken back."""
    for share in (0.5, 0.9):
        client.put("/strategies", json={"strategies": {"default_strategy": {**HALF, "param": share}}})
    assert client.put("/strategies", json={"version": 1, "who": "ann"}).json()["version"] == 3
    assert told(client, "shop") == ("api default", 0.5)
    assert client.put("/strategies", json={"version": 7}).status_code == 404


def test_one_service_is_set_and_removed(client: httpx.Client) -> None:
    """Also one whose name has to be encoded."""
    name = "team%2Fshop"
    assert client.put(f"/strategies/{name}", json={"strategy": HALF, "who": "ann"}).status_code == 200
    assert told(client, name) == ("api", 0.5)
    assert client.get("/strategies").json()["version"]["strategies"] == {
        "service_strategies": [{**HALF, "service": "team/shop"}]
    }
    assert client.delete(f"/strategies/{name}").status_code == 200
    assert told(client, name) == ("built in", 0.001)
    assert client.delete(f"/strategies/{name}").status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/strategies", {}, "strategies: or version must be given, and not both"),
        ("/strategies", {"strategies": {}, "version": 1}, "strategies: or version must be given, and not both"),
        ("/strategies", {"strategies": {"default_strategy": {**HALF, "param": 2}}}, "default_strategy.param: 2 does"),
        ("/strategies", {"strategies": {}, "if_version": 5}, "if_version: 5 isn't in force any more, but 0"),
        ("/strategies/shop", {"strategy": {"type": "x"}}, "strategy: service_strategies[0].type: 'x' is none"),
        ("/strategies/shop", {"strategy": HALF, "who": "a" * 201}, "who: has 201 characters"),
        ("/strategies/shop", {"strategies": HALF}, "strateg"),
    ],
)
def test_a_wrong_body_is_refused(
    client: httpx.Client, provider: SamplingProvider, path: str, body: dict[str, Any], message: str
) -> None:
    """With 400 and the place; nothing changes."""
    answer = client.put(path, json=body)
    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]
    assert provider.versions.current is None


def test_brackets_without_end_are_refused(client: httpx.Client, provider: SamplingProvider) -> None:
    """A body that is nested too deeply to be read is the sender's fault."""
    answer = client.put("/strategies", content="[" * 100_000, headers={"Content-Type": "application/json"})
    assert (answer.status_code, "nested" in answer.json()["error"]["message"]) == (400, True)
    assert provider.versions.current is None


def test_pages_of_other_sites_can_not_change_anything(client: httpx.Client, provider: SamplingProvider) -> None:
    """A form or plain text, which a browser sends for any page, is refused."""
    answer = client.put("/strategies", content='{"strategies": {}}', headers={"Content-Type": "text/plain"})
    assert answer.status_code == 400
    assert provider.versions.current is None


def test_without_sampling_there_are_no_routes(tmp_path: Path) -> None:
    """As without retention."""
    with serve(build_app(MemoryReader(), MemorySystem(), "default", tmp_path)) as served:
        answer = httpx.get(f"{served.url}/api/clew/v1/sampling/strategies", trust_env=False)
    assert answer.status_code == 404
