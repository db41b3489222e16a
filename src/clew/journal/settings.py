"""Settings of the journal: how large, how old, how much disk."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JournalSettings:
    """How large and how old a segment gets, and how much disk the journal may use."""

    segment_bytes: int = 64 << 20
    segment_age_s: float = 0.8
    """When a segment is sealed if little came in meanwhile and the loader is idle."""
    quiet_bytes: int = 4 << 20
    """How much "little" is; a segment with more goes on growing, since large loads cost less per record."""
    max_segment_age_s: float = 0.8
    """When a segment is sealed in any case."""
    max_bytes: int = 4 << 30
    max_unsynced_bytes: int = 256 << 20
    """How much may wait in memory for a slow disk."""
    min_free_bytes: int = 256 << 20
    retry_after_s: float = 2.0
