"""Warm the engine up: a few loads of made-up spans into a scratch database, which is dropped again.

The engine compiles expressions after their third use and fills caches; cold, the first loads take two to three times
as long (240 ms against 90 ms for 15,000 spans on two cores), and the first client would wait for them.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew.journal.record import encode_record
from clew.journal.segment import Segment
from clew.store.engine import Engine
from clew.store.statement import migration_names, statement

SCRATCH_DATABASE = "clew_warm_up"
_LOADS = 5
_SPANS = 2000

LoadSegment = Callable[[Any, Segment], None]


def warm_up(engine: Engine, directory: Path, load_segment: LoadSegment) -> None:
    """Load made-up spans several times; `directory` takes temporary files. Leaves nothing behind."""
    handle = engine.trusted()
    handle.command(statement("drop_scratch_database.sql"))
    handle.command(statement("create_scratch_database.sql"))
    handle.command(f"USE {SCRATCH_DATABASE}")
    try:
        for name in filter(_is_for_loads, migration_names()):
            handle.command(statement(f"migrations/{name}"))
        with tempfile.TemporaryDirectory(dir=directory) as scratch:
            records = b"".join(encode_record(_made_up_request()))
            for number in range(_LOADS):
                path = Path(scratch) / f"warm-up-{number}"
                path.write_bytes(records)
                load_segment(handle, Segment(number, 0, "traces/default", path, len(records)))
    finally:
        handle.command(statement("drop_scratch_database.sql"))
        handle.command("USE clew")


def _is_for_loads(migration: str) -> bool:
    return "0015" <= migration < "0029" or "0056" <= migration < "0062"


def _made_up_request() -> bytes:
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    resource_spans.resource.attributes.add(key="service.name").value.string_value = "warm-up"
    scope_spans = resource_spans.scope_spans.add()
    for number in range(1, _SPANS + 1):
        span = scope_spans.spans.add(
            trace_id=(number // 40 + 1).to_bytes(16, "big"),
            span_id=number.to_bytes(8, "big"),
            name=f"operation-{number % 20}",
            kind=2,
            start_time_unix_nano=number * 1_000_000,
            end_time_unix_nano=number * 1_000_000 + 500_000,
        )
        span.attributes.add(key="text").value.string_value = f"value-{number % 100}"
        span.attributes.add(key="whole").value.int_value = number
        span.attributes.add(key="flag").value.bool_value = number % 2 == 0
        span.attributes.add(key="real").value.double_value = number / 7
        span.events.add(name="event", time_unix_nano=number).attributes.add(key="in").value.string_value = "event"
    return request.SerializeToString()
