"""Appends whose outcome can be waited for, and what a journal's directory holds."""

from concurrent.futures import Future
from pathlib import Path

from clew.journal.journal import Journal
from clew.journal.record import AppendResult
from clew.journal.recovery import read_segment
from clew.journal.segment import find_segments
from clew.journal.settings import JournalSettings

TIMEOUT_S = 20.0
STREAM = "traces/default"
LARGE = JournalSettings(segment_age_s=60.0, max_segment_age_s=60.0, min_free_bytes=0)
"""One segment that isn't sealed before the journal is closed."""
QUICK = JournalSettings(segment_age_s=0.01, max_segment_age_s=0.01, min_free_bytes=0)


def append(
    journal: Journal, payload: bytes, *, stream: str = STREAM, key: bytes | None = None
) -> "Future[AppendResult]":
    """Append; the future has the result or the exception."""
    future: Future[AppendResult] = Future()

    def on_done(outcome: AppendResult | Exception) -> None:
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)

    journal.append(stream, payload, on_done, key)
    return future


def stored(directory: Path, stream: str = STREAM) -> list[bytes]:
    """The payloads of a stream in the journal's segments, in order."""
    segments = [segment for segment in find_segments(directory / "segments") if segment.stream == stream]
    return [record.payload for segment in segments for record in read_segment(segment.path)]


def key_of(number: int) -> bytes:
    """A key of 32 bytes."""
    return number.to_bytes(32, "big")
