"""A rate that holds in the long run: a bucket that may go into debt once, and then waits until that is paid."""

from collections.abc import Callable

from clew.errors import InputTooLarge, RateExceeded

BURST_S = 2.0
"""What may come at once after a rest: exporters send a batch each few seconds."""
MOST_DEBT_S = 60.0
"""No request may cost more than so much of the future; it could never be sent otherwise."""


class TokenBucket:
    """Not for several threads: its owner has a lock. `clock` is in seconds."""

    def __init__(self, what: str, per_s: float, clock: Callable[[], float]) -> None:
        self._what = what
        self._per_s = per_s
        self._clock = clock
        self._balance = per_s * BURST_S
        self._filled_s = clock()

    def check(self, cost: float = 0) -> None:
        """Raises RateExceeded while there is a debt, InputTooLarge when the cost could never be paid."""
        self._fill()
        if cost > self._per_s * MOST_DEBT_S:
            raise InputTooLarge(
                f"{cost:.0f} {self._what} at once are too many for a key with a limit of {self._per_s:g} a second;"
                " send smaller batches"
            )
        if self._balance <= 0:
            message = f"the key's limit of {self._per_s:g} {self._what} a second is reached; send later, or less"
            raise RateExceeded(message, max(0.1, -self._balance / self._per_s))

    def take(self, cost: float) -> None:
        """Pay, on credit where there isn't enough; a negative cost gives back."""
        self._balance -= cost

    def _fill(self) -> None:
        now_s = self._clock()
        self._balance = min(self._per_s * BURST_S, self._balance + (now_s - self._filled_s) * self._per_s)
        self._filled_s = now_s
