"""Reads rate, errors and durations, which are counted as spans are loaded."""

from itertools import groupby
from operator import itemgetter
from typing import Any

from clew.model.red import RedFigures, RedQuery, RedSeries, together
from clew.model.sampling_weight import weight_of
from clew.store.engine import Engine
from clew.store.statement import statement
from clew.store.told_probability import probability_of

_SERVICE, _STEP = itemgetter(0), itemgetter(1)


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
        RedSeries(
            service.decode(),
            {step: together([_figures(row[2:]) for row in same]) for step, same in groupby(of_service, _STEP)},
        )
        for service, of_service in groupby(rows, _SERVICE)
    ]


def _figures(row: Any) -> RedFigures:
    told, probability_of_root, spans, errors, duration_sum_ns, duration_max_ns, (buckets, counts) = row
    # What a root tells is of spans that are counted as one each in another row.
    weight = weight_of(probability_of_root) - 1 if probability_of_root else weight_of(probability_of(told))
    stored = (0, 0) if probability_of_root else (spans, errors)
    histogram = {bucket: weight * count for bucket, count in zip(buckets, counts, strict=True)}
    return RedFigures(weight * spans, weight * errors, weight * duration_sum_ns, duration_max_ns, histogram, *stored)
