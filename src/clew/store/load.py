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

from clew.errors import LoadFailed, MalformedInput, StoreError
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


def load_segment(handle: object, segment: Segment) -> None:
    """Load a segment under its token; the same token again adds nothing. Raises StoreError.

    The whole file becomes one block in one partition (that of the day it was received), so the engine takes all of
    it or nothing; the token is handed on to the views, so that each derived table is exactly-once by itself.
    """
    signal, tenant = segment.stream.split("/")
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

    A segment that fails is tried again, forever, while the reason may pass (disk, memory). One whose bytes the engine
    can't read is loaded in parts; a record at fault is written anew, as a strict reader wants it, and set aside in
    `quarantine` only if even that can't be read.
    """

    def __init__(self, engine: Engine, journal: Journal, quarantine: Path) -> None:
        self.counters = LoadCounters()
        self._engine = engine
        self._journal = journal
        self._quarantine = quarantine
        self._stopping = threading.Event()
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
            if segment is not None and not self._load(segment):
                self._journal.give_back(segment)

    def _load(self, segment: Segment) -> bool:
        delay_s = _FIRST_RETRY_S
        while not self._stopping.is_set():
            try:
                self._load_once(segment)
                return True
            except Exception as error:  # noqa: BLE001 - whatever it is, nothing acknowledged may be dropped
                self.counters.retries += 1
                log.warning("segment %s could not be loaded, trying again in %.1f s: %s", segment.token, delay_s, error)
            self._stopping.wait(delay_s)
            delay_s = min(2 * delay_s, _LONGEST_RETRY_S)
        return False

    def _load_once(self, segment: Segment) -> None:
        began_s = time.monotonic()
        whole = True
        try:
            load_segment(self._handle, segment)
        except StoreError as error:
            if not _is_unreadable(error):
                raise
            whole = self._load_in_parts(segment)
        if whole:
            self._journal.release(segment)
        else:
            self.counters.quarantined += 1
            target = self._journal.set_aside(segment, self._quarantine)
            log.error("a damaged segment was set aside as %s; what could be read of it is stored", target)
        self.counters.segments += 1
        self.counters.bytes += segment.size_bytes
        self.counters.seconds += time.monotonic() - began_s

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
