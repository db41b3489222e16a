"""Round steps of time, as people draw them on an axis."""

from itertools import product

_S = 1_000_000_000
_MINUTE = 60 * _S
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
STEPS_NS: tuple[int, ...] = (
    *(digit * 10**power for power, digit in product(range(9), (1, 2, 5))),
    *(number * unit for unit in (_S, _MINUTE) for number in (1, 2, 5, 10, 15, 30)),
    *(hours * _HOUR for hours in (1, 2, 3, 6, 12)),
    *(digit * 10**power * _DAY for power, digit in product(range(6), (1, 2, 5))),
)
"""Rising; the last one is longer than all time that 64 bits of nanoseconds count (213,504 days)."""


def round_step_ns(length_ns: int, most: int) -> int:
    """The least round step of which at most `most` make up the length (ns, > 0); at its ends it may cut two more."""
    return next(step for step in STEPS_NS if step * most >= length_ns)
