"""What was sent with one key: its rates are held here, and its figures for `/metrics` are counted."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from clew.authenticate.key import KeyLimits
from clew.authenticate.token_bucket import TokenBucket


@dataclass(frozen=True, slots=True)
class KeyCounts:
    """A moment's totals of one key. `refused` is by reason; `rejected` records were left out of accepted requests."""

    requests: int
    records: int
    bytes: int
    rejected: int
    refused: dict[str, int]


class KeyMeter:
    """From any thread. A request is let in (`admit`), paid for when its size is known (`charge`), and then counted."""

    def __init__(self, limits: KeyLimits, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self._requests = self._records = self._bytes = self._rejected = 0
        self._refused: Counter[str] = Counter()
        self._limits = KeyLimits()
        self._spans_per_s: TokenBucket | None = None
        self._bytes_per_s: TokenBucket | None = None
        self.limit(limits)

    def limit(self, limits: KeyLimits) -> None:
        """Other limits from now on; the same ones change nothing."""
        with self._lock:
            if limits != self._limits:
                self._limits = limits
                self._spans_per_s = self._bucket("spans", limits.spans_per_s)
                self._bytes_per_s = self._bucket("bytes", limits.bytes_per_s)

    def admit(self) -> None:
        """Raises RateExceeded while the key's rate is used up: before the body is read, so that it costs nothing."""
        self.charge(0, 0)

    def charge(self, records: int, payload_bytes: int) -> None:
        """Pay for a request, or raise RateExceeded, and InputTooLarge when no waiting would help."""
        with self._lock:
            costs = [(self._spans_per_s, records), (self._bytes_per_s, payload_bytes)]
            limited = [(bucket, cost) for bucket, cost in costs if bucket is not None]
            for bucket, cost in limited:
                bucket.check(cost)
            for bucket, cost in limited:
                bucket.take(cost)

    def refund(self, records: int, payload_bytes: int) -> None:
        """What was paid for was not stored."""
        with self._lock:
            if self._spans_per_s is not None:
                self._spans_per_s.take(-records)
            if self._bytes_per_s is not None:
                self._bytes_per_s.take(-payload_bytes)

    def accepted(self, records: int, rejected: int, payload_bytes: int) -> None:
        """A request is durable."""
        with self._lock:
            self._requests += 1
            self._records += records
            self._bytes += payload_bytes
            self._rejected += rejected

    def refused(self, reason: str) -> None:
        """A request was answered with an error."""
        with self._lock:
            self._refused[reason] += 1

    def counts(self) -> KeyCounts:
        """All totals of one moment."""
        with self._lock:
            return KeyCounts(self._requests, self._records, self._bytes, self._rejected, dict(self._refused))

    def _bucket(self, what: str, per_s: int | None) -> TokenBucket | None:
        return None if per_s is None else TokenBucket(what, per_s, self._clock)
