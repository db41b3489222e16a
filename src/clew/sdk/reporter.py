"""Takes spans that ended, and delivers them in the background: bounded, patient, and never in the application's way."""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os import register_at_fork
from typing import Protocol
from weakref import WeakMethod

from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, attach, set_value

from clew.sdk.encoding import encode_request
from clew.sdk.processor import SpanProcessor
from clew.sdk.span import SAMPLED, Span

_LOG = logging.getLogger(__name__)
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
_COMPLAINT_EVERY_S = 60.0


@dataclass(frozen=True, slots=True)
class Delivered:
    """The other side has them. `rejected` is how many of them it would not take."""

    rejected: int = 0


@dataclass(frozen=True, slots=True)
class TryLater:
    """The other side is away or busy; `after_s` is what it asked for."""

    reason: str
    after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The same again can't help."""

    reason: str


Outcome = Delivered | TryLater | Refused


class Sender(Protocol):
    """The way to the other side. Called by one thread at a time; MUST NOT raise, and MUST return within its timeout."""

    def send(self, request: bytes) -> Outcome:
        """Deliver an `ExportTraceServiceRequest`."""

    def close(self) -> None:
        """Nothing more will come."""

    def forget(self) -> None:
        """In a child of a fork: leave the connection, which is the parent's, alone, and take another one."""


@dataclass(frozen=True, slots=True)
class ReporterOptions:
    """Bounds and times of a reporter."""

    queue_spans: int = 10_000
    """Ended spans that wait; one more is dropped, and counted."""
    batch_spans: int = 512
    """In a request."""
    interval_s: float = 1.0
    """Between deliveries, when batches don't fill."""
    shutdown_s: float = 5.0
    """For what is left at the end of the program."""


@dataclass(frozen=True, slots=True)
class ReporterCounts:
    """What became of the spans since the process began, or was forked."""

    sent: int
    rejected: int
    """Of those that were sent, by the other side."""
    dropped: int
    """For want of room in the queue, or of time at the end."""
    refused: int
    """Whole requests' spans that the other side would not take."""


class Reporter(SpanProcessor):
    """A queue, and a thread that empties it. Spans that aren't sampled don't come in.

    A request that can't be delivered is kept and tried again, with pauses that grow to half a minute or are as the
    other side asked; meanwhile the queue fills, and what doesn't fit is dropped. In a child of a fork it begins anew,
    and empty: what was in the queue is the parent's to deliver.
    """

    def __init__(
        self,
        sender: Sender,
        options: ReporterOptions | None = None,
        encode: Callable[[Sequence[Span]], bytes] = encode_request,
    ) -> None:
        self._sender = sender
        self._encode = encode
        self._options = options or ReporterOptions()
        self._most = self._options.queue_spans
        self._enough = min(self._options.batch_spans, self._most)
        self._begin()
        again = WeakMethod(self._begin_in_child)

        def renew() -> None:
            method = again()
            if method is not None:
                method()

        register_at_fork(after_in_child=renew)

    def _begin(self) -> None:
        self._queue: deque[Span] = deque()
        self._sent = self._rejected = self._refused = self._dropped = 0
        self._drop_lock = threading.RLock()  # a signal handler may end a span, too
        self._worker: threading.Thread | None = None
        self._start_lock = threading.Lock()
        self._wakeup = threading.Event()
        self._closing = threading.Event()
        self._is_awake = False
        self._give_up_at_s = float("inf")
        self._waiting: list[threading.Event] = []
        self._complained_at_s = float("-inf")

    def _begin_in_child(self) -> None:
        is_closed = self._closing.is_set()
        self._begin()
        self._sender.forget()
        if is_closed:
            self._closing.set()

    def on_end(self, span: Span) -> None:
        """Take it in, unless it isn't sampled or there is no room."""
        if not span._flags & SAMPLED:  # half of what this costs would be a property
            return
        queue = self._queue
        waiting = len(queue)
        if waiting >= self._most or self._closing.is_set():
            self._drop(1)
            return
        queue.append(span)
        if self._worker is None:
            self._start()
        if waiting + 1 >= self._enough and not self._is_awake:
            self._is_awake = True
            self._wakeup.set()

    @property
    def counts(self) -> ReporterCounts:
        return ReporterCounts(self._sent, self._rejected, self._dropped, self._refused)

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        if self._worker is None or not self._worker.is_alive():
            return not self._queue
        done = threading.Event()
        self._waiting.append(done)
        self._wakeup.set()
        return done.wait(timeout_millis / 1000)

    def shutdown(self) -> None:
        """Deliver what is there within `shutdown_s`; what is left then is counted as dropped."""
        if self._closing.is_set():
            return
        self._give_up_at_s = time.monotonic() + self._options.shutdown_s
        self._closing.set()
        self._wakeup.set()
        if self._worker is not None:
            self._worker.join(self._options.shutdown_s + 1)
        self._sender.close()

    def _start(self) -> None:
        with self._start_lock:
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="clew-reporter", daemon=True)
                self._worker.start()

    def _work(self) -> None:
        attach(set_value(_SUPPRESS_INSTRUMENTATION_KEY, True))  # of this thread
        while not self._closing.is_set():
            self._wakeup.wait(self._options.interval_s)
            self._wakeup.clear()
            self._is_awake = False
            waiting, self._waiting = self._waiting, []
            self._empty_queue()
            for done in waiting:
                done.set()
        self._empty_queue()
        self._drop(len(self._queue))
        for done in self._waiting:
            done.set()

    def _empty_queue(self) -> None:
        while self._queue and time.monotonic() < self._give_up_at_s:
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), self._options.batch_spans))]
            try:
                request = self._encode(batch)
            except Exception:  # noqa: BLE001  # one span more or less must not end the thread that delivers all others
                _LOG.exception("%d spans can't be encoded and are dropped; this is an error in Clew", len(batch))
                self._drop(len(batch))
                continue
            self._deliver(request, len(batch))

    def _deliver(self, request: bytes, spans: int) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            outcome = self._sender.send(request)
            if isinstance(outcome, Delivered):
                self._sent += spans
                self._rejected += outcome.rejected
                return
            if isinstance(outcome, Refused):
                self._refused += spans
                self._complain("%d spans were refused: %s", spans, outcome.reason)
                return
            self._complain("spans can't be delivered (%s); they wait, %d so far", outcome.reason, len(self._queue))
            if not self._pause(outcome.after_s if outcome.after_s is not None else pause_s * random.uniform(0.5, 1)):  # noqa: S311  # no secret
                self._drop(spans)
                return
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _pause(self, pause_s: float) -> bool:
        """False when there is no time left for another try."""
        if self._closing.is_set():
            left_s = self._give_up_at_s - time.monotonic()
            if left_s <= pause_s:
                return False
            time.sleep(pause_s)
            return True
        self._closing.wait(pause_s)
        return True

    def _drop(self, spans: int) -> None:
        with self._drop_lock:
            self._dropped += spans

    def _complain(self, text: str, *arguments: object) -> None:
        now_s = time.monotonic()
        if now_s - self._complained_at_s >= _COMPLAINT_EVERY_S:
            self._complained_at_s = now_s
            _LOG.warning(text, *arguments)
