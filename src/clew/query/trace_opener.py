"""The opener: a thread that opens huge traces before anybody asks, and again when spans came to them."""

import contextlib
import logging
import queue
import threading
import time

from clew.errors import ClewError
from clew.query.open_traces import MAX_SPANS, Key, OpenTraces
from clew.store.engine import Engine
from clew.store.read_tree import GrownTraces

log = logging.getLogger(__name__)

LOOK_INTERVAL_S = 1.0
_REST = 4
"""Rest as many times as long as the work took: a trace that keeps growing takes a fifth of a core."""
_MOST_AT_ONCE = 3
"""About as many of a million spans as stay open."""


class TraceOpener:
    """Looks every second for huge traces that grew; those whose readers miss spans are opened at once."""

    def __init__(self, engine: Engine, open_traces: OpenTraces) -> None:
        self._open_traces = open_traces
        self._grown = GrownTraces(engine)
        self._asked: queue.SimpleQueue[Key | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="trace-opener", daemon=True)

    def start(self) -> None:
        """Begin with the traces of the last day."""
        self._open_traces.on_outdated = self._asked.put
        self._thread.start()

    def stop(self) -> None:
        """End the thread, after the trace in hand."""
        self._open_traces.on_outdated = None
        self._stopping.set()
        self._asked.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            began_s = time.monotonic()
            # The latest last: it stays open the longest.
            for key in reversed(self._find_grown()):
                self._open(key)
            self._serve_readers(LOOK_INTERVAL_S + _REST * (time.monotonic() - began_s))

    def _find_grown(self) -> list[Key]:
        try:
            return self._grown.next(self._open_traces.huge_spans, MAX_SPANS, _MOST_AT_ONCE)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next look may go better
            log.warning("the huge traces that grew could not be found, trying again: %s", error)
            return []

    def _serve_readers(self, pause_s: float) -> None:
        until_s = time.monotonic() + pause_s
        while (left_s := until_s - time.monotonic()) > 0 and not self._stopping.is_set():
            with contextlib.suppress(queue.Empty):
                key = self._asked.get(timeout=left_s)
                if key is not None:
                    self._open(key)

    def _open(self, key: Key) -> None:
        try:
            if not self._stopping.is_set():
                self._open_traces.open(*key)
        except ClewError as error:  # the trace is gone, the store is busy, or Clew stops
            log.info("trace %s is not opened ahead: %s", key[1].hex(), error)
        except Exception:  # without this thread, readers would miss spans for ever
            log.exception("trace %s could not be opened ahead; it is tried again when somebody asks", key[1].hex())
