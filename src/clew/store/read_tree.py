"""Reads of parts of one trace, for traces too large to be read whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from clew.store.decode import logs_data, traces_data
from clew.store.engine import Engine
from clew.store.native_blocks import read_columns
from clew.store.span_columns import SpanColumns, UInt64s
from clew.store.statement import statement

_MINUTE_NS = 60_000_000_000
_LEAST_NEW_SPANS = 100


@dataclass(frozen=True, slots=True)
class TraceExtent:
    """How many spans of a trace are stored, and the minutes (since 1970) in which the first and last of them start."""

    span_count: int
    first_minute: int
    last_minute: int


def find_trace_extent(engine: Engine, tenant: str, trace_id: bytes) -> TraceExtent | None:
    """Where the spans of a trace are; None when none is stored. Some 5 ms, however many spans and traces there are."""
    parameters = {"tenant": tenant, "trace_id": trace_id.hex()}
    ((span_count, start_ns, end_ns),) = engine.read(statement("find_trace_extent.sql"), parameters)
    # No span starts after the last end: one whose end is before its start counts as ending where it starts.
    return extent_between(span_count, start_ns, end_ns) if span_count else None


def extent_between(span_count: int, first_ns: int, last_ns: int) -> TraceExtent:
    """The extent of so many spans that start between two moments (Unix ns)."""
    return TraceExtent(span_count, first_ns // _MINUTE_NS, last_ns // _MINUTE_NS)


def read_span_columns(engine: Engine, tenant: str, trace_id: bytes, extent: TraceExtent) -> SpanColumns:
    """The narrow columns of all spans of a trace: one scan, about 0.1 s and 42 MB for a million."""
    native = engine.read_native(statement("read_span_columns.sql"), _within(tenant, trace_id, extent))
    (span_id, parent_span_id, start, duration, kind, status), (service, name) = read_columns(native, 6, 2)
    return SpanColumns(
        span_id=span_id,
        parent_span_id=parent_span_id,
        start_time_unix_nano=start,
        duration_ns=duration,
        kind=kind,
        status_code=status,
        service=service.codes,
        name=name.codes,
        services=service.values,
        names=name.values,
    )


class GrownTraces:
    """Which huge traces have grown; used from one thread. It never waits for those who search."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._seen: set[str] = set()

    def next(self, least: int, most: int, limit: int) -> list[tuple[str, bytes]]:
        """Tenant and id of those with `least` to `most` spans that came since the last call, the latest first.

        The first call looks at those of the last day; a merge may name some again. About 8 ms when nothing came, and
        20 ms after a load.
        """
        parts = {name.decode() for (name,) in self._engine.inspect(statement("list_new_parts.sql"))}
        unseen, self._seen = sorted(parts - self._seen), parts
        if not unseen:
            return []
        bounds = {"parts": unseen, "least": least, "most": most, "limit": limit, "least_new": _LEAST_NEW_SPANS}
        rows = self._engine.inspect(statement("find_grown_traces.sql"), bounds)
        return [(tenant.decode(), trace_id) for tenant, trace_id in rows]


def read_span(
    engine: Engine, tenant: str, trace_id: bytes, extent: TraceExtent, span_id: bytes, *, twin: int
) -> TracesData:
    """The span of a trace that has the id, whole; of several the one of that number, by start, then by length. Without
    spans when there is none.
    """
    parameters = _within(tenant, trace_id, extent) | {"span_id": span_id.hex(), "twin": twin}
    return traces_data(engine.read(statement("read_span.sql"), parameters))


def read_spans_between(engine: Engine, tenant: str, trace_id: bytes, first_ns: int, last_ns: int) -> TracesData:
    """The spans of a trace that start between two moments (Unix ns, both included), whole, in order of start."""
    parameters = _within(tenant, trace_id, extent_between(0, first_ns, last_ns)) | {
        "first_start": first_ns,
        "last_start": last_ns,
    }
    return traces_data(engine.read(statement("read_spans_by_start.sql"), parameters))


def read_span_logs(engine: Engine, tenant: str, trace_id: bytes, span_id: bytes) -> LogsData:
    """The log records that carry both ids, oldest first; empty when there are none."""
    parameters = {"tenant": tenant, "trace_id": trace_id.hex(), "span_id": span_id.hex()}
    return logs_data(engine.read(statement("read_span_logs.sql"), parameters))


def find_spans_by_attribute(
    engine: Engine, tenant: str, trace_id: bytes, extent: TraceExtent, attributes: Sequence[bytes]
) -> UInt64s:
    """The ids (big-endian numbers) of the spans that have one of the encoded attributes, on any level."""
    encoded = [attribute.hex().upper() for attribute in attributes]
    parameters = _within(tenant, trace_id, extent) | {"attributes": encoded}
    (span_ids,), _ = read_columns(engine.read_native(statement("find_spans_by_attribute.sql"), parameters), 1, 0)
    numbers: UInt64s = span_ids.astype(np.uint64)
    return numbers


def _within(tenant: str, trace_id: bytes, extent: TraceExtent) -> dict[str, Any]:
    return {
        "tenant": tenant,
        "trace_id": trace_id.hex(),
        "first_minute": extent.first_minute,
        "last_minute": extent.last_minute,
    }
