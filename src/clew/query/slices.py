"""Slices of time for a search that wants the newest: look at little first, and at more only if that wasn't enough."""

from collections.abc import Iterator, Sequence

MINUTE_NS = 60_000_000_000
GROWTH = 10
FIRST_SPANS = 200_000
"""Of the service or operation asked for; they are found in about 10 ms."""
_SECOND_NS = 1_000_000_000
_CENTURY_NS = 100 * 366 * 86_400 * _SECOND_NS


class Density:
    """How much time the newest traces take, learnt from one search for the next; a wrong guess costs one question."""

    def __init__(self) -> None:
        self._trace_ns = _SECOND_NS // 64

    def width_ns(self, count: int) -> int:
        """How far to look back for that many traces."""
        return max(_SECOND_NS, min(_CENTURY_NS, 2 * count * self._trace_ns))

    def saw(self, count: int, width_ns: int) -> None:
        """There were `count` traces within `width_ns`; none says little, so that the next guess is much wider."""
        self._trace_ns = max(1, width_ns // count if count else 16 * max(width_ns, _SECOND_NS))


def minute_slices(first_ns: int, last_ns: int, minutes: Sequence[tuple[int, int]] = ()) -> Iterator[int]:
    """Where each slice begins, newest first, the last one at `first_ns`; all but that are whole minutes.

    `minutes` are those (newest first) that hold what is asked for, with how much: slices then hold ten times as much
    each, and begin where there is something. Without, they are ten times as long each.
    """
    starts = _counted_slices(minutes) if minutes else _growing_slices(last_ns // MINUTE_NS)
    for minute in starts:
        if minute * MINUTE_NS <= first_ns:
            break
        if minute * MINUTE_NS <= last_ns:
            yield minute * MINUTE_NS
    if first_ns <= last_ns:
        yield first_ns


def _growing_slices(minute: int) -> Iterator[int]:
    width = 1
    while minute >= width:
        yield minute - width + 1
        width *= GROWTH


def _counted_slices(minutes: Sequence[tuple[int, int]]) -> Iterator[int]:
    wanted, held = FIRST_SPANS, 0
    for minute, count in minutes:
        held += count
        if held >= wanted:
            yield minute
            wanted, held = wanted * GROWTH, 0
