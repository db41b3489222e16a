import asyncio

from clew.agent.status_app import StatusApp
from clew.model.metric import gauge
from tests.agent.asgi import ask
from tests.server.exposition import parse_exposition


def test_metrics_are_written_for_a_scraper() -> None:
    """In Prometheus' text format, with its media type."""
    app = StatusApp(lambda: [gauge("clew_x", "text", 1)], lambda: None)
    status, headers, body = asyncio.run(ask(app, "/metrics"))
    assert (status, headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert parse_exposition(body.decode()) == {("clew_x", ()): 1}


def test_health_and_readiness_are_two_questions() -> None:
    """A full journal is no reason to restart the process, and one to send nothing."""
    app = StatusApp(list, lambda: "the journal is full")
    assert asyncio.run(ask(app, "/healthz"))[::2] == (200, b"ok\n")
    assert asyncio.run(ask(app, "/readyz"))[::2] == (503, b"the journal is full\n")
    assert asyncio.run(ask(StatusApp(list, lambda: None), "/readyz"))[::2] == (200, b"ready\n")


def test_all_else_is_not_here() -> None:
    """Neither spans nor pages."""
    app = StatusApp(list, lambda: None)
    assert asyncio.run(ask(app, "/"))[0] == 404
    assert asyncio.run(ask(app, "/metrics", method="POST"))[0] == 404
