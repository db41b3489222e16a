from pathlib import Path

import httpx
import pytest

from clew.api.app import build_app
from tests.api.memory_reader import MemoryReader, MemorySystem
from tests.api.serving import Served


@pytest.mark.parametrize("path", ["/", "/index.html", "/search", "/trace/0af7/span/1", "/services/a.b%2Fc"])
def test_client_routes_get_the_index_page(client: httpx.Client, path: str) -> None:
    """What isn't a file is a route that the UI draws; the page is asked for anew each time."""
    answer = client.get(path)
    assert (answer.status_code, answer.text) == (200, "<!doctype html><title>Clew</title>")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


def test_hashed_assets_are_kept_for_ever(client: httpx.Client) -> None:
    """A file with a hash in its name is immutable, with its own media type."""
    answer = client.get("/assets/index-B2dK9x_a.js")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.text == "export default 1;\n" * 200


def test_other_files_are_checked_again(client: httpx.Client) -> None:
    """A file without a hash may change under its name."""
    answer = client.get("/favicon.svg")
    assert (answer.headers["cache-control"], answer.headers["content-type"]) == (
        "no-cache",
        "image/svg+xml; charset=utf-8",
    )


@pytest.mark.parametrize("path", ["/assets/index-old00000.js", "/robots.txt"])
def test_a_missing_file_is_404(client: httpx.Client, path: str) -> None:
    """The index page doesn't stand in for a script or a picture."""
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/..%2Fsecret.txt", "/assets/..%2F..%2Fsecret.txt", "/%2e%2e/secret.txt", "/a%00b"])
def test_nothing_outside_the_directory_is_served(client: httpx.Client, static_dir: Path, path: str) -> None:
    """No path leads out of the UI's directory."""
    (static_dir.parent / "secret.txt").write_text("secret")
    assert "secret" not in client.get(path).text


def test_head_has_headers_only(client: httpx.Client) -> None:
    """HEAD gives the length without the body."""
    answer = client.head("/favicon.svg")
    assert (answer.status_code, answer.headers["content-length"], answer.content) == (200, "6", b"")


def test_other_methods_are_refused(client: httpx.Client) -> None:
    """The UI can only be read."""
    answer = client.post("/")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_without_a_built_ui_a_page_says_what_to_do(
    server: Served, reader: MemoryReader, system: MemorySystem, tmp_path: Path
) -> None:
    """An installation without UI files says how to build them, and its API answers."""
    server.app = build_app(reader, system, "default", tmp_path / "missing")
    page = httpx.get(f"{server.url}/search")
    assert page.status_code == 503
    assert "make ui" in page.text
    assert httpx.get(f"{server.url}/api/clew/v1/services").status_code == 200
