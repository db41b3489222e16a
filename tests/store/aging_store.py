"""A store whose clock the test sets, with traces received on the days that it names; for a process of its own."""

import contextlib
import itertools
import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from clew.journal.journal import Journal
from clew.journal.record import encode_record
from clew.journal.segment import Segment, segment_name
from clew.query.typed_value import attribute_forms, typed_values
from clew.store.engine import Engine
from clew.store.load import load_segment
from clew.store.migrate import migrate
from clew.store.retention import Retention
from tests.store.segments import request_of

TODAY = date(2026, 6, 30)
TENANT = "default"
MS = 1_000_000
_DAY_NS = 86_400_000_000_000


def days_ago(days: int) -> date:
    """A day of receipt."""
    return TODAY - timedelta(days=days)


def forms_of(key: str, typed: str) -> list[bytes]:
    """As the server wires it."""
    return attribute_forms(key, typed_values(typed))


@dataclass
class Plan:
    """One trace to make: spans by service, the first one the root."""

    number: int
    services: tuple[str, ...] = ("shop",)
    name: str = "buy"
    root_ms: float = 10.0
    is_error: bool = False
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def trace_id(self) -> bytes:
        return self.number.to_bytes(16, "big")


class AgingStore:
    """Engine, journal and retention of one directory; it is noon of TODAY."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.engine = Engine(directory / "store")
        migrate(self.engine)
        self.journal = Journal(directory / "journal")
        self.now_ns = int(datetime.combine(TODAY, datetime.min.time(), UTC).timestamp() * 1e9) + _DAY_NS // 2
        self.loading = threading.Lock()
        self.retention = Retention(self.engine, self.journal, self.loading, forms_of, now_ns=lambda: self.now_ns)
        self._handle = self.engine.trusted()
        self._numbers = itertools.count(1 + len(list(directory.glob("*.otlp"))))

    def load(self, day: date, *plans: Plan, as_late: bool = False, tenant: str = TENANT) -> Segment:
        """Load traces as received on that day; `as_late`: one more span each, with other ids, and no root."""
        requests = [_request(day, plan, as_late) for plan in plans]
        return self._load(day, f"traces/{tenant}", requests)

    def load_logs(self, day: date, service: str, tenant: str = TENANT, /, **bodies: bytes) -> None:
        """Load a log record per body, with the trace id that is its value."""
        request = ExportLogsServiceRequest()
        group = request.resource_logs.add()
        group.resource.attributes.add(key="service.name").value.string_value = service
        records = group.scope_logs.add().log_records
        for place, (body, trace_id) in enumerate(bodies.items()):
            record = records.add(trace_id=trace_id, time_unix_nano=_start_ns(day) + place)
            record.body.string_value = body
            record.attributes.add(key="said").value.string_value = body
        self._load(day, f"logs/{tenant}", [request.SerializeToString()])

    def reload(self, segment: Segment) -> None:
        """Load a segment once more, as after a crash."""
        load_segment(self._handle, segment)

    def count(self, sql: str, **parameters: Any) -> int:
        """The number that a query gives."""
        ((number,),) = self.engine.read(sql, parameters)
        return int(number)

    def traces_of(self, table: str, column: str = "trace_id") -> list[int]:
        """The numbers of the traces that a table has."""
        rows = self.engine.read(f"SELECT DISTINCT hex({column}) FROM clew.{table} ORDER BY 1")
        return [int(each, 16) for (each,) in rows]

    def all_traces(self, *, catalogues: bool = True) -> list[int]:
        """The numbers of the traces stored; spans, summaries, starts and (once a day is over) catalogues must agree."""
        found = self.traces_of("spans")
        assert self.traces_of("traces") == found
        assert self.traces_of("trace_starts") == found
        summed = self.count("SELECT sum(span_count) FROM clew.traces")
        assert summed == self.count("SELECT count() FROM clew.spans")
        if catalogues:
            assert summed == self.count("SELECT sum(span_count) FROM clew.operations")
            assert summed == self.count("SELECT sum(span_count) FROM clew.origins")
        return found

    def pass_hours(self, hours: float) -> None:
        """It is later by so much, and retention has looked once."""
        self.now_ns += int(hours * 3_600_000_000_000)
        self.retention.run_pass()

    def weights(self) -> dict[int, float]:
        """What sampling decided, by the number of the trace; each trace is decided about once."""
        rows = self.engine.read("SELECT hex(trace_id), weight FROM clew.trace_weights")
        weights = {int(trace_id, 16): weight for trace_id, weight in rows}
        assert len(weights) == len(rows)
        return weights

    def counts(self) -> list[Any]:
        """The counts by minute."""
        sql = (
            "SELECT service, minute, name, kind, sum(span_count), sum(error_count), sumMap(duration_histogram)"
            " FROM clew.operation_minutes GROUP BY ALL ORDER BY ALL"
        )
        return list(self.engine.read(sql))

    def kill_at(self, part: Any, statement: int) -> None:
        """Kill this process (as -9 does) when a part of retention is about to run its n-th statement from now."""
        part._handle = _KilledHandle(part._handle, statement)

    def close(self) -> None:
        """Everything, in reverse order."""
        self.engine.close()
        self.journal.close()

    def _load(self, day: date, stream: str, requests: list[bytes]) -> Segment:
        created_ms = int(datetime.combine(day, datetime.min.time(), UTC).timestamp()) * 1000 + 43_200_000
        sequence = next(self._numbers)
        path = self.directory / segment_name(sequence, created_ms, stream)
        path.write_bytes(b"".join(piece for request in requests for piece in encode_record(request)))
        segment = Segment(sequence, created_ms, stream, path, path.stat().st_size)
        load_segment(self._handle, segment)
        return segment


class _KilledHandle:
    """A handle whose process is killed before one of its statements; `query` counts as well as `command`."""

    def __init__(self, handle: Any, left: int) -> None:
        self._handle = handle
        self._left = left

    def command(self, *arguments: Any, **named: Any) -> Any:
        self._count()
        return self._handle.command(*arguments, **named)

    def query(self, *arguments: Any, **named: Any) -> Any:
        self._count()
        return self._handle.query(*arguments, **named)

    def _count(self) -> None:
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1


@contextlib.contextmanager
def aging_store(directory: Path) -> Iterator[AgingStore]:
    """Opened, and closed on leaving."""
    store = AgingStore(directory)
    try:
        yield store
    finally:
        store.close()


def await_true(holds: Any, timeout_s: float = 60.0) -> None:
    """Return when `holds()`; there is no event to wait for in what the engine does in the background."""
    deadline_s = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline_s, "not in time"
        time.sleep(0.05)


def _start_ns(day: date) -> int:
    return int(datetime.combine(day, datetime.min.time(), UTC).timestamp()) * 10**9 + 40_000 * 10**9


def _request(day: date, plan: Plan, as_late: bool) -> bytes:
    start_ns = _start_ns(day) + plan.number * MS
    merged = None
    for place, service in enumerate(plan.services):
        span = Span(
            trace_id=plan.trace_id,
            span_id=(plan.number * 1000 + place + 500 * as_late).to_bytes(8, "big"),
            parent_span_id=b"" if place == 0 and not as_late else b"p" * 8,
            name=plan.name if place == 0 else "inner",
            start_time_unix_nano=start_ns,
            end_time_unix_nano=start_ns + int(plan.root_ms * MS),
        )
        if plan.is_error:
            span.status.code = Status.STATUS_CODE_ERROR
        for key, value in plan.attributes.items():
            span.attributes.add(key=key).value.string_value = value
        request = request_of(service, span)
        if merged is None:
            merged = request
        else:
            merged.MergeFrom(request)
    assert merged is not None
    return merged.SerializeToString()
