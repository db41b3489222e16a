"""The examples in docs/guides/sampling.md are accepted by a running server, and say what the page says."""

import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from clew.sampling.strategies_file import parse_strategies
from clew.sampling.strategy import Adaptive, Probabilistic
from clew.server.settings import setting_names
from tests.house.test_reference_pages import ask
from tests.server_process import ServerProcess

PAGE = (Path(__file__).parents[2] / "docs/guides/sampling.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The code of one language on the page."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def calls() -> list[list[str]]:
    """Every call of curl, in order, as words."""
    return [shlex.split(line)[1:] for block in blocks("sh") for line in block.splitlines()]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server of its own, for these examples change what holds."""
    server = ServerProcess(tmp_path_factory.mktemp("page") / "data", doors="sampling")
    try:
        yield server
    finally:
        server.stop()


def test_the_strategies_of_the_page_are_right() -> None:
    """Each kind that the text explains is there."""
    strategies = parse_strategies(blocks("json")[1].encode())
    assert strategies.default is not None
    assert strategies.default.operations == {"GET /healthz": Probabilistic(0.0)}
    assert strategies.services["search"].operations["POST /index"] == Adaptive(10)
    assert set(strategies.services) == {"checkout", "batch", "search"}


def test_the_settings_of_the_page_exist() -> None:
    """In their section."""
    (settings,) = blocks("toml")
    assert set(tomllib.loads(settings)["sampling"]) <= set(setting_names("sampling"))


def test_the_calls_of_the_page_do_what_it_says(running: ServerProcess) -> None:
    """The first answer, byte for byte; then setting, looking, the history, and taking back."""
    asked, *changes = calls()
    url = asked[0].replace("http://localhost:5778", f"http://{running.addresses['sampling_http']}")
    assert httpx.get(url, trust_env=False).text == blocks("json")[0].strip()
    answers = [ask(f"http://{running.http}", words) for words in changes]
    assert [answer.status_code for answer in answers] == [200] * 5
    told: dict[str, Any] = answers[2].json()
    assert (told["source"], "operationSampling" in told["answer"]) == ("api", True)
    assert [each["version"] for each in answers[3].json()["versions"]] == [2, 1]
    taken_back = answers[4].json()
    assert (taken_back["version"], json.dumps(taken_back["strategies"])) == (
        3,
        '{"default_strategy": {"type": "probabilistic", "param": 0.5}}',
    )
