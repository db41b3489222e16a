"""Rate, errors and durations (RED) of a service or an operation; values."""

from dataclasses import dataclass

from clew.model.duration_histogram import Counts

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

    `duration_sum_ns` is modulo 2^64.
    """

    span_count: int
    error_count: int
    duration_sum_ns: int
    duration_max_ns: int
    histogram: Counts


@dataclass(frozen=True, slots=True)
class RedSeries:
    """One service: its steps that have spans, by number (0 begins at the query's `first_minute`)."""

    service: str
    steps: dict[int, RedFigures]
