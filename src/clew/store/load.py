"""Load journal segments: one INSERT per segment, exactly once, decoded by the engine."""

import contextlib
import logging
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from clew.errors import LoadFailed, MalformedInput, StoreError, UnloadableSegment
from clew.journal.journal import Journal
from clew.journal.quarantine import DAMAGED, Quarantine
from clew.journal.record import are_whole, encode_record
from clew.journal.recovery import read_segment
from clew.journal.segment import Segment
from clew.model.histogram import Histogram
from clew.store.engine import Engine, run
from clew.store.failures import Failures, is_out_of_memory, is_store_wide, is_unreadable
from clew.store.otlp_format import LOGS, TRACES
from clew.store.splits import Splits
from clew.store.statement import statement
from clew.store.warm_up import warm_up
from clew.wire.otlp_check import canonical_logs, canonical_traces

log = logging.getLogger(__name__)

SELF_TRACES = "selftraces"
"""The signal of Clew's spans about itself: stored like any others, from segments of their own."""
_SIGNALS = {
    "traces": ("load_spans.sql", TRACES),
    SELF_TRACES: ("load_spans.sql", TRACES),
    "logs": ("load_logs.sql", LOGS),
}
_CANONICAL = {"traces": canonical_traces, SELF_TRACES: canonical_traces, "logs": canonical_logs}
FRESHNESS_BOUNDS_S = (0.1, 0.2, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 300.0)
_POLL_S = 0.5
_POSTPONED_PAUSE_S = 0.05
_LATEST_MS = 4_102_444_800_000
"""The year 2100; the engine's dates end in 2149."""
_WHOLE_TRIES = 2
"""How often a segment that needs more memory than there is fails before it is loaded in halves."""


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
    """What was loaded since the start; `quarantined` counts records and segments that were set aside.

    `failing` segments wait for another try now; `last_error` says why the last load failed, and is kept.

    `freshness`: seconds from the first record of a segment until all of it could be searched.
    """

    segments: int = 0
    bytes: int = 0
    seconds: float = 0.0
    retries: int = 0
    failing: int = 0
    last_error: str = ""
    quarantined: int = 0
    warm: bool = False
    freshness: Histogram = field(default_factory=lambda: Histogram(FRESHNESS_BOUNDS_S))


@dataclass(frozen=True, slots=True)
class Loaded:
    """A try to load a segment that is over; moments are Unix ns.

    `is_whole`: nothing of it is damaged. `failed_tries` came before this one; `error` is empty unless this one failed.
    """

    segment: Segment
    began_unix_nano: int
    ended_unix_nano: int
    is_whole: bool
    failed_tries: int = 0
    error: str = ""


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
            "schema": otlp.schema_path,
            "token": segment.token,
        }
        run(handle, f"{statement(name)}\n{_settings_clause()}", parameters, None)


def _settings_clause() -> str:
    """Within the statement, because a client that sets and restores them around it takes 20 ms a load."""
    fixed = ", ".join(f"{name} = {value!r}" for name, value in _LOAD_SETTINGS.items())
    return f"SETTINGS format_schema = {{schema:String}}, insert_deduplication_token = {{token:String}}, {fixed}"


class Loader:
    """A thread that takes sealed segments from the journal, loads them in order and releases them.

    A segment that fails is tried again, less and less often; those behind it are loaded meanwhile. After
    `max_load_tries` it is set aside in `quarantine` if it is at fault itself; while the disk is, or the store as a
    whole, it is tried for ever. One whose bytes the engine can't read, or that needs more memory than there is, is
    loaded in parts; a record that can't be read is written anew, as a strict reader wants it, and set aside only if
    even that can't be read.
    """

    def __init__(
        self, engine: Engine, journal: Journal, quarantine: Path, on_loaded: Callable[[Loaded], None] | None = None
    ) -> None:
        self.counters = LoadCounters()
        self._on_loaded = on_loaded
        self._engine = engine
        self._journal = journal
        self.quarantine = Quarantine(quarantine)
        self._directory = quarantine.parent
        self._scratch = self._directory / "scratch"
        self._stopping = threading.Event()
        self._failures = Failures()
        self.loading = threading.Lock()
        """Held while a segment is loaded: whoever holds it sees all of a load or nothing."""
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

    def load_waiting(self) -> None:
        """Load all that the journal holds, in this thread and before `start`. Raises LoadFailed when something can't be
        loaded, and isn't at fault itself.
        """
        self._empty_scratch()
        while self._journal.usage().waiting_segments:
            segment = self._journal.next_segment(_POLL_S)
            if segment is not None:
                self._take(segment)
                if self._failures.tries(segment.sequence) > self._engine.settings.max_load_tries:
                    raise LoadFailed(self.counters.last_error)

    def _run(self) -> None:
        try:
            self._empty_scratch()
            warm_up(self._engine, self._scratch, load_segment)
        except Exception:
            log.exception("the engine could not be warmed up; the first loads will be slow")
        self.counters.warm = True
        while not self._stopping.is_set():
            segment = self._journal.next_segment(_POLL_S)
            if segment is not None:
                self._take(segment)

    def _empty_scratch(self) -> None:
        """What a killed loader left there has spans in it, which nobody would find again, not even to erase them."""
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _take(self, segment: Segment) -> None:
        """Load the segment if its turn has come; what fails is tried again later, and holds nobody up."""
        if not self._failures.is_due(segment.sequence):
            self._journal.postpone(segment)
            self._stopping.wait(_POSTPONED_PAUSE_S)
            return
        began_ns, tries = time.time_ns(), self._failures.tries(segment.sequence)
        try:
            with self.loading:
                began_ns = time.time_ns()
                is_whole = self._load_once(segment)
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing acknowledged may be dropped
            self._tell(Loaded(segment, began_ns, time.time_ns(), False, tries, str(error)))
            self._after_failure(segment, error)
        else:
            self._tell(Loaded(segment, began_ns, time.time_ns(), is_whole, tries))
            self._failures.loaded(segment.sequence)
        self.counters.failing = len(self._failures)

    def _after_failure(self, segment: Segment, error: Exception) -> None:
        self.counters.retries += 1
        self.counters.last_error = f"{segment.token}: {error}"
        failure = self._failures.add(segment.sequence)
        if failure.tries >= self._engine.settings.max_load_tries and self._gives_up(segment, error):
            self._failures.forget(segment.sequence)
            return
        log.warning("segment %s could not be loaded, trying again in %.1f s: %s", segment.token, failure.delay_s, error)
        self._journal.postpone(segment)

    def _gives_up(self, segment: Segment, error: Exception) -> bool:
        """Put the segment out of the way if it is at fault, not the store: others are loaded, or it is the only one."""
        if not segment.path.exists():
            self._journal.forget_lost(segment)
            return True
        try:
            if is_store_wide(error) or not self._store_works(segment):
                return False
            self._set_aside(segment, "", str(error))
        except OSError as refusal:
            log.warning("segment %s can't be set aside: %s", segment.token, refusal)
            return False
        return True

    def _store_works(self, segment: Segment) -> bool:
        if self._failures.others_loaded(segment.sequence):
            return True
        if len(self._failures) > 1:
            return False
        with tempfile.NamedTemporaryFile(dir=self._scratch) as empty:
            try:
                load_segment(self._handle, replace(segment, path=Path(empty.name)))
            except StoreError:
                return False
        return True

    def _tell(self, loaded: Loaded) -> None:
        if self._on_loaded is not None:
            self._on_loaded(loaded)

    def _load_once(self, segment: Segment) -> bool:
        began_s = time.monotonic()
        splits = Splits(self._directory / "parts", segment.token)
        try:
            whole = self._load_whole_or_in_parts(segment, splits)
        except UnloadableSegment as error:
            whole = False
            self._set_aside(segment, "", str(error))
        else:
            freshness_s = self._journal.age_s(segment)
            if whole:
                self._journal.release(segment)
            else:
                self._set_aside(segment, DAMAGED, "it has wrong checksums; what could be read of it is stored")
            splits.remove()
            self.counters.freshness.observe(freshness_s)
        self.counters.segments += 1
        self.counters.bytes += segment.size_bytes
        self.counters.seconds += time.monotonic() - began_s
        return whole

    def _set_aside(self, segment: Segment, suffix: str, reason: str) -> None:
        target = self._journal.set_aside(segment, self.quarantine.directory, suffix)
        self.counters.quarantined += 1
        log.error("%s was set aside: %s; `clew doctor` says what to do", target, reason)

    def _load_whole_or_in_parts(self, segment: Segment, splits: Splits) -> bool:
        if not segment.is_damaged and not splits.is_begun:
            try:
                load_segment(self._handle, segment)
            except StoreError as error:
                if not self._may_split(segment, error, None):
                    raise
            else:
                return True
        return self._load_in_parts(segment, splits)

    def _may_split(self, segment: Segment, error: StoreError, payloads: Sequence[bytes] | None) -> bool:
        """Whether parts of what failed may be loaded in its place; `payloads`: None for those of the whole segment."""
        if is_unreadable(error):
            return True
        if not is_out_of_memory(error) or self._failures.tries(segment.sequence) < _WHOLE_TRIES:
            return False
        if payloads is None:
            payloads = [record.payload for record in read_segment(segment.path)]
        return len(payloads) > 1 and not self._is_stored(segment, payloads)

    def _is_stored(self, segment: Segment, payloads: Sequence[bytes]) -> bool:
        """Whether the spans of a load that failed are in their table: then a view failed, and only the same load again
        can complete it without doubling them.
        """
        signal, tenant = segment.stream.split("/")
        span = first_span(payloads) if signal != "logs" else None
        if span is None:
            return False
        parameters = {
            "tenant": tenant,
            "received_day": _day_of(segment),
            "start": span.start_time_unix_nano,
            "trace_id": span.trace_id.hex(),
            "span_id": span.span_id.hex(),
        }
        return int(run(self._handle, statement("count_span.sql"), parameters, None)) > 0

    def _load_in_parts(self, segment: Segment, splits: Splits) -> bool:
        """Load the readable records; True when those are all of the file.

        Halves of halves: one bad record among 10,000 costs 27 loads, not 10,000. The parts are the same after a
        crash, and each has its own token, so that nothing is loaded twice.
        """
        records = read_segment(segment.path)
        splits.begin()
        parts = _halves(0, len(records))
        with tempfile.TemporaryDirectory(dir=self._scratch) as scratch:
            while parts:
                first, end = parts.pop()
                path = Path(scratch) / f"{segment.token}.{first}-{end}"
                payloads = [record.payload for record in records[first:end]]
                if (first, end) in splits:
                    parts += _halves(first, end)
                elif self._load_part(segment, path, payloads):
                    continue
                elif end - first == 1:
                    self._load_anew(segment, path, payloads[0])
                else:
                    splits.add((first, end))
                    parts += _halves(first, end)
        return are_whole(records, segment.size_bytes)

    def _load_part(self, segment: Segment, path: Path, payloads: Sequence[bytes]) -> bool:
        """Write the payloads to the path and load them; False when they must be taken apart."""
        path.write_bytes(b"".join(piece for payload in payloads for piece in encode_record(payload)))
        try:
            load_segment(self._handle, replace(segment, path=path))
        except StoreError as error:
            if not self._may_split(segment, error, payloads):
                raise LoadFailed(str(error)) from error
            return False
        return True

    def _load_anew(self, segment: Segment, path: Path, payload: bytes) -> None:
        with contextlib.suppress(MalformedInput):
            if self._load_part(segment, path, [_CANONICAL[segment.stream.split("/")[0]](payload)]):
                return
        target = self.quarantine.keep(path.name, payload)
        self.counters.quarantined += 1
        log.error("a record that the engine can't read was set aside as %s", target)


def first_span(payloads: Sequence[bytes]) -> Span | None:
    """The first span of the requests, or None."""
    for payload in payloads:
        with contextlib.suppress(DecodeError):
            request = ExportTraceServiceRequest.FromString(payload)
            for span in (
                span for group in request.resource_spans for scope in group.scope_spans for span in scope.spans
            ):
                return span
    return None


def _halves(first: int, end: int) -> list[tuple[int, int]]:
    """Both halves, the first one last; only one if there is but one record."""
    middle = (first + end) // 2
    return [part for part in ((middle, end), (first, middle)) if part[0] < part[1]]


def _day_of(segment: Segment) -> str:
    return datetime.fromtimestamp(segment.created_ms / 1000, UTC).date().isoformat()
