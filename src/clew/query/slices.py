"""Slices of time for a search that wants the newest: look at little first, and at more only if that wasn't enough."""

from collections.abc import Iterator

FIRST_SLICE_NS = 60_000_000_000
GROWTH = 60


def slice_starts(floor_ns: int, newest_ns: int) -> Iterator[int]:
    """Where to begin looking, one attempt after the other, each further back and the last at `floor_ns` (Unix ns).

    What an attempt finds is complete for its slice. So once it finds enough, those are the newest of all; and since
    slices grow 60-fold (a minute, an hour, days, months), an attempt in vain costs little beside the next.
    """
    width_ns = FIRST_SLICE_NS
    while newest_ns - width_ns > floor_ns:
        yield newest_ns - width_ns
        width_ns *= GROWTH
    yield floor_ns
