"""What a person asks for when searching for traces."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TraceQuery:
    """Filters on traces; None and empty mean "any".

    `service`, `operation`, `attributes` and `error_only` must hold on one and the same span; the durations (ns)
    are those of the whole trace; `start_ns` <= start of the trace < `end_ns` (Unix ns). `cursor` is a
    `TracePage.next_cursor` of the same query. `condition` is text of the search language, and holds on that span, too.
    """

    tenant: str
    service: str | None
    operation: str | None
    attributes: tuple[tuple[str, str], ...]
    min_duration_ns: int | None
    max_duration_ns: int | None
    error_only: bool
    start_ns: int | None
    end_ns: int | None
    limit: int
    cursor: str | None
    condition: str = ""
