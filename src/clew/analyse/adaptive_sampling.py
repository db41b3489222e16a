"""Keeps sampling up to date: a thread that looks at the strategies file and calculates adaptive probabilities."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from clew.errors import StoreError
from clew.sampling.provider import SamplingProvider
from clew.store.engine import Engine
from clew.store.root_throughput import RootThroughput

log = logging.getLogger(__name__)


@dataclass(slots=True)
class SamplingCounters:
    """Since the start: windows whose root spans were counted, the time that took, and how often it failed."""

    windows: int = 0
    seconds: float = 0.0
    failures: int = 0


class AdaptiveSampling:
    """Windows have a round beginning, the interval as length, and are counted once, when all of them is loaded.

    A window that wasn't counted before the next one ended is left out: what it would teach is out of date. So is the
    one in which Clew was started. Nothing is counted while no strategy is adaptive.

    All tenants count together (`tenant` None), for a strategy is for a service, whosever it is.

    `lag_s` tells the age of the oldest record that isn't loaded yet: while the loads are behind, a window would seem
    to have fewer spans than it has, and probabilities would rise when there is too much already.
    """

    def __init__(
        self,
        engine: Engine,
        provider: SamplingProvider,
        lag_s: Callable[[], float],
        *,
        tenant: str | None = None,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self.counters = SamplingCounters()
        self._throughput = RootThroughput(engine)
        self._provider = provider
        self._settings = provider.settings
        self._tenant = tenant
        self._lag_s = lag_s
        self._now_s = now_s
        self._next_end_s = self._first_end_s()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sampling", daemon=True)

    def start(self) -> None:
        """Begin with the first whole window."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread, after the statement in hand."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> None:
        """What the thread does each time: the file, and a window if one is due."""
        if self._provider.file is not None:
            self._provider.file.look()
        if self._settings.interval_s > 0 and self._provider.is_adaptive:
            self._count_due()

    def _run(self) -> None:
        while not self._stopping.wait(self._settings.strategies_file_interval_s):
            try:
                self.look()
            except Exception as error:  # noqa: BLE001 - whatever it is, the next window may do
                self.counters.failures += 1
                log.warning("adaptive probabilities stay as they are until the next window: %s", error)

    def _first_end_s(self) -> float:
        """The end of the first window that begins after now."""
        interval_s = self._settings.interval_s
        return (self._now_s() // interval_s + 2) * interval_s if interval_s > 0 else 0.0

    def _count_due(self) -> None:
        interval_s = self._settings.interval_s
        end_s = (self._now_s() - self._settings.delay_s) // interval_s * interval_s
        self._next_end_s = min(self._next_end_s, self._first_end_s())  # lower when the clock was set back
        if end_s < self._next_end_s or self._lag_s() > self._now_s() - end_s:
            return
        self._next_end_s = end_s + interval_s
        self._count(end_s)

    def _count(self, end_s: float) -> None:
        began_s = time.monotonic()
        interval_s = self._settings.interval_s
        seen = self._throughput.read(self._tenant, _nanoseconds(end_s - interval_s), _nanoseconds(end_s))
        self._provider.adaptive.advance(end_s, interval_s, seen, self._provider.target_of)
        try:
            self._provider.save_learned()
        except OSError as error:
            raise StoreError(f"what was learned can't be kept ({error.strerror}); free some space") from None
        self.counters.windows += 1
        self.counters.seconds += time.monotonic() - began_s


def _nanoseconds(moment_s: float) -> int:
    return round(moment_s * 1e9)
