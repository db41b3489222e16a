import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from clew.api.app import build_app
from clew.api.questions import LATENCY_BOUNDS_S, Answered, QuestionLog
from clew.errors import Overloaded, QueryTooExpensive
from clew.model.question import Question, current_question
from clew.model.trace import ServiceSummary, TracePage
from clew.query.search import TraceQuery
from clew.store.engine import Engine
from tests.api.memory_reader import MemoryReader, MemorySystem, make_span, make_trace
from tests.api.serving import Served
from tests.data_plane import DataPlane

SLOW = "SELECT count() FROM numbers(9e9) WHERE SHA256(toString(number)) = 'x'"
CANCELLED_WITHIN_S = 0.5


class SlowReader(MemoryReader):
    """Asks a real engine for what takes it minutes."""

    def __init__(self, engine: Engine) -> None:
        super().__init__([make_trace(1, {"shop": [make_span("GET /", 1)]})])
        self._engine = engine

    def services(self, tenant: str) -> list[ServiceSummary]:
        self._engine.read(SLOW)
        return []

    def search_traces(self, query: TraceQuery) -> TracePage:
        if query.service == "slow":
            self._engine.read(SLOW)
        return super().search_traces(query)

    def traces(self, tenant: str, trace_ids: Any) -> list[TracesData]:
        self._engine.read(SLOW)
        return []


class RefusingReader(MemoryReader):
    """Answers no question about services."""

    def services(self, tenant: str) -> list[ServiceSummary]:
        raise QueryTooExpensive("too much memory; narrow the time range", "max_query_memory_bytes")

    def operations(self, tenant: str, service: str) -> list[Any]:
        raise Overloaded("too many; ask again")


@pytest.fixture
def asked() -> list[Answered]:
    """What was heard of questions that are over."""
    return []


@pytest.fixture
def log(asked: list[Answered]) -> QuestionLog:
    """Counts the questions of one test."""
    return QuestionLog(asked.append)


def _wait_until(is_so: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline_s
        threading.Event().wait(0.002)


@contextmanager
def _asking(url: str, path: str) -> Iterator[socket.socket]:
    """A connection on which a GET was sent."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        yield connection


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/api/clew/v1/services", "listServices"),
        ("/api/clew/v1/traces?service=slow", "searchTraces"),
        ("/api/clew/v1/export?service=slow", "exportTraces"),
        ("/api/clew/v1/export", "exportTraces"),
    ],
)
def test_a_client_that_leaves_takes_its_query_with_it(
    server: Served, data_plane: DataPlane, log: QuestionLog, path: str, kind: str
) -> None:
    """Once the socket closes, the engine drops the query within half a second, and its handle is free again.

    The last path is an export whose stream has begun.
    """
    engine = data_plane.engine
    server.app = build_app(SlowReader(engine), MemorySystem(), "default", questions=log)
    with _asking(server.url, path):
        _wait_until(lambda: engine.busy_readers == 1)
        left_s = time.monotonic()
    _wait_until(lambda: engine.busy_readers == 0)
    assert time.monotonic() - left_s < CANCELLED_WITHIN_S
    _wait_until(lambda: log.snapshot().under_way == 0)
    assert log.snapshot().refused == {(kind, "cancelled"): 1}
    for _ in range(engine.settings.read_handles):
        assert engine.read("SELECT 1") == [(1,)]


def test_many_clients_that_leave_free_all_handles(server: Served, data_plane: DataPlane, log: QuestionLog) -> None:
    """Clients on every handle, and others that wait for one, leave at once; the pool is whole, nobody waits."""
    engine = data_plane.engine
    server.app = build_app(SlowReader(engine), MemorySystem(), "default", questions=log)
    clients = engine.settings.read_handles + 3
    lines = [_asking(server.url, "/api/clew/v1/services") for _ in range(clients)]
    for line in lines:
        line.__enter__()
    _wait_until(lambda: engine.busy_readers == engine.settings.read_handles and log.snapshot().under_way == clients)
    left_s = time.monotonic()
    for line in lines:
        line.__exit__(None, None, None)
    _wait_until(lambda: log.snapshot().under_way == 0)
    assert time.monotonic() - left_s < 2 * CANCELLED_WITHIN_S
    assert engine.busy_readers == 0
    assert log.snapshot().refused == {("listServices", "cancelled"): clients}


def test_an_answered_question_is_timed_under_its_kind(
    client: httpx.Client, server: Served, reader: MemoryReader, log: QuestionLog, asked: list[Answered]
) -> None:
    """The kind is the route's operation id, whatever the parameters; the client may keep the connection."""
    server.app = build_app(reader, MemorySystem(), "default", questions=log)
    for path in ("traces/" + "0" * 31 + "1", "traces/" + "0" * 31 + "2", "services"):
        assert client.get(f"/api/clew/v1/{path}").status_code == 200
    counts = log.snapshot()
    assert {kind: latency.count for kind, latency in counts.latency.items()} == {"getTrace": 2, "listServices": 1}
    assert 0 < counts.latency["getTrace"].total < 10
    assert counts.latency["getTrace"].bounds == LATENCY_BOUNDS_S
    assert (counts.refused, counts.under_way) == ({}, 0)
    assert [(each.route, each.status) for each in asked] == [
        ("/api/clew/v1/traces/{trace_id}", 200),
        ("/api/clew/v1/traces/{trace_id}", 200),
        ("/api/clew/v1/services", 200),
    ]


def test_a_refused_question_is_counted_by_its_reason(client: httpx.Client, server: Served, log: QuestionLog) -> None:
    """Limits, overload, unknown traces and wrong parameters are told apart, and none is timed."""
    server.app = build_app(RefusingReader(), MemorySystem(), "default", questions=log)
    refused = client.get("/api/clew/v1/services")
    assert (refused.status_code, refused.json()["error"]["key"]) == (422, "max_query_memory_bytes")
    for path in ("services/a/operations", "traces/77", "traces?limit=0"):
        assert client.get(f"/api/clew/v1/{path}").is_client_error
    counts = log.snapshot()
    assert counts.refused == {
        ("listServices", "limit"): 1,
        ("listOperations", "overloaded"): 1,
        ("getTrace", "not_found"): 1,
        ("searchTraces", "bad_query"): 1,
    }
    assert {kind: latency.count for kind, latency in counts.latency.items() if latency.count} == {}


def test_what_machines_ask_is_no_question(client: httpx.Client, server: Served, log: QuestionLog) -> None:
    """Scrapes and probes, many a minute, are not among the figures of what people ask."""
    server.app = build_app(MemoryReader(), MemorySystem(), "default", questions=log)
    for path in ("/metrics", "/healthz", "/readyz", "/api/clew/v1/status"):
        assert client.get(path).status_code == 200
    assert log.snapshot().latency == {}


def test_the_reader_knows_the_question(client: httpx.Client, server: Served) -> None:
    """In the thread that answers, the question of the request is the current one; each request has its own."""
    seen: list[Question | None] = []

    class Noting(MemoryReader):
        def services(self, tenant: str) -> list[ServiceSummary]:
            seen.append(current_question())
            return []

    server.app = build_app(Noting(), MemorySystem(), "default")
    client.get("/api/clew/v1/services")
    client.get("/api/clew/v1/services")
    assert [question.kind for question in seen if question] == ["listServices"] * 2
    assert seen[0] is not seen[1]


def test_a_scrape_waits_for_no_question(
    client: httpx.Client, server: Served, data_plane: DataPlane, log: QuestionLog
) -> None:
    """With more slow questions than there are threads for them, /metrics and /status still answer."""
    engine = data_plane.engine
    server.app = build_app(SlowReader(engine), MemorySystem(), "default", questions=log)
    lines = [_asking(server.url, "/api/clew/v1/services") for _ in range(40)]
    for line in lines:
        line.__enter__()
    try:
        _wait_until(lambda: log.snapshot().under_way == len(lines))
        for path in ("/metrics", "/api/clew/v1/status"):
            assert client.get(path, timeout=4).status_code == 200  # a question waits 5 s for a handle
    finally:
        for line in lines:
            line.__exit__(None, None, None)
    _wait_until(lambda: log.snapshot().under_way == 0)
    assert engine.busy_readers == 0
