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
    max_query_wait_s: float = 5.0
    max_query_threads: int = 2
