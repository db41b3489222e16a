import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
import requests
from flask import Flask

from clew.demo.fault import FaultPlan
from clew.demo.web import FlaskService, HttpClient, status_of


def _make_app(peers: object) -> Flask:
    app = Flask("test")

    @app.get("/fine")
    def fine() -> dict[str, str]:
        return {"it": "works"}

    @app.get("/scarce")
    def scarce() -> dict[str, str]:
        raise ValueError("out of stock")

    @app.get("/broken")
    def broken() -> dict[str, str]:
        raise ZeroDivisionError("a bug")

    return app


@pytest.fixture(scope="module")
def client() -> Iterator[HttpClient]:
    """A client of a real Flask service."""
    service, stop = FlaskService(_make_app, FaultPlan((), RuntimeError)), threading.Event()
    port = service.bind()
    thread = threading.Thread(target=service.serve, args=({}, stop))
    thread.start()
    with closing(HttpClient(f"127.0.0.1:{port}")) as client:
        yield client
    stop.set()
    thread.join()


def test_an_answer_is_decoded(client: HttpClient) -> None:
    """What the route returns arrives at the caller."""
    assert client.request("GET", "/fine") == {"it": "works"}


@pytest.mark.parametrize(("path", "status"), [("/scarce", 409), ("/broken", 500), ("/nowhere", 404)])
def test_an_exception_tells_the_caller_what_kind_it_is(client: HttpClient, path: str, status: int) -> None:
    """An exception in a route becomes a status and a JSON body that names it."""
    with pytest.raises(requests.HTTPError) as refusal:
        client.request("GET", path)
    answer = refusal.value.response
    assert answer.status_code == status
    assert set(answer.json()) == {"error", "message"}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (requests.Timeout(), 504),
        (requests.ConnectionError(), 502),
        (PermissionError(), 402),
        (TimeoutError(), 504),
        (ConnectionRefusedError(), 503),
        (RuntimeError(), 500),
    ],
)
def test_failures_behind_a_service_have_their_own_status(error: Exception, status: int) -> None:
    """A caller can tell a slow neighbour from an absent one and from a bug."""
    assert status_of(error) == status
