"""The reference pages name every command, every REST path and every metric, and their examples work."""

import re
import shlex
from collections.abc import Iterable, Iterator
from typing import Any

import httpx
import pytest

from clew.api.app import build_app
from clew.cli import app
from clew.sampling.provider import SamplingProvider
from clew.sampling.settings import SamplingSettings
from tests.api.memory_reader import MemoryReader, MemorySystem, make_span, make_trace
from tests.api.memory_retention import MemoryRetention
from tests.api.serving import serve
from tests.house.project_files import ROOT

REST_PAGE = ROOT / "docs/reference/rest-api.md"
COMMANDS_PAGE = ROOT / "docs/reference/commands.md"
METRICS_PAGE = ROOT / "docs/reference/metrics.md"
TRACE_ID = 0x5B8AA5A2D2C872E8321CF37308D69DF2
_FENCE = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
_METRIC = re.compile(r'"((?:clew|process)_[a-z_]+)"')


def shell_lines(page: str, program: str) -> list[list[str]]:
    """The calls of a program in the shell blocks of a page, as words without its name."""
    lines = [line for block in _FENCE.findall(page) for line in block.splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith(f"{program} ")]


def unnamed(page: str, prefix: str, names: Iterable[str]) -> list[str]:
    """The names that no heading (or, without a prefix, no table row) of the page has."""
    places = "\n".join(line for line in page.splitlines() if line.startswith(("#", "| `")))
    return [name for name in names if f"`{prefix}{name}`" not in places]


def commands() -> list[str]:
    """Every command but `--help` and `--version`."""
    return [name for name in app if not name.startswith("-")]


def metric_names() -> set[str]:
    """Every metric in the sources of the server and of the agent."""
    names = ("server/metrics.py", "receive/metrics.py", "receive/process_figures.py", "agent/metrics.py")
    sources = [ROOT / "src/clew" / name for name in names]
    return {name for source in sources for name in _METRIC.findall(source.read_text(encoding="utf-8"))}


@pytest.fixture(scope="module")
def rest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a served API that has the trace of the examples."""
    reader = MemoryReader([make_trace(TRACE_ID, {"checkout": [make_span("POST /orders", 1)]})])
    no_ui = tmp_path_factory.mktemp("no-ui")
    sampling = SamplingProvider(tmp_path_factory.mktemp("sampling"), SamplingSettings())
    api = build_app(reader, MemorySystem(), "default", no_ui, retention=MemoryRetention(), sampling=sampling)
    with serve(api) as served:
        yield served.url


def ask(rest: str, words: list[str]) -> httpx.Response:
    """What curl would get with these arguments: an address, -G, -X, -d, --data, --data-urlencode and -H."""
    params: list[tuple[str, str | int | float | bool | None]] = []
    headers: dict[str, str] = {}
    url, method, body = "", "GET", None
    rest_of_words = iter(words)
    for word in rest_of_words:
        if word in ("-d", "--data-urlencode"):
            name, _, value = next(rest_of_words).partition("=")
            params.append((name, value))
        elif word == "-X":
            method = next(rest_of_words)
        elif word == "--data":
            body = next(rest_of_words)
        elif word == "-H":
            name, _, value = next(rest_of_words).partition(":")
            headers[name] = value.strip()
        elif word != "-G":
            url = word.replace("http://localhost:16686", rest)
    return httpx.request(method, url, params=params, headers=headers, content=body, trust_env=False)


def documented_paths(rest: str) -> list[str]:
    """The paths of the OpenAPI document."""
    return list(documented(rest))


def documented(rest: str) -> dict[str, dict[str, Any]]:
    """The operations of the OpenAPI document by path and method."""
    document: dict[str, Any] = httpx.get(f"{rest}/api/clew/openapi.json", trust_env=False).json()
    paths: dict[str, dict[str, Any]] = document["paths"]
    return paths


def test_every_path_is_on_the_page(rest: str) -> None:
    """Each path of the OpenAPI document has a heading, and there are many."""
    operations = [f"{method.upper()} {path}" for path, methods in documented(rest).items() for method in methods]
    assert len(operations) > 10
    assert unnamed(REST_PAGE.read_text(encoding="utf-8"), "", operations) == []


def test_every_path_has_an_example_that_works(rest: str) -> None:
    """Each `curl` line of the page is answered with 200, and each path has one."""
    calls = shell_lines(REST_PAGE.read_text(encoding="utf-8"), "curl")
    answers = [ask(rest, words) for words in calls]
    assert [(answer.url.path, answer.status_code) for answer in answers if answer.status_code != 200] == []
    asked = [answer.url.path for answer in answers]
    for path in documented_paths(rest):
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))
        assert any(re.fullmatch(pattern, each) for each in asked), path


def test_an_example_that_fails_is_noticed(rest: str) -> None:
    """A misspelt parameter and an unknown trace are no 200."""
    assert ask(rest, shlex.split("-G http://localhost:16686/api/clew/v1/traces -d servce=a")).status_code == 400
    assert ask(rest, ["http://localhost:16686/api/clew/v1/traces/77"]).status_code == 404


def test_every_command_is_on_the_page_with_an_example() -> None:
    """Each command has a heading and a line that calls it."""
    page = COMMANDS_PAGE.read_text(encoding="utf-8")
    assert len(commands()) >= 7
    assert unnamed(page, "clew ", commands()) == []
    assert {words[0] for words in shell_lines(page, "clew")} == set(commands())


def test_the_examples_of_the_commands_are_accepted() -> None:
    """Each line parses: the options exist and their values fit."""
    for words in shell_lines(COMMANDS_PAGE.read_text(encoding="utf-8"), "clew"):
        command, _, _ = app.parse_args(words, exit_on_error=False, print_error=False)
        assert command.__name__.strip("_").endswith(words[0])


def test_every_metric_is_in_the_table() -> None:
    """The table has exactly the metrics that the server writes."""
    page = METRICS_PAGE.read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == metric_names() != set()


def test_what_a_page_lacks_is_found() -> None:
    """A name in the text is no heading; a longer name is another one."""
    page = "# `clew up`\n\ntext of `clew demo`\n\n## `clew exports`\n"
    assert unnamed(page, "clew ", ["up", "demo", "export"]) == ["demo", "export"]
