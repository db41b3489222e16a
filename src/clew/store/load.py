"""Load journal segments: one INSERT per segment, exactly once, decoded by the engine."""

import contextlib
import logging
import os
import re
import tempfile
import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from clew.errors import LoadFailed, MalformedInput, StoreError, UnloadableSegment
from clew.journal.journal import Journal
from clew.journal.record import encode_record
from clew.journal.recovery import read_segment, sync_directory
from clew.journal.segment import Segment
from clew.store.engine import Engine, run
from clew.store.otlp_format import LOGS, TRACES
from clew.store.statement import statement
from clew.store.warm_up import warm_up
from clew.wire.otlp_check import canonical_logs, canonical_traces

log = logging.getLogger(__name__)

_SIGNALS = {"traces": ("load_spans.sql", TRACES), "logs": ("load_logs.sql", LOGS)}
_CANONICAL = {"traces": canonical_traces, "logs": canonical_logs}
_POLL_S = 0.5
_FIRST_RETRY_S = 0.2
_LONGEST_RETRY_S = 10.0
_POSTPONED_PAUSE_S = 0.05
_LATEST_MS = 4_102_444_800_000
"""The year 2100; the engine's dates end in 2149."""
# Codes that mean "these bytes can't be read", as opposed to "not now": nothing was written when they are raised.
_UNREADABLE = frozenset(
    {
        32,  # ATTEMPT_TO_READ_AFTER_EOF
        33,  # CANNOT_READ_ALL_DATA
        69,  # ARGUMENT_OUT_OF_BOUND
        70,  # CANNOT_CONVERT_TYPE
        117,  # INCORRECT_DATA
        128,  # TOO_LARGE_ARRAY_SIZE
        131,  # TOO_LARGE_STRING_SIZE
        436,  # PROTOBUF_BAD_CAST
        444,  # UNKNOWN_PROTOBUF_FORMAT
    }
)
# A value with two alternatives of a `oneof` comes under a code that is used for much else (36, BAD_ARGUMENTS).
_UNREADABLE_MESSAGE = "Invalid protobuf data"


_LOAD_SETTINGS: dict[str, str | int] = {
    "format_schema_source": "file",
    "format_schema_message_name": "Request",
    "input_format_protobuf_oneof_presence": 1,
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    # One thread and no bound on a block: the whole file becomes one block.
    "max_threads": 1,
    "max_insert_threads": 1,
    "max_block_size": 1 << 24,
    "max_insert_block_size": 1 << 30,
    "min_insert_block_size_rows": 1 << 30,
    "min_insert_block_size_bytes": 0,
    "max_memory_usage": 0,
    # There is nothing to push down or reorder, and looking for it costs 15 ms a load.
    "query_plan_enable_optimizations": 0,
}


@dataclass(slots=True)
class LoadCounters:
    """What was loaded since the start; `quarantined` counts records, and damaged segments, that were set aside."""

    segments: int = 0
    bytes: int = 0
    seconds: float = 0.0
    retries: int = 0
    quarantined: int = 0
    warm: bool = False


@dataclass(frozen=True, slots=True)
class _Failed:
    tries: int
    retry_at_s: float


def load_segment(handle: object, segment: Segment) -> None:
    """Load a segment under its token; the same token again adds nothing. Raises StoreError, and UnloadableSegment when
    there is no way to load it.

    The whole file becomes one block in one partition (that of the day it was received), so the engine takes all of
    it or nothing; the token is handed on to the views, so that each derived table is exactly-once by itself.
    """
    signal, tenant = segment.stream.split("/")
    if signal not in _SIGNALS or segment.created_ms > _LATEST_MS:
        raise UnloadableSegment(f"segment {segment.token} is of an unknown signal or of an impossible time")
    name, otlp = _SIGNALS[signal]
    with segment.path.open("rb") as file:
        parameters = {
            "tenant": tenant,
            "received_day": datetime.fromtimestamp(segment.created_ms / 1000, UTC).date().isoformat(),
            # By descriptor, because the engine takes `*`, `?`, `{` or `::` in a path for a pattern or an archive, finds
            # nothing, and that would be no error.
            "segment": f"/proc/self/fd/{file.fileno()}",
            "structure": otlp.structure,
        }
        settings = {"format_schema": otlp.schema_path, "insert_deduplication_token": segment.token}
        run(handle, statement(name), parameters, _LOAD_SETTINGS | settings)


class Loader:
    """A thread that takes sealed segments from the journal, loads them in order and releases them.

    A segment that fails is tried again for ever, less and less often, while the reason may pass (disk, memory); those
    behind it are loaded meanwhile. One whose bytes the engine can't read is loaded in parts; a record at fault is
    written anew, as a strict reader wants it, and set aside in `quarantine` only if even that can't be read.
    """

    def __init__(self, engine: Engine, journal: Journal, quarantine: Path) -> None:
        self.counters = LoadCounters()
        self._engine = engine
        self._journal = journal
        self._quarantine = quarantine
        self._stopping = threading.Event()
        self._failed: dict[int, _Failed] = {}
        self._handle = engine.trusted()
        self._thread = threading.Thread(target=self._run, name="store-loader", daemon=True)

    def start(self) -> None:
        """Warm the engine up, then load until stopped."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the segment in hand and end the thread."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            warm_up(self._engine, self._quarantine.parent, load_segment)
        except Exception:
            log.exception("the engine could not be warmed up; the first loads will be slow")
        self.counters.warm = True
        while not self._stopping.is_set():
            segment = self._journal.next_segment(_POLL_S)
            if segment is not None:
                self._take(segment)

    def _take(self, segment: Segment) -> None:
        """Load the segment if its turn has come; what fails is tried again later, and holds nobody up."""
        failed = self._failed.get(segment.sequence)
        if failed is not None and time.monotonic() < failed.retry_at_s:
            self._journal.postpone(segment)
            self._stopping.wait(_POSTPONED_PAUSE_S)
            return
        try:
            self._load_once(segment)
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing acknowledged may be dropped
            self._put_off(segment, error)
        else:
            self._failed.pop(segment.sequence, None)

    def _put_off(self, segment: Segment, error: Exception) -> None:
        self.counters.retries += 1
        tries = self._failed[segment.sequence].tries + 1 if segment.sequence in self._failed else 1
        delay_s = min(_FIRST_RETRY_S * 2**tries, _LONGEST_RETRY_S)
        self._failed[segment.sequence] = _Failed(tries, time.monotonic() + delay_s)
        log.warning("segment %s could not be loaded, trying again in %.1f s: %s", segment.token, delay_s, error)
        self._journal.postpone(segment)

    def _load_once(self, segment: Segment) -> None:
        began_s = time.monotonic()
        try:
            whole = self._load_whole_or_in_parts(segment)
        except UnloadableSegment as error:
            log.error("%s", error)
            whole = False
        if whole:
            self._journal.release(segment)
        else:
            self.counters.quarantined += 1
            target = self._journal.set_aside(segment, self._quarantine)
            log.error("a damaged segment was set aside as %s; what could be read of it is stored", target)
        self.counters.segments += 1
        self.counters.bytes += segment.size_bytes
        self.counters.seconds += time.monotonic() - began_s

    def _load_whole_or_in_parts(self, segment: Segment) -> bool:
        if not segment.is_damaged:
            try:
                load_segment(self._handle, segment)
            except StoreError as error:
                if not _is_unreadable(error):
                    raise
            else:
                return True
        return self._load_in_parts(segment)

    def _load_in_parts(self, segment: Segment) -> bool:
        """Load the readable records; True when those are all of the file.

        Halves of halves: one bad record among 10,000 costs 27 loads, not 10,000. The parts are the same after a
        crash, and each has its own token, so that nothing is loaded twice.
        """
        records = read_segment(segment.path)
        middle = len(records) // 2
        parts = [part for part in ((middle, len(records)), (0, middle)) if part[0] < part[1]]
        with tempfile.TemporaryDirectory(dir=self._quarantine.parent) as scratch:
            while parts:
                first, end = parts.pop()
                path = Path(scratch) / f"{segment.token}.{first}-{end}"
                if self._load_part(segment, path, [record.payload for record in records[first:end]]):
                    continue
                if end - first == 1:
                    self._load_anew(segment, path, records[first].payload)
                else:
                    middle = (first + end) // 2
                    parts += [(middle, end), (first, middle)]
        return bool(records) and records[-1].end == segment.size_bytes

    def _load_part(self, segment: Segment, path: Path, payloads: list[bytes]) -> bool:
        """Write the payloads to the path and load them; False when the engine can't read them."""
        path.write_bytes(b"".join(piece for payload in payloads for piece in encode_record(payload)))
        try:
            load_segment(self._handle, replace(segment, path=path))
        except StoreError as error:
            if not _is_unreadable(error):
                raise LoadFailed(str(error)) from error
            return False
        return True

    def _load_anew(self, segment: Segment, path: Path, payload: bytes) -> None:
        with contextlib.suppress(MalformedInput):
            if self._load_part(segment, path, [_CANONICAL[segment.stream.split("/")[0]](payload)]):
                return
        self._quarantine.mkdir(parents=True, exist_ok=True)
        target = self._quarantine / path.name
        with target.open("wb") as file:
            file.write(b"".join(encode_record(payload)))
            file.flush()
            os.fsync(file.fileno())
        sync_directory(self._quarantine)
        self.counters.quarantined += 1
        log.error("a record that the engine can't read was set aside as %s", target)


def _is_unreadable(error: StoreError) -> bool:
    code = re.search(r"Code: (\d+)", str(error))
    return code is not None and (int(code[1]) in _UNREADABLE or _UNREADABLE_MESSAGE in str(error))
