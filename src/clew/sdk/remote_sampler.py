"""Jaeger's sampler `remote`: the strategy that a server says, asked again and again in the background."""

import logging
import random
import threading
import time
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from os import register_at_fork
from urllib.parse import urlsplit

from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, Context, attach, set_value
from opentelemetry.trace import Link, SpanKind, TraceState
from opentelemetry.util.types import Attributes

from clew.errors import ClewError, ConfigurationError
from clew.sdk.operation_sampler import MOST_OPERATIONS, PerOperationSampler
from clew.sdk.probabilistic_sampler import DEFAULT_PROBABILITY, ProbabilisticSampler
from clew.sdk.rate_limiting_sampler import RateLimitingSampler
from clew.sdk.sampler import Sampler, SamplingResult, shut_down
from clew.sdk.sampling_strategy import OperationStrategies, ProbabilisticStrategy, Strategy

_LOG = logging.getLogger(__name__)
_FIRST_PAUSE_S = 1.0
_COMPLAINT_EVERY_S = 600.0
_between = random.SystemRandom().uniform  # it differs in each child of a fork

DEFAULT_ENDPOINT = "http://127.0.0.1:5778/sampling"


@dataclass(frozen=True, slots=True)
class RemoteOptions:
    """Where to ask, and how often. Raises ConfigurationError when the endpoint is no URL."""

    endpoint: str = DEFAULT_ENDPOINT
    """Without a path, `/sampling` is asked. HTTP, not gRPC."""
    interval_s: float = 60.0
    """Give or take a tenth, so that processes that start together don't ask together."""
    timeout_s: float = 5.0
    most_operations: int = MOST_OPERATIONS

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.endpoint)
            is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_good = False
        if not is_good:
            raise ConfigurationError(
                f"{self.endpoint!r} is no address of a server of remote sampling; write {DEFAULT_ENDPOINT}"
            )

    @property
    def url(self) -> str:
        parts = urlsplit(self.endpoint)
        return parts._replace(path=parts.path if parts.path.strip("/") else "/sampling", fragment="").geturl()


class RemoteSampler(Sampler):
    """As `initial` says until the first answer, then as the newest answer says, though the server be away.

    Asks in a daemon thread, which the first question starts, in this process or in the child of a fork: a server that
    forks its workers before the first span has no thread then. An answer that is none changes nothing. After
    `shutdown`, or when nobody holds the sampler any more, it asks no more; the strategy stays.
    """

    def __init__(self, service: str, initial: Sampler | None = None, options: RemoteOptions | None = None) -> None:
        self._service = service
        self._options = options or RemoteOptions()
        self._sampler: Sampler = initial or ProbabilisticSampler(DEFAULT_PROBABILITY)
        self._strategy: Strategy | None = None
        self._begin()
        again = weakref.WeakMethod(self._begin_in_child)

        def renew() -> None:
            method = again()
            if method is not None:
                method()

        register_at_fork(after_in_child=renew)

    def _begin(self) -> None:
        self._worker: threading.Thread | None = None
        self._start_lock = threading.Lock()
        self._closing = threading.Event()
        self._answered = threading.Event()
        self._complained_at_s = float("-inf")
        self._failures = 0

    def _begin_in_child(self) -> None:
        is_closed = self._closing.is_set()
        self._begin()
        if is_closed:
            self._closing.set()
        if self._strategy is not None:
            self._answered.set()

    @property
    def strategy(self) -> Strategy | None:
        """The newest answer; None before the first."""
        return self._strategy

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        if self._worker is None:
            self._start()
        return self._sampler.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)

    def wait_for_answer(self, timeout_s: float) -> bool:
        """For programs that would rather begin late than begin by the initial sampler. False when none came."""
        if self._worker is None:
            self._start()
        return self._answered.wait(timeout_s)

    def refresh(self) -> bool:
        """Ask now, and wait for the answer. False when there was none; never raises."""
        # http.client takes 20 ms to import, ssl in it, and nobody needs it before.
        from clew.sdk.strategy_client import fetch_strategy  # noqa: PLC0415  # as the line above says

        try:
            strategy = fetch_strategy(self._options.url, self._service, self._options.timeout_s)
        except ClewError as error:
            self._complain(error)
            return False
        self._take(strategy)
        self._answered.set()
        return True

    def shutdown(self) -> None:
        """Ask no more; an answer that is on its way isn't waited for."""
        self._closing.set()
        shut_down(self._sampler)

    def get_description(self) -> str:
        return f"RemoteSampler{{{self._service},{self._sampler.get_description()}}}"

    def _take(self, strategy: Strategy) -> None:
        if strategy == self._strategy:
            return
        before, self._strategy = self._sampler, strategy
        if isinstance(strategy, OperationStrategies):
            kept = before if isinstance(before, PerOperationSampler) else None
            self._sampler = PerOperationSampler(strategy, kept, self._options.most_operations)
        elif isinstance(strategy, ProbabilisticStrategy):
            self._sampler = ProbabilisticSampler(strategy.probability)
        else:
            self._sampler = RateLimitingSampler(strategy.traces_per_s)

    def _start(self) -> None:
        """Never waits: who finds another thread at it has nothing to do."""
        if self._closing.is_set() or not self._start_lock.acquire(blocking=False):
            return
        try:
            if self._worker is None:
                arguments = weakref.ref(self), self._closing
                worker = threading.Thread(target=_poll, args=arguments, name="clew-remote-sampler", daemon=True)
                worker.start()
                self._worker = worker
        except RuntimeError as error:  # no more threads, or the interpreter is going down
            self._complain(error)
        finally:
            self._start_lock.release()

    def _ask_in_background(self) -> float:
        """The seconds until the next question."""
        interval_s = self._options.interval_s
        if self.refresh():
            self._failures = 0
        elif self._strategy is None:  # it may only be starting, too
            pause_s = _FIRST_PAUSE_S * (1 << min(self._failures, 16))
            self._failures += 1
            return min(pause_s, interval_s) * _between(0.5, 1.0)
        return interval_s * _between(0.9, 1.1)

    def _complain(self, error: Exception) -> None:
        now_s = time.monotonic()
        if now_s - self._complained_at_s >= _COMPLAINT_EVERY_S:
            self._complained_at_s = now_s
            _LOG.warning("sampling stays as it is, by %s: %s", self._sampler.get_description(), error)


def _poll(reference: "weakref.ref[RemoteSampler]", closing: threading.Event) -> None:
    attach(set_value(_SUPPRESS_INSTRUMENTATION_KEY, True))  # of this thread
    pause_s = 0.0
    while not closing.wait(pause_s):
        sampler = reference()
        if sampler is None:
            return
        try:
            pause_s = sampler._ask_in_background()  # the one call that is nobody else's
        except Exception:  # noqa: BLE001  # a strategy must not be asked for once only
            _LOG.exception("the strategy of sampling can't be asked for; this is an error in Clew")
            pause_s = 60.0
        del sampler
