"""The analyst: a thread that keeps the service graph up with what is loaded."""

import logging
import threading
import time
from dataclasses import dataclass

from clew.analyse.graph_computation import GraphComputation
from clew.analyse.settings import AnalyseSettings
from clew.store.engine import Engine
from clew.store.graph_windows import GraphWindows

log = logging.getLogger(__name__)

_LONGEST_PAUSE_S = 30.0
_SETTLE_S = 3.0
"""After the end of a minute, until its last spans are loaded (under 2 s): then most minutes are complete when they are
computed."""


@dataclass(slots=True)
class AnalystCounters:
    """Since the start; `windows` and `spans` count each time that one was looked at."""

    passes: int = 0
    windows: int = 0
    spans: int = 0
    seconds: float = 0.0
    failures: int = 0


class Analyst:
    """Computes what changed every `interval_s`, and rests between parts of the work so that loads go first.

    A minute of the graph is computed as a whole again for each pass in which something of it came. So passes are few,
    and shortly after the minute's end: with one every 10 s whenever it was, each span was read 4 times and more.

    A pass that fails is made again after the interval; nothing is lost by that, or by stopping in the middle.
    """

    def __init__(self, engine: Engine, settings: AnalyseSettings) -> None:
        self.counters = AnalystCounters()
        self._settings = settings
        self._computation = GraphComputation(GraphWindows(engine))
        self._stopping = threading.Event()
        self._worked_since_s = 0.0
        self._thread = threading.Thread(target=self._run, name="analyst", daemon=True)

    def start(self) -> None:
        """Begin with what came while Clew was down; later, with what was loaded."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread, after the statement in hand."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def lag_s(self) -> float | None:
        """What was loaded longer ago is in the graph; None when nothing is computed."""
        return time.monotonic() - self._computation.complete_until_s if self._thread.is_alive() else None

    def _run(self) -> None:
        while not self._stopping.wait(pause_s(time.time(), self._settings.interval_s)):
            self._worked_since_s = time.monotonic()
            try:
                self._computation.catch_up(self._rest)
            except Exception as error:  # noqa: BLE001 - whatever it is, the next pass begins where this one did
                self.counters.failures += 1
                log.warning("the service graph could not be computed, trying again: %s", error)
            self._note_work()
            self.counters.passes += 1

    def _rest(self) -> bool:
        """Wait in proportion to the work since the last rest; False when it is time to stop."""
        worked_s = self._note_work()
        pause_s = min(_LONGEST_PAUSE_S, worked_s * (1 / self._settings.max_core_share - 1))
        stopping = self._stopping.wait(pause_s)
        self._worked_since_s = time.monotonic()
        return not stopping

    def _note_work(self) -> float:
        now_s = time.monotonic()
        worked_s = now_s - self._worked_since_s
        self._worked_since_s = now_s
        self.counters.seconds += worked_s
        self.counters.windows, self.counters.spans = self._computation.windows, self._computation.spans
        return worked_s


def pause_s(now_s: float, interval_s: float) -> float:
    """How long until the next multiple of the interval (Unix time), and a little more for what is still on its way."""
    return interval_s - (now_s - _SETTLE_S) % interval_s
