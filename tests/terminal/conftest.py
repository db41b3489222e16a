"""A served Clew without an engine: the real REST application over a reader in memory, and a door for OTLP."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from clew.api.app import build_app
from tests.api.memory_reader import MemoryReader, MemorySystem, make_span, make_trace
from tests.api.serving import Served, serve
from tests.terminal.ingest import IngestDoor


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    """One server for all tests of this folder."""
    with serve() as server:
        yield server


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a terminal's user may have set doesn't change the tests."""
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "CLEW_SERVER", "CLEW_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def reader() -> MemoryReader:
    """Two traces: 1 (shop and cart; the cart failed with an exception) and, a second later, 2."""
    failed = make_span("GET /cart", 2, parent_id=1, start_ms=10)
    failed.status.code = Status.STATUS_CODE_ERROR
    failed.status.message = "no such cart"
    event = failed.events.add(name="exception", time_unix_nano=failed.start_time_unix_nano + 1_000_000)
    event.attributes.add(key="exception.type").value.string_value = "KeyError"
    event.attributes.add(key="exception.message").value.string_value = "'cart 7'"
    first = make_trace(1, {"shop": [make_span("GET /", 1, length_ms=40)], "cart": [failed]})
    return MemoryReader([first, make_trace(2, {"shop": [make_span("GET /about", 3, start_ms=1000)]})])


@pytest.fixture
def system() -> MemorySystem:
    """A ready system that has loaded everything."""
    return MemorySystem()


@pytest.fixture
def door(served: Served, reader: MemoryReader, system: MemorySystem, tmp_path: Path) -> IngestDoor:
    """What is served: REST and the door for OTLP."""
    ingest = IngestDoor(build_app(reader, system, "default", tmp_path / "no-ui"))
    served.app = ingest
    return ingest


@pytest.fixture
def server(served: Served, door: IngestDoor) -> str:
    """Its address."""
    return served.url
