"""What a trace is, seen from a distance: its summary, its services and operations, its attributes."""

from dataclasses import dataclass

DEFAULT_TENANT = "default"

SPAN_KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")

ATTRIBUTE_LEVELS = ("span", "resource", "scope", "event", "link")


@dataclass(frozen=True, slots=True)
class TraceSummary:
    """One trace in a list; `trace_id` is 32 lower-case hex digits, times are nanoseconds.

    `root_service` and `root_name` are those of the earliest span without a parent or, while that span
    hasn't arrived (`root_is_missing`), of the earliest span that has.
    """

    trace_id: str
    root_service: str
    root_name: str
    start_time_unix_nano: int
    duration_ns: int
    span_count: int
    error_count: int
    services: tuple[str, ...]
    root_is_missing: bool = False


@dataclass(frozen=True, slots=True)
class TracePage:
    """Summaries newest first; `next_cursor` asks for the rest and is None on the last page."""

    traces: tuple[TraceSummary, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class MatchBucket:
    """What matches among the traces that begin within one interval, from `start_unix_nano` on."""

    start_unix_nano: int
    span_count: int
    trace_count: int


@dataclass(frozen=True, slots=True)
class MatchHistogram:
    """Matches over time: buckets of `width_ns` without gaps, the first one first, and how many there are in all."""

    buckets: tuple[MatchBucket, ...]
    width_ns: int
    span_count: int
    trace_count: int


@dataclass(frozen=True, slots=True)
class ServiceSummary:
    """A service that sent spans; the counts are over everything stored, by weight (`sampling_weight`)."""

    name: str
    span_count: float
    error_count: float
    last_seen_unix_nano: int
    stored_span_count: int


@dataclass(frozen=True, slots=True)
class Operation:
    """A span name of one service with its kind (one of SPAN_KINDS, or the bare number); counts are by weight."""

    name: str
    kind: str
    span_count: float
    error_count: float
    stored_span_count: int


@dataclass(frozen=True, slots=True)
class AttributeKey:
    """An attribute name with the levels (of ATTRIBUTE_LEVELS) and kinds of value it was seen with."""

    key: str
    levels: tuple[str, ...]
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AttributeValue:
    """A value in its text form, its kind (`string`, `bool`, `int`, `double`), and how many were counted."""

    value: str
    kind: str
    count: int
