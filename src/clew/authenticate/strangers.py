"""Answers to wrong keys take their time when there are many: who waits for one can't send the next."""

import asyncio
from collections.abc import Callable

FREE_PER_S = 20
"""So many refusals a second are told at once: somebody who tries a key that was mistyped need not wait."""
HOLD_S = 1.0
MOST_HELD = 512
"""An eighth of the connections that there may be; what is beyond is answered at once, so that they don't use up all."""


class Strangers:
    """For one event loop. A wrong key costs 0.4 ms with its connection: 2,500 a second would fill a core."""

    def __init__(self, clock: Callable[[], float] | None = None, hold_s: float = HOLD_S) -> None:
        self._clock = clock
        self._hold_s = hold_s
        self._second = -1
        self._refused = 0
        self._held = 0

    @property
    def held(self) -> int:
        """Refusals that wait to be told."""
        return self._held

    async def hold(self) -> None:
        """Return when a refusal may be told."""
        self._count()
        if self._refused <= FREE_PER_S or self._held >= MOST_HELD:
            return
        self._held += 1
        try:
            await asyncio.sleep(self._hold_s)
        finally:
            self._held -= 1

    def _count(self) -> None:
        now_s = asyncio.get_running_loop().time() if self._clock is None else self._clock()
        if int(now_s) != self._second:
            self._second = int(now_s)
            self._refused = 0
        self._refused += 1
