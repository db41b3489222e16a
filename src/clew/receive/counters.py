"""What came in and what was refused, for `/metrics`."""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from clew.errors import (
    ForeignPage,
    InputTooLarge,
    JournalError,
    MalformedInput,
    Overloaded,
    PermissionDenied,
    RateExceeded,
    Unauthenticated,
    UnsupportedInput,
)

_REASONS = (
    (MalformedInput, "malformed"),
    (InputTooLarge, "too_large"),
    (UnsupportedInput, "unsupported"),
    (ForeignPage, "origin"),
    (Unauthenticated, "unauthenticated"),
    (PermissionDenied, "denied"),
    (RateExceeded, "rate"),
    (Overloaded, "overloaded"),
    (JournalError, "journal"),
    (TimeoutError, "timeout"),
    (ConnectionResetError, "disconnected"),
)


def reason_of(error: BaseException) -> str:
    """The `reason` label of an error: one of malformed, too_large, unsupported, overloaded, journal, timeout, ...."""
    return next((reason for kind, reason in _REASONS if isinstance(error, kind)), "internal")


@dataclass(frozen=True, slots=True)
class ReceiveCounts:
    """A moment's totals. Keys are (protocol, signal), for refusals (protocol, signal, reason).

    Protocols are `grpc` and `http` (OTLP) and the names of the other doors, signals `traces`, `logs` and `metrics`.
    Records are spans or log records; bytes are uncompressed OTLP. `repeated_requests` were known by their
    Idempotency-Key and are not among the accepted.
    """

    accepted_requests: dict[tuple[str, str], int]
    accepted_records: dict[tuple[str, str], int]
    accepted_bytes: dict[tuple[str, str], int]
    repeated_requests: dict[tuple[str, str], int]
    rejected_records: dict[tuple[str, str], int]
    refused_requests: dict[tuple[str, str, str], int]
    discarded_messages: dict[tuple[str, str], int]
    """Answered, though what they hold isn't kept here, because their clients take no other answer."""
    dropped_datagrams: dict[str, int]
    """By door: what the kernel threw away because nobody read it in time."""
    changed_values: dict[str, int]
    """By attribute rule."""


class ReceiveCounters:
    """Counts per request, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str]] = Counter()
        self._records: Counter[tuple[str, str]] = Counter()
        self._bytes: Counter[tuple[str, str]] = Counter()
        self._repeated: Counter[tuple[str, str]] = Counter()
        self._rejected: Counter[tuple[str, str]] = Counter()
        self._refused: Counter[tuple[str, str, str]] = Counter()
        self._discarded: Counter[tuple[str, str]] = Counter()
        self._dropped: dict[str, int] = {}
        self._changed: Counter[str] = Counter()

    def accepted(self, protocol: str, signal: str, records: int, rejected: int, payload_bytes: int) -> None:
        """A request is durable; `rejected` of its records were left out."""
        key = (protocol, signal)
        with self._lock:
            self._requests[key] += 1
            self._records[key] += records
            self._bytes[key] += payload_bytes
            if rejected:
                self._rejected[key] += rejected

    def repeated(self, protocol: str, signal: str) -> None:
        """A request had been stored before."""
        with self._lock:
            self._repeated[protocol, signal] += 1

    def refused(self, protocol: str, signal: str, reason: str) -> None:
        """A request was answered with an error."""
        with self._lock:
            self._refused[protocol, signal, reason] += 1

    def discarded(self, protocol: str, signal: str) -> None:
        """A message was answered, and what it holds isn't kept here."""
        with self._lock:
            self._discarded[protocol, signal] += 1

    def dropped(self, protocol: str, total: int) -> None:
        """The kernel dropped that many datagrams of a door so far."""
        with self._lock:
            self._dropped[protocol] = total

    def changed(self, values: Mapping[str, int]) -> None:
        """Attribute rules changed that many values, by rule."""
        with self._lock:
            self._changed.update(values)

    def snapshot(self) -> ReceiveCounts:
        """All totals of one moment."""
        with self._lock:
            return ReceiveCounts(
                accepted_requests=dict(self._requests),
                accepted_records=dict(self._records),
                accepted_bytes=dict(self._bytes),
                repeated_requests=dict(self._repeated),
                rejected_records=dict(self._rejected),
                refused_requests=dict(self._refused),
                discarded_messages=dict(self._discarded),
                dropped_datagrams=dict(self._dropped),
                changed_values=dict(self._changed),
            )
