"""`clew import`: files of OTLP into a running Clew; what was sent before, byte for byte, is not stored again."""

import errno
import json
import os
import secrets
import stat
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import BinaryIO

from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from clew.errors import ClewError, Overloaded, RemoteError
from clew.terminal.batches import Batch, batch_requests
from clew.terminal.connection import REST, Connection
from clew.terminal.count import counted
from clew.terminal.inflated import read_inflated
from clew.terminal.screen import note, note_console
from clew.terminal.telemetry_file import read_requests
from clew.terminal.upload import Outcome, Uploader

SENDERS = 3
_LOADING_STALLED_S = 60.0
_POLL_S = 0.1


def import_files(server: str, names: Sequence[str], again: bool = False, as_json: bool = False) -> int:
    """Returns 0 when all can be searched, 1 when the server refused a part of it."""
    began = time.monotonic()
    with Connection(server) as connection, _progress() as progress:
        connection.get_json(f"{REST}/status")  # is there a Clew? before the files are opened
        _check_files(names)
        uploader = Uploader(connection, secrets.token_bytes(16) if again else b"")
        total = _Import(uploader, progress, again).run(names)
        try:
            _wait_until_searchable(connection)
        except KeyboardInterrupt:
            _note_left_out(total)
            note("everything is stored; it can be searched in a moment")
            raise
    _report(total, time.monotonic() - began, as_json)
    return 1 if total.refused else 0


def _check_files(names: Sequence[str]) -> None:
    """Raises OSError for the first that can't be read. Opening it would disturb a pipe, so it is only looked at."""
    for name in names:
        if name != "-":
            is_folder = stat.S_ISDIR(Path(name).stat().st_mode)
            trouble = errno.EISDIR if is_folder else 0 if os.access(name, os.R_OK) else errno.EACCES
            if trouble:
                raise OSError(trouble, os.strerror(trouble), name)


class _Import:
    """Reads in the main thread, counts and sends in others; a bounded number of batches is in memory."""

    def __init__(self, uploader: Uploader, progress: Progress, again: bool) -> None:
        self._uploader = uploader
        self._again = again
        self._progress = progress
        self._task = progress.add_task("", total=None, spans="")
        self._began = time.monotonic()
        self._total = Outcome()
        self._sent: deque[Future[Outcome]] = deque()

    def run(self, names: Sequence[str]) -> Outcome:
        pool = ThreadPoolExecutor(SENDERS)
        try:
            for batch in self._read(names):
                self._sent.append(pool.submit(self._uploader.send, batch))
                if len(self._sent) > SENDERS:
                    self._take_result()
            while self._sent:
                self._take_result()
        except KeyboardInterrupt:
            note(f"stopped after {self._stored()}; {self._how_to_go_on()}")
            raise
        except (ClewError, OSError) as error:
            self._take_what_is_left(error)
            error.add_note(f"{self._stored()} of this import are stored; {self._how_to_go_on()}")
            raise
        finally:
            self._uploader.stop()
            pool.shutdown(cancel_futures=True)
        return self._total

    def _read(self, names: Sequence[str]) -> Iterator[Batch]:
        sizes = [Path(name).stat().st_size for name in names if name != "-"]
        self._progress.update(self._task, total=None if "-" in names else sum(sizes))
        for name in names:
            with ExitStack() as stack:
                file = sys.stdin.buffer if name == "-" else stack.enter_context(Path(name).open("rb"))
                shown = "standard input" if name == "-" else name
                chunks = read_inflated(_WatchedFile(file, self._progress, self._task), shown)
                yield from batch_requests(read_requests(chunks, shown))

    def _take_what_is_left(self, error: ClewError | OSError) -> None:
        """Counts what is stored all the same; a file that is damaged is no reason to drop what it began with."""
        if isinstance(error, RemoteError | Overloaded):
            self._uploader.stop()
        while self._sent:
            with suppress(ClewError, OSError):
                self._take_result()

    def _stored(self) -> str:
        total = self._total
        return " and ".join(_parts(counted(total.spans, "span"), total))

    def _how_to_go_on(self) -> str:
        if self._again:
            return "the same command with --again would store them once more"
        return "running the same command again is safe: it goes on from there, nothing of it is stored twice"

    def _take_result(self) -> None:
        self._total.add(self._sent.popleft().result())
        records = self._total.spans + self._total.log_records
        rate = records / max(0.001, time.monotonic() - self._began)
        self._progress.update(self._task, spans=f"{counted(records, 'span')}, {rate:,.0f}/s")


class _WatchedFile:
    """A file whose reading moves the progress bar."""

    def __init__(self, file: BinaryIO, progress: Progress, task: TaskID) -> None:
        self._file = file
        self._progress = progress
        self._task = task

    def read(self, size: int, /) -> bytes:
        data = self._file.read(size)
        self._progress.advance(self._task, len(data))
        return data


def _progress() -> Progress:
    console = note_console()
    columns = (BarColumn(), DownloadColumn(), TimeRemainingColumn(), TextColumn("{task.fields[spans]}"))
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _wait_until_searchable(connection: Connection) -> None:
    """Returns when all that was acknowledged before the call can be searched."""
    journal = connection.get_json(f"{REST}/status")["journal"]
    last_segment = journal["last_segment"]
    loaded_segment, changed = journal["loaded_segment"], time.monotonic()
    while loaded_segment < last_segment:
        if time.monotonic() - changed > _LOADING_STALLED_S:
            raise RemoteError("all is stored, but loading has stopped; `clew doctor` and the server's log say why")
        time.sleep(_POLL_S)
        now_loaded = connection.get_json(f"{REST}/status")["journal"]["loaded_segment"]
        if now_loaded != loaded_segment:
            loaded_segment, changed = now_loaded, time.monotonic()


def _note_left_out(total: Outcome) -> None:
    if total.skipped_metrics:
        note(f"{counted(total.skipped_metrics, 'request')} with metrics left out: Clew stores traces and logs")
    if total.refused:
        note(f"{total.refused:,} refused: {total.reason}")


def _parts(spans: str, total: Outcome) -> list[str]:
    return [spans, counted(total.log_records, "log record")] if total.log_records else [spans]


def _report(total: Outcome, seconds: float, as_json: bool) -> None:
    _note_left_out(total)
    figures = {
        "spans": total.spans,
        "traces": len(total.trace_ids),
        "log_records": total.log_records,
        "already_there": total.already_there,
        "refused": total.refused,
        "seconds": round(seconds, 3),
    }
    if as_json:
        sys.stdout.write(json.dumps(figures) + "\n")
        return
    rate = (total.spans + total.log_records) / max(0.001, seconds)
    spans = f"{counted(total.spans, 'span')} in {counted(len(total.trace_ids), 'trace')}"
    text = " and ".join(_parts(spans, total)) + f" can be searched ({seconds:.1f} s, {rate:,.0f}/s)"
    if total.already_there:
        text += f"; {total.already_there:,} were already there"
    sys.stdout.write(text + "\n")
