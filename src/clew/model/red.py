"""Rate, errors and durations (RED) of a service or an operation; values."""

from collections.abc import Collection
from dataclasses import dataclass

from clew.model.duration_histogram import Counts, merged

MINUTE_NS = 60_000_000_000
ENTRY_KINDS = (2, 5)
"""Server and consumer: spans of requests and messages that come in."""


@dataclass(frozen=True, slots=True)
class RedQuery:
    """Whole minutes (since 1970) from `first_minute` up to, but without, `end_minute`, in steps of `step_minutes`.

    `service` and `operation` None mean any; `kinds` are OTLP's numbers, empty for all.
    """

    tenant: str
    service: str | None
    operation: str | None
    kinds: tuple[int, ...]
    first_minute: int
    end_minute: int
    step_minutes: int


@dataclass(frozen=True, slots=True)
class RedFigures:
    """Spans that started in some minutes: how many, how many failed, how long they took (ns).

    By weight (`sampling_weight`): those that there were, as far as clients tell how they sampled; whole numbers when
    none of them did. `stored_…` are those that came. The sum that each weight multiplies is modulo 2^64.
    """

    span_count: float
    error_count: float
    duration_sum_ns: float
    duration_max_ns: int
    histogram: Counts
    stored_span_count: int
    stored_error_count: int


@dataclass(frozen=True, slots=True)
class RedSeries:
    """One service: its steps that have spans, by number (0 begins at the query's `first_minute`)."""

    service: str
    steps: dict[int, RedFigures]


def together(parts: Collection[RedFigures]) -> RedFigures:
    """The figures of all parts; of nothing when there are none."""
    return RedFigures(
        sum(part.span_count for part in parts),
        sum(part.error_count for part in parts),
        sum(part.duration_sum_ns for part in parts),
        max((part.duration_max_ns for part in parts), default=0),
        merged(part.histogram for part in parts),
        sum(part.stored_span_count for part in parts),
        sum(part.stored_error_count for part in parts),
    )
