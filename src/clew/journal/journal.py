"""The journal: many writers, one committer thread, one fsync for all who wait.

Promises:

- `on_done` MUST NOT be called with a result before the record is synced to disk.
- Records of one stream keep the order in which `append` was called; streams don't wait for each other's size.
- A key is stored once for ever: a second append with it MUST NOT write, and is answered REPEATED once the first
  is durable. If the first fails, so does the second, and a third may store it.
- A key that is a position (position.py) also stands for every earlier one of its source, so a source MUST append in
  order, each batch after the one before it is durable.
- When the disk bound is reached, or too much waits for a slow disk, `append` raises JournalFull at once; nothing
  acknowledged is ever dropped.
- A segment is handed to the loader when sealed, oldest first, and removed only by `release`.
"""

import contextlib
import fcntl
import logging
import os
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from clew.errors import JournalClosed, JournalError, JournalFull, JournalLocked
from clew.journal.complaint import Complaint
from clew.journal.ledger import KeyLedger
from clew.journal.position import read_position
from clew.journal.record import MAX_RECORD_BYTES, AppendResult, encode_record
from clew.journal.recovery import recover, sync_directory
from clew.journal.segment import OpenSegment, Segment, check_stream
from clew.journal.sequence import SequenceNumbers
from clew.journal.settings import JournalSettings

log = logging.getLogger(__name__)

OnDone = Callable[[AppendResult | Exception], None]

_DISK_CHECK_INTERVAL_S = 1.0
_RETRY_INTERVAL_S = 0.2
_IDLE_WAIT_S = 1.0
_RECORD_OVERHEAD_BYTES = 64


@dataclass(frozen=True, slots=True)
class JournalUsage:
    """Bytes and segments not yet released; age of the oldest; how far writing and loading have come.

    All that was acknowledged while `last_sequence` was n can be searched once `released_sequence` >= n.
    """

    waiting_bytes: int
    waiting_segments: int
    oldest_age_s: float
    last_sequence: int
    released_sequence: int


@dataclass(slots=True)
class _Pending:
    stream: str
    pieces: tuple[bytes, bytes, bytes]
    on_done: OnDone
    key: bytes | None


@dataclass(slots=True)
class _State:
    """Everything that is shared between threads, guarded by the journal's lock."""

    pending: list[_Pending] = field(default_factory=list)
    keys_in_flight: dict[bytes, list[OnDone]] = field(default_factory=dict)
    keys_by_segment: dict[int, set[bytes]] = field(default_factory=dict)
    sealed: deque[Segment] = field(default_factory=deque)
    handed_out: dict[int, Segment] = field(default_factory=dict)
    begun_s: dict[int, float] = field(default_factory=dict)
    """When each segment was begun, on a clock that nobody sets."""
    waiting_bytes: int = 0
    unsynced_bytes: int = 0
    disk_free_bytes: int = 0
    last_sequence: int = 0
    closing: bool = False
    closed: bool = False


class Journal:
    """A directory of segments; opened by one process at a time."""

    def __init__(self, directory: Path, settings: JournalSettings | None = None) -> None:
        self._settings = settings or JournalSettings()
        self._directory = directory
        self._segments = directory / "segments"
        self._segments.mkdir(parents=True, exist_ok=True)
        self._lock_fd = _lock(directory)
        try:
            self._recover()
        except BaseException:
            os.close(self._lock_fd)
            raise
        self._committer.start()

    def _recover(self) -> None:
        directory = self._directory
        recovered = recover(self._segments)
        if recovered.torn_bytes:
            log.warning("cut %d bytes that were never acknowledged off the journal's tail", recovered.torn_bytes)
        for segment in recovered.segments:
            if segment.is_damaged:
                log.error("%s is damaged; what can be read of it will be stored, and the file set aside", segment.path)
        self._ledger = KeyLedger(directory / "keys")
        newest = recovered.segments[-1].sequence if recovered.segments else 0
        self._sequence = SequenceNumbers(directory / "sequence", newest)
        self._open: dict[str, OpenSegment] = {}
        self._disk_checked_s = 0.0
        self._synced_s = 0.0
        self._state = _State(
            keys_by_segment=recovered.keys,
            sealed=deque(recovered.segments),
            begun_s={segment.sequence: _begun_s(segment) for segment in recovered.segments},
            waiting_bytes=sum(segment.size_bytes for segment in recovered.segments),
            disk_free_bytes=shutil.disk_usage(directory).free,
            last_sequence=self._sequence.last,
        )
        self._complaint = Complaint(log)
        self._seal_complaint = Complaint(log)
        self._lock = threading.Lock()
        self._work = threading.Condition(self._lock)
        self._segment_sealed = threading.Condition(self._lock)
        self._segment_released = threading.Condition(self._lock)
        self._closing_soon = threading.Event()
        self._committer = threading.Thread(target=self._run, name="journal-committer", daemon=True)
        sync_directory(directory)
        sync_directory(directory.parent)

    def append(self, stream: str, payload: bytes, on_done: OnDone, key: bytes | None = None) -> None:
        """Queue a record; `on_done` gets the result, or the exception, from the committer's thread (or, when the key
        is stored already, from this one before `append` returns).

        `stream` is `<signal>/<tenant>`; `key` has 32 bytes. Raises JournalFull, JournalClosed, or ValueError for a
        stream, key or payload that can't be written.
        """
        check_stream(stream)
        if len(payload) > MAX_RECORD_BYTES - _RECORD_OVERHEAD_BYTES:
            raise ValueError(f"a record holds at most {MAX_RECORD_BYTES} bytes, this payload has {len(payload)}")
        pending = _Pending(stream, encode_record(payload, key), on_done, key)
        with self._lock:
            if self._state.closing:
                raise JournalClosed("the journal is closed; send again when Clew is back")
            repeated = key is not None and self._is_stored(key)
            followers = None if key is None else self._state.keys_in_flight.get(key)
            if followers is not None:
                followers.append(on_done)
            elif not repeated:
                self._admit_or_complain(pending)
        if repeated:
            on_done(AppendResult.REPEATED)

    def next_segment(self, timeout_s: float) -> Segment | None:
        """The oldest sealed segment that wasn't handed out yet, or None after the timeout."""
        with self._lock:
            if not self._state.sealed:
                self._segment_sealed.wait(timeout_s)
            if not self._state.sealed:
                return None
            segment = self._state.sealed.popleft()
            self._state.handed_out[segment.sequence] = segment
            return segment

    def postpone(self, segment: Segment) -> None:
        """Put a handed-out segment to the end, so that those behind it get their turn."""
        with self._lock:
            del self._state.handed_out[segment.sequence]
            self._state.sealed.append(segment)

    def release(self, segment: Segment) -> None:
        """Remove a segment whose records are safe elsewhere; its keys stay known."""
        self._remember_keys(segment)
        segment.path.unlink(missing_ok=True)
        with self._lock:
            self._forget(segment)

    def forget_lost(self, segment: Segment) -> None:
        """Go on without a handed-out segment whose file somebody removed; its keys are forgotten with it."""
        log.error("%s was removed by somebody: %d acknowledged bytes are gone", segment.path, segment.size_bytes)
        with self._lock:
            self._forget(segment)

    def set_aside(self, segment: Segment, directory: Path, suffix: str = "") -> Path:
        """Move a segment that can't be loaded out of the journal into `directory`, for a person to look at.

        The keys of the records that can still be read stay known.
        """
        self._remember_keys(segment)
        directory.mkdir(parents=True, exist_ok=True)
        target = directory / (segment.path.name + suffix)
        segment.path.rename(target)
        sync_directory(directory)
        with self._lock:
            self._forget(segment)
        return target

    def _remember_keys(self, segment: Segment) -> None:
        self._ledger.add(self._state.keys_by_segment.get(segment.sequence, ()))

    def age_s(self, segment: Segment) -> float:
        """How long ago a segment that isn't released was begun, whatever happened to the wall clock meanwhile."""
        with self._lock:
            return max(0.0, time.monotonic() - self._state.begun_s[segment.sequence])

    def usage(self) -> JournalUsage:
        """Where the journal stands now."""
        with self._lock:
            waiting = self._waiting()
            oldest_s = min((self._state.begun_s[sequence] for sequence in waiting), default=None)
            return JournalUsage(
                waiting_bytes=self._state.waiting_bytes,
                waiting_segments=len(waiting),
                oldest_age_s=0.0 if oldest_s is None else max(0.0, time.monotonic() - oldest_s),
                last_sequence=self._state.last_sequence,
                released_sequence=self._released_sequence(),
            )

    def wait_released(self, sequence: int, timeout_s: float) -> bool:
        """Wait until every segment up to `sequence` is released; False when the time ran out first."""
        with self._lock:
            return self._segment_released.wait_for(lambda: self._released_sequence() >= sequence, timeout_s)

    def position(self, source: bytes) -> int | None:
        """How far a source that appends with position keys is durable, or None when nothing of it is."""
        with self._lock:
            recent = (read_position(key) for keys in self._state.keys_by_segment.values() for key in keys)
            numbers = [position.number for position in recent if position is not None and position.source == source]
            loaded = self._ledger.position(source)
        return max(numbers if loaded is None else [*numbers, loaded], default=None)

    def close(self) -> None:
        """Commit and seal what was accepted, then stop; segments that weren't loaded stay for the next start."""
        with self._lock:
            self._state.closing = True
            self._closing_soon.set()
            self._work.notify_all()
        self._committer.join()
        with self._lock:
            if self._state.closed:
                return
            self._state.closed = True
            self._segment_sealed.notify_all()
        self._ledger.close()
        os.close(self._lock_fd)

    def _is_stored(self, key: bytes) -> bool:
        return key in self._ledger or any(key in keys for keys in self._state.keys_by_segment.values())

    def _admit_or_complain(self, pending: _Pending) -> None:
        try:
            self._admit(pending)
        except JournalFull as full:
            self._complaint.tell(f"requests are refused: {full}")
            raise

    def _admit(self, pending: _Pending) -> None:
        size = sum(map(len, pending.pieces))
        if self._state.waiting_bytes + size > self._settings.max_bytes:
            raise JournalFull(
                f"the journal is full: {self._state.waiting_bytes} bytes wait to be loaded; send again later",
                self._settings.retry_after_s,
            )
        if self._state.disk_free_bytes - size < self._settings.min_free_bytes:
            raise JournalFull(
                "the journal's disk is full; free some space, then send again", self._settings.retry_after_s
            )
        if self._state.unsynced_bytes and self._state.unsynced_bytes + size > self._settings.max_unsynced_bytes:
            raise JournalFull(
                f"the journal's disk is slow: {self._state.unsynced_bytes} bytes wait for it; send again later",
                self._settings.retry_after_s,
            )
        if pending.key is not None:
            self._state.keys_in_flight[pending.key] = []
        self._state.pending.append(pending)
        self._state.unsynced_bytes += size
        self._state.waiting_bytes += size
        self._state.disk_free_bytes -= size
        self._work.notify()

    def _forget(self, segment: Segment) -> None:
        del self._state.handed_out[segment.sequence]
        self._state.keys_by_segment.pop(segment.sequence, None)
        self._state.begun_s.pop(segment.sequence, None)
        self._state.waiting_bytes -= segment.size_bytes
        self._segment_released.notify_all()
        self._work.notify()

    def _waiting(self) -> list[int]:
        """The sequence of every segment that isn't released."""
        segments: list[Segment | OpenSegment] = [*self._state.handed_out.values(), *self._state.sealed]
        segments += self._open.values()
        return [segment.sequence for segment in segments]

    def _released_sequence(self) -> int:
        return min((sequence - 1 for sequence in self._waiting()), default=self._state.last_sequence)

    def _run(self) -> None:
        while self._wait_for_work():
            self._wait_for_company()
            with self._lock:
                batch, self._state.pending = self._state.pending, []
                closing = self._state.closing
            self._commit(batch)
            try:
                self._rotate(everything=closing)
                self._check_disk()
            except OSError as error:
                self._seal_complaint.tell(f"a journal segment could not be sealed, trying again: {error}")
                if closing:
                    return
                self._closing_soon.wait(_RETRY_INTERVAL_S)

    def _wait_for_work(self) -> bool:
        with self._lock:
            if not self._state.pending and not self._state.closing:
                self._work.wait(self._seconds_to_rotation())
            return bool(self._state.pending or self._open) or not self._state.closing

    def _wait_for_company(self) -> None:
        """Let requests gather until the next sync is due."""
        with self._lock:
            is_awaited = bool(self._state.pending)
        pause_s = self._synced_s + self._settings.sync_interval_s - time.monotonic()
        if is_awaited and pause_s > 0:
            self._closing_soon.wait(pause_s)

    def _seconds_to_rotation(self) -> float:
        """When to look again; an append or a release wakes the committer sooner."""
        now_s = time.monotonic()
        moments_s = [
            opened.opened_s + limit_s
            for opened in self._open.values()
            for limit_s in (self._settings.segment_age_s, self._settings.max_segment_age_s)
        ]
        return max(0.0, min((moment_s - now_s for moment_s in moments_s if moment_s > now_s), default=_IDLE_WAIT_S))

    def _commit(self, batch: list[_Pending]) -> None:
        by_stream: dict[str, list[_Pending]] = {}
        for pending in batch:
            by_stream.setdefault(pending.stream, []).append(pending)
        for stream, group in by_stream.items():
            try:
                opened = self._segment_for(stream)
                opened.write([piece for pending in group for piece in pending.pieces])
            except Exception as error:  # noqa: BLE001 - whoever waits must hear of it, whatever it is
                self._complaint.tell(f"the journal could not be written, requests are refused: {error!r}")
                self._finish(group, _as_refusal(error, self._settings.retry_after_s))
            else:
                self._synced_s = time.monotonic()
                self._keep_keys(opened.sequence, {pending.key for pending in group if pending.key is not None})
                self._finish(group, AppendResult.STORED)

    def _keep_keys(self, sequence: int, keys: set[bytes]) -> None:
        if keys:
            with self._lock:
                self._state.keys_by_segment.setdefault(sequence, set()).update(keys)

    def _segment_for(self, stream: str) -> OpenSegment:
        opened = self._open.get(stream)
        if opened is not None and opened.could_not_be_sealed:  # what nobody can load must not grow
            self._seal(stream, opened)
            opened = None
        if opened is None:
            number = self._sequence.take()
            opened = OpenSegment(self._segments, number, time.time_ns() // 1_000_000, stream, time.monotonic())
            try:
                sync_directory(self._segments)
            except OSError:
                opened.discard()
                raise
            with self._lock:
                self._open[stream] = opened
                self._state.begun_s[number] = opened.opened_s
                self._state.last_sequence = number
        return opened

    def _finish(self, group: list[_Pending], outcome: AppendResult | Exception) -> None:
        calls: list[tuple[OnDone, AppendResult | Exception]] = []
        with self._lock:
            for pending in group:
                calls.append((pending.on_done, outcome))
                if pending.key is not None:
                    followers = self._state.keys_in_flight.pop(pending.key)
                    repeated = AppendResult.REPEATED if outcome is AppendResult.STORED else outcome
                    calls.extend((follower, repeated) for follower in followers)
                size = sum(map(len, pending.pieces))
                self._state.unsynced_bytes -= size
                if outcome is not AppendResult.STORED:
                    self._state.waiting_bytes -= size
        for on_done, result in calls:
            _call(on_done, result)

    def _rotate(self, *, everything: bool) -> None:
        for stream, opened in list(self._open.items()):
            if not (everything or opened.size_bytes >= self._settings.segment_bytes or self._is_aged(opened)):
                continue
            if opened.size_bytes == 0:
                opened.discard()
                with self._lock:
                    del self._open[stream]
                    self._state.begun_s.pop(opened.sequence, None)
                    self._segment_released.notify_all()
                continue
            self._seal(stream, opened)

    def _seal(self, stream: str, opened: OpenSegment) -> None:
        try:
            sealed = opened.seal()
        except FileNotFoundError:
            log.error("%s was removed by somebody: %d acknowledged bytes are gone", opened.path, opened.size_bytes)
            opened.abandon()
            with self._lock:
                del self._open[stream]
                self._state.keys_by_segment.pop(opened.sequence, None)  # a repeat may store what is gone
                self._state.begun_s.pop(opened.sequence, None)
                self._state.waiting_bytes -= opened.size_bytes
                self._segment_released.notify_all()
            return
        with self._lock:
            del self._open[stream]
            self._state.sealed.append(sealed)
            self._segment_sealed.notify()

    def _is_aged(self, opened: OpenSegment) -> bool:
        age_s = time.monotonic() - opened.opened_s
        if age_s >= self._settings.max_segment_age_s:
            return True
        with self._lock:
            loader_is_idle = not self._state.sealed and not self._state.handed_out
        return age_s >= self._settings.segment_age_s and loader_is_idle

    def _check_disk(self) -> None:
        now_s = time.monotonic()
        if now_s - self._disk_checked_s < _DISK_CHECK_INTERVAL_S:
            return
        self._disk_checked_s = now_s
        free = shutil.disk_usage(self._directory).free
        with self._lock:
            self._state.disk_free_bytes = free


def _begun_s(segment: Segment) -> float:
    """When a segment of an earlier run was begun, on this run's clock; the age it has now is all that can be known."""
    return time.monotonic() - max(0.0, time.time() - segment.created_ms / 1000)


def _call(on_done: OnDone, result: AppendResult | Exception) -> None:
    try:
        on_done(result)
    except Exception:
        log.exception("a caller of the journal failed on hearing its result")


def _as_refusal(error: Exception, retry_after_s: float) -> Exception:
    if isinstance(error, OSError):
        return JournalFull(f"the journal could not be written ({error.strerror}); send again later", retry_after_s)
    return JournalError(f"the journal could not be written: {error}")


@contextlib.contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold a journal's lock without opening it. Raises JournalLocked when another process has it."""
    directory.mkdir(parents=True, exist_ok=True)
    fd = _lock(directory)
    try:
        yield
    finally:
        os.close(fd)


def _lock(directory: Path) -> int:
    fd = os.open(directory / "LOCK", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        raise JournalLocked(f"another Clew is using {directory}; stop it, or choose another data directory") from None
    return fd
