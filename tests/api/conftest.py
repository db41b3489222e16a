"""One served API over a reader in memory, with the traces that most tests of this folder ask for."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from clew.api.app import build_app
from tests.api.memory_reader import MemoryReader, MemorySystem, make_span, make_trace
from tests.api.serving import Served, serve


@pytest.fixture
def reader() -> MemoryReader:
    """Two traces: 1 (shop and cart, the cart failed, 30 ms) and, a second later, 2 (shop, 10 ms)."""
    failed = make_span("GET /cart", 2, parent_id=1, start_ms=5)
    failed.status.code = Status.STATUS_CODE_ERROR
    failed.attributes.add(key="http/route", value=AnyValue(string_value="/cart"))
    first = make_trace(1, {"shop": [make_span("GET /", 1, length_ms=30)], "cart": [failed]})
    return MemoryReader([first, make_trace(2, {"shop": [make_span("GET /about", 3, start_ms=1000)]})])


@pytest.fixture
def system() -> MemorySystem:
    """A ready system."""
    return MemorySystem()


@pytest.fixture
def static_dir(tmp_path: Path) -> Path:
    """A built web UI of three files."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>Clew</title>")
    (tmp_path / "assets" / "index-B2dK9x_a.js").write_text("export default 1;\n" * 200)
    (tmp_path / "favicon.svg").write_text("<svg/>")
    return tmp_path


@pytest.fixture(scope="session")
def server() -> Iterator[Served]:
    """One server for all tests of this folder."""
    with serve() as served:
        yield served


@pytest.fixture
def client(server: Served, reader: MemoryReader, system: MemorySystem, static_dir: Path) -> Iterator[httpx.Client]:
    """A client of the served API."""
    server.app = build_app(reader, system, "default", static_dir)
    with httpx.Client(base_url=server.url, timeout=10) as http_client:
        yield http_client
