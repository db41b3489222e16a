"""Everything that can be asked of the stored traces."""

import functools
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from clew.errors import NotFound, Overloaded
from clew.model.trace import AttributeKey, AttributeValue, Operation, ServiceSummary, TracePage, TraceSummary
from clew.query.cursor import decode_cursor, encode_cursor
from clew.query.plan import OriginLevels, plan_search
from clew.query.search import TraceQuery
from clew.query.slices import slice_starts
from clew.query.statement import fragment
from clew.store.engine import Engine
from clew.store.read import (
    list_attribute_keys,
    list_attribute_values,
    list_operations,
    list_services,
    read_logs,
    read_traces,
)

_WHOLE_TRACES = 2
"""A trace of 200,000 spans takes about 0.5 GB while it is read."""
_WHOLE_TRACE_WAIT_S = 10.0


class StoredTraces:
    """Answers from the engine; every method blocks, and any number of threads may call."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._whole_traces = threading.BoundedSemaphore(_WHOLE_TRACES)

    def services(self, tenant: str) -> list[ServiceSummary]:
        """Every service that sent a span, by name."""
        return list_services(self._engine, tenant)

    def operations(self, tenant: str, service: str) -> list[Operation]:
        """Every operation of a service, by name; empty for an unknown service."""
        return list_operations(self._engine, tenant, service)

    def search_traces(self, query: TraceQuery) -> TracePage:
        """A page of the traces that match, newest first; complete over all pages."""
        found: Sequence[Sequence[Any]] = ()
        origin_levels = functools.partial(self._origin_levels, query.tenant)
        for start_ns in slice_starts(query.start_ns or 0, self._newest_ns(query)):
            plan = plan_search(replace(query, start_ns=start_ns), origin_levels)
            found = self._engine.read(plan.sql, plan.parameters)
            if len(found) > query.limit:
                break
        summaries = tuple(_summary(row) for row in found)
        if len(summaries) <= query.limit:
            return TracePage(summaries, None)
        page = summaries[: query.limit]
        return TracePage(page, encode_cursor(query, page[-1]))

    def _newest_ns(self, query: TraceQuery) -> int:
        """No trace on this page starts after this moment."""
        ((newest_ns,),) = self._engine.read(fragment("newest_start.sql"), {"tenant": query.tenant})
        cursor = decode_cursor(query)
        bounds_ns = [newest_ns, query.end_ns, None if cursor is None else cursor.start_ns]
        return min(int(bound_ns) for bound_ns in bounds_ns if bound_ns is not None)

    def _origin_levels(self, tenant: str, key: str, forms: list[str]) -> OriginLevels:
        parameters = {"tenant": tenant, "key": key, "forms": forms}
        ((resources, scopes),) = self._engine.read(fragment("any_origin_with_attribute.sql"), parameters)
        return resources > 0, scopes > 0

    def trace(self, tenant: str, trace_id: bytes) -> TracesData:
        """All spans of a trace. Raises NotFound when there are none, Overloaded when too many are being read."""
        if not self._whole_traces.acquire(timeout=_WHOLE_TRACE_WAIT_S):
            raise Overloaded("too many large traces are being read; ask again in a moment")
        try:
            (data,) = read_traces(self._engine, tenant, [trace_id])
        finally:
            self._whole_traces.release()
        if not data.resource_spans:
            raise NotFound(f"no span of trace {trace_id.hex()} is stored here; it may be late, or its id mistyped")
        return data

    def traces(self, tenant: str, trace_ids: Sequence[bytes]) -> list[TracesData]:
        """One message per id, in the order asked; empty for an unknown one."""
        return read_traces(self._engine, tenant, trace_ids)

    def logs(self, tenant: str, trace_id: bytes) -> LogsData:
        """The log records of a trace, oldest first; empty when there are none."""
        return read_logs(self._engine, tenant, trace_id)

    def attribute_keys(self, tenant: str, prefix: str, limit: int) -> list[AttributeKey]:
        """Attribute names that start with the prefix."""
        return list_attribute_keys(self._engine, tenant, prefix, limit)

    def attribute_values(self, tenant: str, key: str, prefix: str, limit: int) -> list[AttributeValue]:
        """Values of an attribute that start with the prefix, the most frequent first."""
        return list_attribute_values(self._engine, tenant, key, prefix, limit)


def _summary(row: Sequence[Any]) -> TraceSummary:
    trace_id, start, duration, root, spans, errors, services = row
    return TraceSummary(
        trace_id=trace_id.decode().lower(),
        root_service=root["service"].decode(),
        root_name=root["name"].decode(),
        start_time_unix_nano=start,
        duration_ns=duration,
        span_count=spans,
        error_count=errors,
        services=tuple(service.decode() for service in services),
        root_is_missing=root["has_parent"],
    )
