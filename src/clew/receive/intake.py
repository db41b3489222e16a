"""From checked bytes to the journal: streams, keys, and a bound on the bytes held meanwhile."""

import hashlib
import re
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Protocol

from clew.errors import MalformedInput, Overloaded
from clew.journal.record import AppendResult
from clew.wire.otlp_check import CheckedRequest, CheckLimits, check_logs, check_traces

OnDone = Callable[[AppendResult | Exception], None]

TRACES, LOGS, METRICS = "traces", "logs", "metrics"
CHECKS: dict[str, Callable[[bytes, CheckLimits], CheckedRequest]] = {TRACES: check_traces, LOGS: check_logs}

_KEY = re.compile(r"[\x21-\x7e]{1,200}")


class Intake(Protocol):
    """What the write door needs of the journal."""

    def append(self, stream: str, payload: bytes, on_done: OnDone, key: bytes | None = None) -> None:
        """Queue one payload; MUST return without waiting for the disk.

        `on_done` MUST be called exactly once, from any thread: with STORED once the payload is synced, with REPEATED
        when `key` (32 bytes) was stored before, or with the error. MAY raise Overloaded or JournalError instead, and
        then MUST NOT call `on_done`.
        """


def stream_name(signal: str, tenant: str) -> str:
    """The journal's stream for a signal (`traces`, `logs`) of a tenant."""
    return f"{signal}/{tenant}"


def record_key(stream: str, idempotency_key: str) -> bytes:
    """The 32 bytes that a client's Idempotency-Key is remembered by; raises MalformedInput when it isn't one."""
    if _KEY.fullmatch(idempotency_key) is None:
        raise MalformedInput("Idempotency-Key must be 1 to 200 visible ASCII characters without spaces")
    return hashlib.blake2b(f"{stream}\0{idempotency_key}".encode(), digest_size=32).digest()


def append_checked(intake: Intake, stream: str, checked: CheckedRequest, key: bytes | None, on_done: OnDone) -> None:
    """Append what the check left; a request in which nothing is left to store is done at once."""
    if checked.payload:
        intake.append(stream, checked.payload, on_done, key)
    else:
        on_done(AppendResult.STORED)


class InFlightBytes:
    """The bytes of all requests that aren't answered yet, with a bound; from any thread."""

    def __init__(self, max_bytes: int, retry_after_s: float) -> None:
        self._max_bytes = max_bytes
        self._retry_after_s = retry_after_s
        self._lock = threading.Lock()
        self._held_bytes = 0

    @property
    def held_bytes(self) -> int:
        return self._held_bytes

    def hold(self) -> "Hold":
        """A share for one request, empty at first."""
        return Hold(self)

    def add(self, count: int) -> None:
        """Raises Overloaded, and adds nothing, when it would go over the bound."""
        with self._lock:
            if self._held_bytes + count > self._max_bytes:
                raise Overloaded("too many bytes are waiting for the disk; send again later", self._retry_after_s)
            self._held_bytes += count

    def remove(self, count: int) -> None:
        with self._lock:
            self._held_bytes -= count


class Hold:
    """One request's share of the bytes in flight; leaving the `with` block gives it back."""

    def __init__(self, in_flight: InFlightBytes) -> None:
        self._in_flight = in_flight
        self._bytes = 0

    def __enter__(self) -> "Hold":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def release(self) -> None:
        """Give back what is held so far."""
        self._in_flight.remove(self._bytes)
        self._bytes = 0

    def grow(self, count: int) -> None:
        """Raises Overloaded when the bytes of all requests would go over the bound."""
        self._in_flight.add(count)
        self._bytes += count
