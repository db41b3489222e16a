"""A store as Clew left it when its tables were partitioned by day alone (migrations up to 0073), with real loads."""

import hashlib
import threading
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from clew.analyse.graph_computation import GraphComputation
from clew.journal.journal import Journal
from clew.journal.segment import Segment
from clew.store.engine import Engine
from clew.store.graph_windows import GraphWindows
from clew.store.load import load_segment
from clew.store.migrate import create_functions
from clew.store.statement import migration_names, statement
from tests.store.segments import derived_rows, request_of, write_segment

DAYS = (date(2026, 3, 1), date(2026, 3, 2))
TENANTS = ("shop", "shop-2", "a.b_c")
_SPANS_OF_TRACE = 3
_MINUTE_NS = 60_000_000_000


def request(first: int, traces: int, word: str = "hello") -> bytes:
    """Traces, numbered from `first`, that each call from `shop` to `cart`; every seventh lasts into the next minute."""
    shop: list[Span] = []
    cart: list[Span] = []
    for number in range(first, first + traces):
        start_ns = 1_772_000_000_000_000_000 + number * 9_000_000_000
        ids = [(number * 10 + place).to_bytes(8, "big") for place in range(_SPANS_OF_TRACE)]
        for place, (parent, kind) in enumerate(((b"", 2), (ids[0], 3), (ids[1], 2))):
            span = Span(
                trace_id=number.to_bytes(16, "big"),
                span_id=ids[place],
                parent_span_id=parent,
                name=f"operation-{place}",
                kind=kind,  # type: ignore[arg-type] # a number of the enumeration
                start_time_unix_nano=start_ns + place * 1_000_000 + _MINUTE_NS * (number % 7 == 0 and place == 2),
                end_time_unix_nano=start_ns + 9_000_000,
            )
            span.attributes.add(key="said").value.string_value = f"{word} {number}"
            span.events.add(name="event", time_unix_nano=start_ns).attributes.add(key="n").value.int_value = number
            (cart if place == 2 else shop).append(span)
    merged = request_of("shop", *shop)
    merged.MergeFrom(request_of("cart", *cart, scope="a scope"))
    return merged.SerializeToString()


def logs(first: int, count: int) -> bytes:
    """A log record for each of those traces."""
    made = ExportLogsServiceRequest()
    group = made.resource_logs.add()
    group.resource.attributes.add(key="service.name").value.string_value = "cart"
    records = group.scope_logs.add().log_records
    for number in range(first, first + count):
        record = records.add(trace_id=number.to_bytes(16, "big"), time_unix_nano=number * _MINUTE_NS)
        record.body.string_value = f"log {number}"
    return made.SerializeToString()


class DaysStore:
    """An engine with the tables of then; nothing else may load into it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        is_made = (directory / "store").exists()
        self.engine = Engine(directory / "store")
        self.handle = self.engine.trusted()
        create_functions(self.engine.command)
        if not is_made:
            self._make_tables()

    def _make_tables(self) -> None:
        self.engine.command(statement("create_schema_migrations.sql"))
        names = [name for name in migration_names() if name < "0080"]
        for name in names:
            self.engine.command(statement(f"migrations/{name}"))
        record(self.engine, names)

    def load(self, tenant: str, day: date, payload: bytes, signal: str = "traces") -> Segment:
        """Load a segment as received on the day."""
        created_ms = int(datetime.combine(day, datetime.min.time(), UTC).timestamp()) * 1000
        segment = replace(write_segment(self.directory, tenant, payload, signal=signal), created_ms=created_ms)
        load_segment(self.handle, segment)
        return segment

    def fill(self) -> None:
        """Twenty traces of each tenant and day that the graph has, and of the second day three that it lacks."""
        for place, tenant in enumerate(TENANTS):
            for day in DAYS:
                first = 1000 * (1 + place) + 100 * day.day
                self.load(tenant, day, request(first, 10))
                self.load(tenant, day, request(first + 10, 10))
                self.load(tenant, day, logs(first, 5), "logs")
        self.engine.command("OPTIMIZE TABLE trace_starts PARTITION '2026-03-01' FINAL")
        catch_up(self.engine)
        for place, tenant in enumerate(TENANTS):
            self.load(tenant, DAYS[1], request(1000 * (1 + place) + 100 * DAYS[1].day + 18, 5, "again"))


def record(engine: Engine, names: Iterable[str]) -> None:
    """As applied."""
    checksums = [hashlib.sha256(statement(f"migrations/{name}").encode()).hexdigest() for name in names]
    engine.command(statement("record_schema_migrations.sql"), {"names": list(names), "checksums": checksums})


def catch_up(engine: Engine) -> int:
    """Compute what the service graph lacks; how many spans were read for it."""
    computation = GraphComputation(GraphWindows(engine))
    assert computation.catch_up()
    return computation.spans


def graph(engine: Engine) -> list[Any]:
    """All edges."""
    sql = (
        "SELECT tenant, window, last_minute, span_count, edges.minute, edges.client, edges.server, edges.call_count,"
        " edges.client_histogram FROM clew.graph_windows FINAL ORDER BY ALL"
    )
    return list(engine.read(sql))


def contents(engine: Engine) -> dict[str, Any]:
    """Every span and log record, column by column, and what the derived tables add up to."""
    facts: dict[str, Any] = {
        table: list(engine.read(f"SELECT * FROM clew.{table} ORDER BY ALL")) for table in ("spans", "logs")
    }
    return facts | {tenant: derived_rows(engine, tenant) for tenant in TENANTS}


def append(journal: Journal, tenant: str, payload: bytes) -> None:
    """Acknowledged when this returns."""
    done = threading.Event()
    journal.append(f"traces/{tenant}", payload, lambda _: done.set())
    assert done.wait(30)
