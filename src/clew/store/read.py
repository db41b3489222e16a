"""Reads by key: a trace, its logs, and what there is to choose from when searching."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from clew.model.sampling_weight import weight_of
from clew.model.trace import ATTRIBUTE_LEVELS, SPAN_KINDS, AttributeKey, AttributeValue, Operation, ServiceSummary
from clew.store.decode import logs_data, traces_data
from clew.store.engine import Engine
from clew.store.statement import statement
from clew.store.told_probability import probability_of


def find_trace_minutes(engine: Engine, tenant: str, trace_ids: Sequence[bytes]) -> tuple[int, list[int]]:
    """How many spans of the traces are stored, and the minutes (since 1970) in which they start."""
    parameters = {"tenant": tenant, "trace_ids": [trace_id.hex() for trace_id in trace_ids]}
    ((span_count, minutes),) = engine.read(statement("find_trace_minutes.sql"), parameters)
    return span_count, sorted(minutes)


def read_traces(
    engine: Engine, tenant: str, trace_ids: Sequence[bytes], minutes: Sequence[int] | None = None
) -> list[TracesData]:
    """One message per id, in the order asked; one without spans when the trace isn't there.

    `minutes` are those of `find_trace_minutes`, for who has asked for them already.
    """
    if minutes is None:
        _, minutes = find_trace_minutes(engine, tenant, trace_ids)
    found: dict[bytes, list[Sequence[object]]] = {trace_id: [] for trace_id in trace_ids}
    parameters = {"tenant": tenant, "trace_ids": [trace_id.hex() for trace_id in found], "minutes": list(minutes)}
    for row in engine.read(statement("read_spans.sql"), parameters):
        found[row[0]].append(row)
    return [traces_data(found[trace_id]) for trace_id in trace_ids]


def read_logs(engine: Engine, tenant: str, trace_id: bytes) -> LogsData:
    """All log records that carry the trace's id, oldest first; empty when there are none."""
    return logs_data(engine.read(statement("read_logs.sql"), {"tenant": tenant, "trace_id": trace_id.hex()}))


def list_services(engine: Engine, tenant: str) -> list[ServiceSummary]:
    """Every service that sent a span, by name."""
    rows = engine.read(statement("list_services.sql"), {"tenant": tenant})
    return [
        ServiceSummary(name.decode(), spans, errors, max(row[-1] for row in same), stored)
        for (name,), same in _grouped(rows, 1)
        for spans, errors, stored in [_weighed(row[1:4] for row in same)]
    ]


def list_operations(engine: Engine, tenant: str, service: str) -> list[Operation]:
    """Every operation of a service, by name, then kind."""
    rows = engine.read(statement("list_operations.sql"), {"tenant": tenant, "service": service})
    return [
        Operation(name.decode(), _kind_name(kind), *_weighed(row[2:] for row in same))
        for (name, kind), same in _grouped(rows, 2)
    ]


def list_attribute_keys(engine: Engine, tenant: str, prefix: str, limit: int) -> list[AttributeKey]:
    """Attribute names that start with the prefix (case ignored), by name."""
    parameters = {"tenant": tenant, "prefix": prefix, "limit": limit}
    rows = engine.read(statement("list_attribute_keys.sql"), parameters)
    return [
        AttributeKey(
            key.decode(),
            tuple(sorted((level.decode() for level in levels), key=ATTRIBUTE_LEVELS.index)),
            tuple(sorted(kind.decode() for kind in kinds)),
        )
        for key, levels, kinds in rows
    ]


def list_attribute_values(engine: Engine, tenant: str, key: str, prefix: str, limit: int) -> list[AttributeValue]:
    """Values of an attribute that start with the prefix (case ignored), the most frequent first.

    For completion: of large loads only a sample is counted, and values over 128 bytes are left out.
    """
    parameters = {"tenant": tenant, "key": key, "prefix": prefix, "limit": limit}
    rows = engine.read(statement("list_attribute_values.sql"), parameters)
    return [AttributeValue(value.decode(), kind.decode(), counted) for value, kind, counted in rows]


def _grouped(rows: Sequence[Sequence[Any]], columns: int) -> list[tuple[Sequence[Any], list[Sequence[Any]]]]:
    """Sorted rows by their first columns."""
    return [(key, list(same)) for key, same in groupby(rows, key=lambda row: row[:columns])]


def _weighed(rows: Iterable[Sequence[Any]]) -> tuple[float, float, int]:
    """Spans and errors by weight, and spans as stored, of rows (what they tell, spans, errors)."""
    total: float = 0
    total_errors: float = 0
    stored = 0
    for told, spans, errors in rows:
        weight = weight_of(probability_of(told))
        total, total_errors, stored = total + weight * spans, total_errors + weight * errors, stored + spans
    return total, total_errors, stored


def _kind_name(kind: int) -> str:
    return SPAN_KINDS[kind] if 0 <= kind < len(SPAN_KINDS) else str(kind)
