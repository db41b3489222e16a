"""The messages of one call on their way to the disk: appended one after the other, and waited for together."""

import contextlib
from collections import deque
from queue import Empty, SimpleQueue

from clew.errors import JournalError
from clew.journal.record import AppendResult
from clew.receive.entrance import Entrance
from clew.receive.intake import append_checked
from clew.wire.otlp_check import CheckedRequest

_MOST_UNDER_WAY = 256
"""Messages of one call that may wait for the disk; with more its thread waits, and the client by flow control."""


class Durable:
    """For one thread. `messages`, `records`, `rejected` and `payload_bytes` are sums over what is durable by now."""

    def __init__(self, entrance: Entrance, stream: str) -> None:
        self._entrance = entrance
        self._stream = stream
        self._hold = entrance.in_flight.hold()
        self._under_way: deque[tuple[int, int, int]] = deque()
        self._done: SimpleQueue[AppendResult | Exception] = SimpleQueue()
        self._last = AppendResult.STORED
        self.forget_counts()

    def hold(self, size: int) -> None:
        """Count the bytes of a message; raises Overloaded when all calls together hold too many."""
        self._hold.grow(size)

    def append(self, checked: CheckedRequest, key: bytes | None) -> None:
        """Queue what the check left. Raises what the journal raises, also for an earlier message."""
        if len(self._under_way) >= _MOST_UNDER_WAY:
            self.wait()
        append_checked(self._entrance.intake, self._stream, checked, key, self._done.put)
        self._under_way.append((checked.span_count, checked.rejected, len(checked.payload)))

    def wait(self) -> AppendResult:
        """Return the last result when all is durable, and give back what was held; raises the first error."""
        while self._under_way:
            try:
                self._settle(self._done.get(timeout=self._entrance.settings.journal_timeout_s))
            except Empty:
                raise JournalError("the disk is too slow to say yet whether this is stored; send it again") from None
        self.give_up()
        return self._last

    def look(self) -> None:
        """Take note of what is durable by now, without waiting; raises as `wait`."""
        with contextlib.suppress(Empty):
            while self._under_way:
                self._settle(self._done.get_nowait())
        if not self._under_way:
            self.give_up()

    def under_way(self) -> tuple[int, int]:
        """Records and payload bytes of what was appended and isn't known to be durable."""
        return sum(records for records, _, _ in self._under_way), sum(size for _, _, size in self._under_way)

    def forget_counts(self) -> None:
        """Begin the sums anew."""
        self.messages = self.records = self.rejected = self.payload_bytes = 0

    def _settle(self, result: AppendResult | Exception) -> None:
        if isinstance(result, Exception):
            raise result
        self._last = result
        records, rejected, payload_bytes = self._under_way.popleft()
        self.messages += 1
        self.records += records
        self.rejected += rejected
        self.payload_bytes += payload_bytes

    def give_up(self) -> None:
        """Give back what is held."""
        self._hold.release()
