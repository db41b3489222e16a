"""A journal in memory that keeps the promises of `Intake`: answers come later and from a thread of its own."""

import threading
from dataclasses import dataclass
from queue import SimpleQueue

from clew.journal.record import AppendResult
from clew.receive.intake import OnDone


@dataclass(frozen=True, slots=True)
class Appended:
    """One record that was appended."""

    stream: str
    payload: bytes
    key: bytes | None


class MemoryIntake:
    """`refuse_with` is raised by the next appends, `fail_with` given to `on_done`; `pause` holds the answers back."""

    def __init__(self) -> None:
        self.appended: list[Appended] = []
        self.refuse_with: Exception | None = None
        self.fail_with: Exception | None = None
        self.arrived = threading.Event()
        self.durable = threading.Event()
        self.durable.set()
        self._keys: set[bytes] = set()
        self._queue: SimpleQueue[tuple[Appended, OnDone] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._commit)
        self._thread.start()

    def append(self, stream: str, payload: bytes, on_done: OnDone, key: bytes | None = None) -> None:
        if self.refuse_with is not None:
            raise self.refuse_with
        self._queue.put((Appended(stream, payload, key), on_done))
        self.arrived.set()

    def pause(self) -> None:
        """From now on nothing becomes durable, until `resume`."""
        self.durable.clear()

    def resume(self) -> None:
        self.durable.set()

    def close(self) -> None:
        self.resume()
        self._queue.put(None)
        self._thread.join()

    def payloads(self, stream: str) -> list[bytes]:
        """What was stored in one stream, in order."""
        return [record.payload for record in self.appended if record.stream == stream]

    def _commit(self) -> None:
        while (item := self._queue.get()) is not None:
            self.durable.wait()
            record, on_done = item
            on_done(self._store(record))

    def _store(self, record: Appended) -> AppendResult | Exception:
        if self.fail_with is not None:
            return self.fail_with
        if record.key is not None and record.key in self._keys:
            return AppendResult.REPEATED
        if record.key is not None:
            self._keys.add(record.key)
        self.appended.append(record)
        return AppendResult.STORED
