import contextlib
import errno
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import pytest

from clew.errors import JournalClosed, JournalError, JournalFull, JournalLocked
from clew.journal.journal import Journal
from clew.journal.record import AppendResult, read_records
from clew.journal.recovery import read_segment
from clew.journal.segment import Segment, find_segments
from clew.journal.settings import JournalSettings
from tests.journal.appends import LARGE, QUICK, STREAM, TIMEOUT_S, append, key_of, stored

ROOT = Path(__file__).parents[2]
STORED, REPEATED = AppendResult.STORED, AppendResult.REPEATED


@contextlib.contextmanager
def _opened(directory: Path, settings: JournalSettings = LARGE) -> Iterator[Journal]:
    journal = Journal(directory, settings)
    try:
        yield journal
    finally:
        journal.close()


class _Gate:
    """Stands in for os.fdatasync: counts, and while closed holds the committer before the disk."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls = 0
        self.reached = threading.Event()
        self._open = threading.Event()
        self._open.set()
        self._sync = os.fdatasync
        monkeypatch.setattr(os, "fdatasync", self._pass)

    def close(self) -> None:
        self.reached.clear()
        self._open.clear()

    def open(self) -> None:
        self._open.set()

    def _pass(self, fd: int) -> None:
        self.calls += 1
        self.reached.set()
        assert self._open.wait(TIMEOUT_S)
        self._sync(fd)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Gate]:
    """An open gate before the disk."""
    gate = _Gate(monkeypatch)
    yield gate
    gate.open()


def _next(journal: Journal) -> Segment:
    segment = journal.next_segment(TIMEOUT_S)
    assert segment is not None
    return segment


def _results(futures: "list[Future[AppendResult]]") -> list[AppendResult]:
    return [future.result(TIMEOUT_S) for future in futures]


def test_a_result_comes_only_after_the_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever a caller hears STORED, its record lies within what a finished fdatasync covered."""
    synced: dict[str, int] = {}
    real_sync = os.fdatasync

    def sync(fd: int) -> None:
        path, size = str(Path(f"/proc/self/fd/{fd}").readlink()), os.fstat(fd).st_size
        real_sync(fd)
        synced[path] = size

    monkeypatch.setattr(os, "fdatasync", sync)
    late: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def is_durable(payload: bytes) -> bool:
        contents = (Path(path).read_bytes()[:size] for path, size in synced.items())
        return any(record.payload == payload for content in contents for record in read_records(content))

    with _opened(tmp_path) as journal:
        for number in range(60):
            payload = f"payload {number}".encode()
            journal.append(f"traces/t{number % 3}", payload, lambda _, p=payload: late.put(is_durable(p)))  # type: ignore[misc]  # a default argument binds the loop's value
        assert all(late.get(timeout=TIMEOUT_S) for _ in range(60))


def test_nothing_is_answered_while_the_sync_takes(tmp_path: Path, gate: _Gate) -> None:
    """An append whose bytes are written but not yet synced has no result."""
    with _opened(tmp_path) as journal:
        gate.close()
        future = append(journal, b"payload")
        assert gate.reached.wait(TIMEOUT_S)
        assert not future.done()
        gate.open()
        assert future.result(TIMEOUT_S) is STORED


def test_many_appends_share_one_sync(tmp_path: Path, gate: _Gate) -> None:
    """All that gathers while the disk is busy is written with the next sync, whoever appended it."""
    with _opened(tmp_path) as journal:
        gate.close()
        first = append(journal, b"first")
        assert gate.reached.wait(TIMEOUT_S)
        futures: list[Future[AppendResult]] = []
        threads = [
            threading.Thread(target=lambda: futures.extend(append(journal, b"x") for _ in range(50))) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        gate.open()
        assert _results([first, *futures]) == [STORED] * 401
        assert gate.calls == 2
    assert len(stored(tmp_path)) == 401


def test_records_of_a_stream_keep_their_order(tmp_path: Path) -> None:
    """What one thread appends to a stream is read in that order, over all its segments."""
    with _opened(tmp_path, replace(QUICK, segment_bytes=2000)) as journal:
        for first in range(0, 1000, 200):
            numbers = range(first, first + 200)
            _results([append(journal, b"%d" % number, stream=f"traces/{t}") for number in numbers for t in "ab"])
    for tenant in "ab":
        assert stored(tmp_path, f"traces/{tenant}") == [b"%d" % number for number in range(1000)]
    assert len(find_segments(tmp_path / "segments")) > 4


def test_a_segment_has_one_stream(tmp_path: Path) -> None:
    """Signals and tenants never share a file."""
    streams = ["traces/a", "traces/b", "logs/a"]
    with _opened(tmp_path) as journal:
        _results([append(journal, stream.encode(), stream=stream) for stream in streams * 5])
    assert sorted(segment.stream for segment in find_segments(tmp_path / "segments")) == sorted(streams)
    for stream in streams:
        assert stored(tmp_path, stream) == [stream.encode()] * 5


def test_a_repeated_key_is_not_written(tmp_path: Path) -> None:
    """The second append with a key is answered REPEATED; the first payload stays the only one."""
    with _opened(tmp_path) as journal:
        assert append(journal, b"first", key=key_of(1)).result(TIMEOUT_S) is STORED
        assert append(journal, b"second", key=key_of(1)).result(TIMEOUT_S) is REPEATED
        assert append(journal, b"third", key=key_of(2)).result(TIMEOUT_S) is STORED
    assert stored(tmp_path) == [b"first", b"third"]


def test_a_repeat_waits_until_the_first_is_durable(tmp_path: Path, gate: _Gate) -> None:
    """Repeats that come while the first is being written are answered with it, and not before."""
    with _opened(tmp_path) as journal:
        gate.close()
        futures = [append(journal, b"first", key=key_of(1))]
        assert gate.reached.wait(TIMEOUT_S)
        futures += [append(journal, b"again", key=key_of(1)) for _ in range(5)]
        assert not any(future.done() for future in futures)
        gate.open()
        assert _results(futures) == [STORED] + [REPEATED] * 5
    assert stored(tmp_path) == [b"first"]


def test_concurrent_appends_of_one_key_store_one(tmp_path: Path) -> None:
    """Of many threads with the same key exactly one is told STORED."""
    with _opened(tmp_path, QUICK) as journal:
        futures: list[Future[AppendResult]] = []
        barrier = threading.Barrier(8)

        def appender() -> None:
            barrier.wait(TIMEOUT_S)
            futures.extend(append(journal, b"x", key=key_of(number)) for number in range(100))

        threads = [threading.Thread(target=appender) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert _results(futures).count(STORED) == 100
    assert len(stored(tmp_path)) == 100


def test_when_the_first_fails_a_third_may_store_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The failure of the first is also that of the repeats that wait for it; the key is free again afterwards."""
    reached, release = threading.Event(), threading.Event()

    def fail(_: int) -> None:
        reached.set()
        assert release.wait(TIMEOUT_S)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with _opened(tmp_path) as journal:
        with monkeypatch.context() as patched:
            patched.setattr(os, "fdatasync", fail)
            first = append(journal, b"first", key=key_of(1))
            assert reached.wait(TIMEOUT_S)
            second = append(journal, b"second", key=key_of(1))
            release.set()
            for future in (first, second):
                with pytest.raises(JournalFull, match="No space left"):
                    future.result(TIMEOUT_S)
        assert append(journal, b"third", key=key_of(1)).result(TIMEOUT_S) is STORED
        assert append(journal, b"fourth", key=key_of(1)).result(TIMEOUT_S) is REPEATED
        usage = journal.usage()
    assert stored(tmp_path) == [b"third"]
    assert usage.waiting_bytes == sum(path.stat().st_size for path in (tmp_path / "segments").iterdir())


def test_keys_are_remembered_for_ever(tmp_path: Path) -> None:
    """A key is known after reopening, after its segment is released, and after both."""
    with _opened(tmp_path, QUICK) as journal:
        _results([append(journal, b"released", key=key_of(1))])
        journal.release(_next(journal))
        assert append(journal, b"again", key=key_of(1)).result(TIMEOUT_S) is REPEATED
        _results([append(journal, b"kept", key=key_of(2))])
    with _opened(tmp_path, QUICK) as journal:
        assert append(journal, b"again", key=key_of(1)).result(TIMEOUT_S) is REPEATED
        assert append(journal, b"again", key=key_of(2)).result(TIMEOUT_S) is REPEATED
        journal.release(_next(journal))
    with _opened(tmp_path) as journal:
        assert append(journal, b"again", key=key_of(2)).result(TIMEOUT_S) is REPEATED
    assert stored(tmp_path) == []


def test_a_segment_set_aside_keeps_its_keys(tmp_path: Path) -> None:
    """A segment moved out of the journal is whole where it went, and its keys stay known after reopening."""
    aside = tmp_path / "aside"
    with _opened(tmp_path / "journal", QUICK) as journal:
        _results([append(journal, b"payload", key=key_of(1))])
        target = journal.set_aside(_next(journal), aside)
        assert journal.usage().waiting_segments == 0
    assert [record.payload for record in read_segment(target)] == [b"payload"]
    assert target.parent == aside
    with _opened(tmp_path / "journal") as journal:
        assert append(journal, b"again", key=key_of(1)).result(TIMEOUT_S) is REPEATED


def test_a_segment_is_sealed_when_it_is_large(tmp_path: Path) -> None:
    """A segment over the size is handed out though it is young."""
    with _opened(tmp_path, replace(LARGE, segment_bytes=1000)) as journal:
        _results([append(journal, b"x" * 900)])
        assert journal.next_segment(0) is None
        _results([append(journal, b"y" * 200)])
        assert [record.payload[:1] for record in read_segment(_next(journal).path)] == [b"x", b"y"]


def test_a_segment_is_sealed_when_it_is_old(tmp_path: Path) -> None:
    """A small segment is handed out once it has its age, without another append."""
    with _opened(tmp_path, replace(LARGE, segment_age_s=0.05)) as journal:
        began_s = time.monotonic()
        _results([append(journal, b"x")])
        assert [record.payload for record in read_segment(_next(journal).path)] == [b"x"]
        assert time.monotonic() - began_s >= 0.05


def test_a_segment_grows_while_the_loader_works(tmp_path: Path) -> None:
    """While a segment is being loaded, all that comes goes into the next one, however old; then that is handed out."""
    with _opened(tmp_path, replace(LARGE, segment_age_s=0.02)) as journal:
        _results([append(journal, b"loading")])
        loading = _next(journal)
        for payload in (b"first", b"second"):
            _results([append(journal, payload)])
            assert journal.next_segment(0.1) is None
        journal.release(loading)
        assert [record.payload for record in read_segment(_next(journal).path)] == [b"first", b"second"]


def test_a_segment_is_sealed_for_the_sake_of_age_even_if_the_loader_works(tmp_path: Path) -> None:
    """A loader that hangs on one segment doesn't keep the next one open for ever."""
    with _opened(tmp_path, replace(LARGE, segment_age_s=0.01, max_segment_age_s=0.05)) as journal:
        _results([append(journal, b"hangs")])
        hanging = _next(journal)
        _results([append(journal, b"next")])
        assert _next(journal).sequence > hanging.sequence


def test_requests_that_come_together_share_a_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the least interval nothing is synced, and then all that waited at once; the first waits for nobody."""
    synced: list[float] = []
    real = os.fdatasync

    def sync(fd: int) -> None:
        synced.append(time.monotonic())
        real(fd)

    monkeypatch.setattr(os, "fdatasync", sync)
    with _opened(tmp_path, replace(LARGE, sync_interval_s=0.2)) as journal:
        began_s = time.monotonic()
        _results([append(journal, b"first")])
        assert synced[0] - began_s < 0.2
        _results([append(journal, bytes([number])) for number in range(20)])
        assert len(synced) == 2
        assert synced[1] - synced[0] >= 0.2


def test_a_full_journal_refuses_until_a_segment_is_released(tmp_path: Path) -> None:
    """Over the bound append raises at once, with a time to wait; a release makes room again."""
    with _opened(tmp_path, replace(QUICK, max_bytes=3000, retry_after_s=7.5)) as journal:
        _results([append(journal, b"x" * 900) for _ in range(3)])
        with pytest.raises(JournalFull, match="full") as refused:
            append(journal, b"x" * 900)
        assert refused.value.retry_after_s == 7.5
        while journal.usage().waiting_bytes > 1000:
            journal.release(_next(journal))
        assert append(journal, b"x" * 900).result(TIMEOUT_S) is STORED


def test_the_bound_holds_after_reopening(tmp_path: Path) -> None:
    """Bytes that wait from before count."""
    with _opened(tmp_path, replace(QUICK, max_bytes=1000)) as journal:
        _results([append(journal, b"x" * 900)])
    with _opened(tmp_path, replace(QUICK, max_bytes=1000)) as journal, pytest.raises(JournalFull):
        append(journal, b"x" * 900)


def test_a_disk_with_little_room_refuses(tmp_path: Path) -> None:
    """The journal leaves free what it was told to leave free."""
    with _opened(tmp_path, replace(QUICK, min_free_bytes=1 << 60)) as journal, pytest.raises(JournalFull, match="disk"):
        append(journal, b"x")


def test_a_refused_key_is_free(tmp_path: Path) -> None:
    """A key whose append was refused for want of room is stored when it is sent again."""
    with _opened(tmp_path, replace(QUICK, max_bytes=1000)) as journal:
        with pytest.raises(JournalFull):
            append(journal, b"x" * 2000, key=key_of(1))
        assert append(journal, b"x", key=key_of(1)).result(TIMEOUT_S) is STORED


def test_a_full_disk_refuses_the_group_and_spoils_nothing(tmp_path: Path) -> None:
    """A write that fails half-way is refused and cut off; records before and after it are whole, its key is free."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.journal.full_disk", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip  # one item a line would say no more
    before, torn, small, again, repeated = json.loads(done.stdout)
    assert (before, small, again, repeated) == ("accepted",) * 4
    assert torn == "JournalFull: the journal could not be written (File too large); send again later"
    assert stored(tmp_path) == [b"before", b"small enough", b"x" * 1000]


def test_failing_streams_do_not_hold_up_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When one stream's file can't be written, the appends of another in the same group are stored."""
    real_sync = os.fdatasync

    def sync(fd: int) -> None:
        if "-traces-bad" in str(Path(f"/proc/self/fd/{fd}").readlink()):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real_sync(fd)

    monkeypatch.setattr(os, "fdatasync", sync)
    with _opened(tmp_path, QUICK) as journal:
        bad = [append(journal, b"bad", stream="traces/bad") for _ in range(3)]
        good = [append(journal, b"good", stream="traces/good") for _ in range(3)]
        assert _results(good) == [STORED] * 3
        assert all(isinstance(future.exception(TIMEOUT_S), JournalFull) for future in bad)
        assert journal.wait_released(0, 0)
        journal.release(_next(journal))
        assert journal.wait_released(journal.usage().last_sequence, TIMEOUT_S)
        assert journal.usage().waiting_bytes == 0
    assert list((tmp_path / "segments").iterdir()) == []


def test_a_callers_exception_costs_nobody_else(tmp_path: Path) -> None:
    """When an on_done raises, the others of its group still hear their results, and the journal goes on."""
    with _opened(tmp_path) as journal:
        journal.append(STREAM, b"x", _raise)
        futures = [append(journal, b"y") for _ in range(3)]
        assert _results(futures) == [STORED] * 3
        assert append(journal, b"z").result(TIMEOUT_S) is STORED


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    """While a journal is open another process that opens it gets JournalLocked, with what to do."""
    code = "import sys; from pathlib import Path; from clew.journal.journal import Journal; Journal(Path(sys.argv[1]))"
    with _opened(tmp_path):
        second = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False, timeout=60
        )
        assert second.returncode == 1
        assert "JournalLocked: another Clew is using" in second.stderr
        with pytest.raises(JournalLocked, match="stop it, or choose another data directory"):
            Journal(tmp_path)
    with _opened(tmp_path) as journal:
        assert append(journal, b"x").result(TIMEOUT_S) is STORED


def test_a_child_process_does_not_keep_the_lock(tmp_path: Path) -> None:
    """A program that was started while the journal was open doesn't hold it when the journal is closed."""
    with _opened(tmp_path):
        child = subprocess.Popen(["sleep", "60"], close_fds=False)
    try:
        with _opened(tmp_path) as journal:
            assert append(journal, b"x").result(TIMEOUT_S) is STORED
    finally:
        child.kill()
        child.wait()


def test_a_journal_that_could_not_be_opened_is_not_locked(tmp_path: Path) -> None:
    """After a failed start the reason can be removed and the start repeated in the same process."""
    stray = tmp_path / "segments" / "notes.txt"
    stray.parent.mkdir()
    stray.touch()
    with pytest.raises(JournalError, match="no journal segment"):
        Journal(tmp_path)
    stray.unlink()
    with _opened(tmp_path) as journal:
        assert append(journal, b"x").result(TIMEOUT_S) is STORED


def test_closing_commits_and_seals(tmp_path: Path, gate: _Gate) -> None:
    """What was accepted before close is stored and sealed when close returns; later appends are refused."""
    journal = Journal(tmp_path, LARGE)
    gate.close()
    futures = [append(journal, b"first")]
    assert gate.reached.wait(TIMEOUT_S)
    futures += [append(journal, str(number).encode()) for number in range(20)]
    closer = threading.Thread(target=journal.close)
    closer.start()
    gate.open()
    closer.join(TIMEOUT_S)
    assert all(future.done() for future in futures)
    assert _results(futures) == [STORED] * 21
    with pytest.raises(JournalClosed, match="send again when Clew is back"):
        append(journal, b"late")
    journal.close()
    assert [segment.path.suffix for segment in find_segments(tmp_path / "segments")] == [".otlp"]
    assert len(stored(tmp_path)) == 21


def test_a_journal_without_appends_leaves_no_segment(tmp_path: Path) -> None:
    """Opening and closing creates no segment."""
    with _opened(tmp_path):
        pass
    assert find_segments(tmp_path / "segments") == []


def test_usage_tells_where_the_journal_stands(tmp_path: Path) -> None:
    """Bytes, segments, age and numbers follow appends, hand-outs and releases."""
    with _opened(tmp_path, QUICK) as journal:
        empty = journal.usage()
        assert (empty.waiting_bytes, empty.waiting_segments, empty.oldest_age_s) == (0, 0, 0.0)
        assert empty.released_sequence == empty.last_sequence
        _results([append(journal, b"one")])
        first = _next(journal)
        _results([append(journal, b"two")])
        usage = journal.usage()
        assert usage.waiting_segments == 2
        assert usage.waiting_bytes == sum(path.stat().st_size for path in (tmp_path / "segments").iterdir())
        assert usage.last_sequence == first.sequence + 1
        assert usage.released_sequence == first.sequence - 1
        assert 0 < usage.oldest_age_s < TIMEOUT_S
        journal.release(first)
        assert journal.usage().released_sequence == first.sequence
        assert not journal.wait_released(first.sequence + 1, 0)
        journal.release(_next(journal))
        assert journal.usage().waiting_bytes == 0
        assert journal.wait_released(first.sequence + 1, 0)


def test_waiting_for_a_release_ends_with_it(tmp_path: Path) -> None:
    """A thread that waits until all is loaded goes on when the last segment is released."""
    with _opened(tmp_path, QUICK) as journal:
        _results([append(journal, b"x")])
        outcome: queue.SimpleQueue[bool] = queue.SimpleQueue()
        last = journal.usage().last_sequence
        waiter = threading.Thread(target=lambda: outcome.put(journal.wait_released(last, TIMEOUT_S)))
        waiter.start()
        journal.release(_next(journal))
        assert outcome.get(timeout=TIMEOUT_S)
        waiter.join()


def test_segments_are_handed_out_oldest_first(tmp_path: Path) -> None:
    """One that is postponed comes again behind the others; after reopening the order is by age again."""
    with _opened(tmp_path, replace(LARGE, segment_bytes=1)) as journal:
        for number in range(3):
            _results([append(journal, str(number).encode())])
        handed = [_next(journal) for _ in range(3)]
        assert [read_segment(segment.path)[0].payload for segment in handed] == [b"0", b"1", b"2"]
        journal.postpone(handed[1])
        journal.postpone(handed[0])
        assert [_next(journal) for _ in range(2)] == [handed[1], handed[0]]
        assert journal.next_segment(0) is None
    with _opened(tmp_path) as journal:
        assert [_next(journal).sequence for _ in range(3)] == [segment.sequence for segment in handed]


def test_numbers_are_never_used_again(tmp_path: Path) -> None:
    """After everything is loaded and gone but the file `sequence`, the next segment has a higher number."""
    with _opened(tmp_path, QUICK) as journal:
        _results([append(journal, b"x")])
        used = _next(journal)
        journal.release(used)
    for path in tmp_path.iterdir():
        if path.is_file() and path.name != "sequence":
            path.unlink()
    with _opened(tmp_path, QUICK) as journal:
        assert journal.usage().last_sequence >= used.sequence
        _results([append(journal, b"y")])
        assert _next(journal).sequence > used.sequence


def test_what_was_acknowledged_before_a_crash_is_handed_out_after_it(tmp_path: Path) -> None:
    """A process that ends without closing loses nothing that was answered; its torn tail is cut."""
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom clew.journal.journal import Journal\n"
        "from tests.journal.appends import LARGE, append\njournal = Journal(Path(sys.argv[1]), LARGE)\n"
        "print([append(journal, b'x', key=bytes([n] * 32)).result(20) for n in range(9)])\nos.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, check=False, timeout=60)
    assert killed.returncode == -9
    (left,) = (tmp_path / "segments").iterdir()
    with left.open("ab") as file:
        file.write(b"\x20torn")
    with _opened(tmp_path) as journal:
        assert append(journal, b"again", key=bytes([5] * 32)).result(TIMEOUT_S) is REPEATED
        assert [record.payload for record in read_segment(_next(journal).path)] == [b"x"] * 9


@pytest.mark.parametrize("key", [b"", b"short", bytes(33)])
def test_a_key_of_another_length_is_refused_at_once(tmp_path: Path, key: bytes) -> None:
    """A wrong key raises from append, and nothing is queued."""
    with _opened(tmp_path) as journal:
        with pytest.raises(ValueError, match="32 bytes"):
            append(journal, b"x", key=key)
        assert journal.usage().waiting_bytes == 0


def _raise(_: AppendResult | Exception) -> None:
    raise RuntimeError("a caller's mistake")


def test_a_segment_that_somebody_removed_stops_nobody(tmp_path: Path) -> None:
    """When the open segment's file is gone, later records go into a new one, even those with a key that was in it."""
    with _opened(tmp_path, replace(LARGE, segment_age_s=0.3, max_segment_age_s=0.3)) as journal:
        _results([append(journal, b"lost", key=key_of(1))])
        (opened,) = (tmp_path / "segments").glob("*.open")
        opened.unlink()
        assert journal.wait_released(journal.usage().last_sequence, TIMEOUT_S)
        assert _results([append(journal, b"kept", key=key_of(1))]) == [AppendResult.STORED]
        assert read_segment(_next(journal).path)[0].payload == b"kept"
        assert journal.usage().waiting_segments == 1


def test_what_waits_in_memory_for_a_slow_disk_is_bounded(tmp_path: Path, gate: _Gate) -> None:
    """While a sync takes long, appends beyond `max_unsynced_bytes` are told to come back; what was taken is stored."""
    with _opened(tmp_path, replace(LARGE, max_unsynced_bytes=10_000)) as journal:
        gate.close()
        taken = [append(journal, b"first")]
        assert gate.reached.wait(TIMEOUT_S)
        taken += [append(journal, bytes(1000)) for _ in range(9)]
        with pytest.raises(JournalFull, match="disk is slow"):
            append(journal, bytes(1000))
        gate.open()
        assert _results(taken) == [STORED] * 10
        assert append(journal, bytes(20_000)).result(TIMEOUT_S) is STORED
    assert len(stored(tmp_path)) == 11


def test_a_lost_segment_is_gone_on_without(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A handed-out segment whose file was removed is told and forgotten, and a repeat of its record is stored anew."""
    with _opened(tmp_path, QUICK) as journal:
        assert append(journal, b"lost", key=key_of(1)).result(TIMEOUT_S) is STORED
        segment = _next(journal)
        segment.path.unlink()
        journal.forget_lost(segment)
        assert "removed by somebody" in caplog.text
        assert journal.wait_released(segment.sequence, 0)
        assert append(journal, b"lost", key=key_of(1)).result(TIMEOUT_S) is STORED


def test_the_age_of_a_segment_ignores_the_wall_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that is set days forward or back makes nothing older or younger."""
    with _opened(tmp_path) as journal:
        assert append(journal, b"x").result(TIMEOUT_S) is STORED
        for jump_s in (3 * 86400, -3 * 86400):
            with monkeypatch.context() as patched:
                now_s = time.time() + jump_s
                patched.setattr(time, "time", lambda now_s=now_s: now_s)
                assert 0 < journal.usage().oldest_age_s < TIMEOUT_S
