"""Settings of the store: what the engine may use."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Memory the engine may use in all and per query, and the limits of one query."""

    max_memory_bytes: int = 2 << 30
    background_threads: int = 2
    read_handles: int = 4
    max_query_memory_bytes: int = 1 << 30
    max_query_time_s: float = 15.0
    max_query_rows_read: int = 10_000_000_000
    """For machines with many cores: on two, the limit on time comes first."""
    max_query_result_rows: int = 4_000_000
    """The spans of the largest trace that can be opened in windows."""
    max_query_wait_s: float = 5.0
    max_query_threads: int = 2
    max_load_tries: int = 10
    """About a minute; then a segment that is at fault itself is set aside."""
    retention_interval_s: float = 300.0
    """Between two looks for what is too old; what hasn't changed since the last one is skipped."""
