"""Reads rate, errors and durations, which are counted as spans are loaded."""

from itertools import groupby
from typing import Any

from clew.model.red import RedFigures, RedQuery, RedSeries
from clew.store.engine import Engine
from clew.store.statement import statement


def read_red(engine: Engine, query: RedQuery) -> list[RedSeries]:
    """A series for each service that has spans in these minutes, by name."""
    parameters = {
        "tenant": query.tenant,
        "service": query.service or "",
        "any_service": query.service is None,
        "operation": query.operation or "",
        "any_operation": query.operation is None,
        "kinds": list(query.kinds),
        "first_minute": query.first_minute,
        "end_minute": query.end_minute,
        "step_minutes": query.step_minutes,
    }
    rows = engine.read(statement("read_red.sql"), parameters)
    return [
        RedSeries(service.decode(), {row[1]: _figures(row[2:]) for row in steps})
        for service, steps in groupby(rows, key=lambda row: row[0])
    ]


def _figures(row: Any) -> RedFigures:
    spans, errors, duration_sum_ns, duration_max_ns, (buckets, counts) = row
    return RedFigures(spans, errors, duration_sum_ns, duration_max_ns, dict(zip(buckets, counts, strict=True)))
