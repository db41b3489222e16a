"""Settings of the journal: how large, how old, how much disk."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JournalSettings:
    """How large and how old a segment gets, and how much disk the journal may use."""

    segment_bytes: int = 64 << 20
    segment_age_s: float = 0.8
    """When a segment is sealed if the loader is idle. While it works, the next segment grows: a load costs 90 ms and
    more whatever is in it, so that the busier the machine, the larger and the cheaper its loads."""
    max_segment_age_s: float = 4.0
    """When a segment is sealed in any case."""
    sync_interval_s: float = 0.01
    """The least time from one sync to the next: many requests then share one. The first after a pause never waits."""
    max_bytes: int = 4 << 30
    max_unsynced_bytes: int = 256 << 20
    """How much may wait in memory for a slow disk."""
    min_free_bytes: int = 256 << 20
    retry_after_s: float = 2.0
