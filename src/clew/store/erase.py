"""Erasing traces, or whatever carries an attribute value, from every table and from the disk.

A request is a file until it is finished, so that a crash delays it and doesn't lose it. It waits until all that was
acknowledged before it is loaded; then its victims are written down, span by span (ids, times and hashes, never values),
so that a second run takes these and nothing that came later. Of each day the counts are corrected and the mutations
begun while loads wait; the engine carries these out, crash or not, on what was stored before them. Which mutations
those are is written to the file, and from then on that day is only waited for. Mutations name the victims' table: the
engine keeps their text. A request is finished when no file is left of the parts that its mutations replaced.
"""

import hashlib
import json
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from clickhouse_connect.driver.exceptions import ClickHouseError

from clew.errors import NotFound, StoreError
from clew.journal.journal import Journal
from clew.journal.recovery import sync_directory
from clew.store.audit import list_audit, record_audit
from clew.store.day_rewrite import Pause
from clew.store.engine import Engine, run
from clew.store.statement import statement

log = logging.getLogger(__name__)

ERASED_TABLES = ("spans", "logs", "traces", "trace_starts", "attribute_values", "origins")
_FINISHED = {"mutations_sync": 2}
_BEGUN = {"mutations_sync": 0}
_ANEW = {"insert_deduplicate": 0}
"""What is left of a trace may be the same as after the erasure before, and is no repetition."""
_MUTATED_S = 240.0
_CLEANED_S = 60.0
_POLL_S = 0.1
_PENDING = "asked to erase"
_DONE = "erase"

Scope = Literal["traces", "spans"]


@dataclass(frozen=True, slots=True)
class ErasureCounts:
    """What an erasure removes or has removed."""

    traces: int = 0
    spans: int = 0
    logs: int = 0


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """What is to be erased: one trace (32 hex digits), or all that has one of the encoded KeyValues (hex).

    `after_segment`: the last journal segment begun when it was asked for. `versions`: None until the victims are known,
    then for each of their days the last mutation of each table; empty until these are begun. `is_deleted`: they have
    ended, and only the files of what they replaced are left.
    """

    id: str
    tenant: str
    who: str
    asked_unix_nano: int
    after_segment: int
    subject: str
    trace_id: str = ""
    forms: tuple[str, ...] = ()
    scope: Scope = "traces"
    counts: ErasureCounts = ErasureCounts()
    versions: Mapping[str, Mapping[str, int]] | None = None
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class ErasureState:
    """`state`: `waiting` for what was sent before to be loaded, `erasing`, or `finished`."""

    id: str
    state: Literal["waiting", "erasing", "finished"]
    subject: str
    asked_unix_nano: int
    counts: ErasureCounts


class Erasures:
    """The erasures of one store. `run_pending` is for one thread, the one that runs retention; the rest for any."""

    def __init__(
        self, engine: Engine, journal: Journal, directory: Path, loading: threading.Lock, pause: Pause
    ) -> None:
        self._engine = engine
        self._journal = journal
        self._directory = directory
        self._directory.mkdir(parents=True, exist_ok=True)
        self._loading = loading
        self._pause = pause
        self._handle = engine.trusted()

    def count(self, tenant: str, trace_id: str, forms: Sequence[bytes], scope: Scope) -> ErasureCounts:
        """What an erasure would remove now."""
        parameters = {"tenant": tenant, "trace_id": trace_id, "forms": _hex(forms)}
        ((traces, spans, logs),) = self._engine.read(
            statement("count_to_erase.sql"), parameters | {"whole_traces": scope == "traces"}
        )
        return ErasureCounts(traces, spans, logs)

    def ask(self, tenant: str, who: str, trace_id: str, forms: Sequence[bytes], scope: Scope) -> ErasureState:
        """Write the request down; it is durable when this returns."""
        request = ErasureRequest(
            id=secrets.token_hex(8),
            tenant=tenant,
            who=who,
            asked_unix_nano=time.time_ns(),
            after_segment=self._journal.usage().last_sequence,
            subject=trace_id or "sha256:" + hashlib.sha256(b"\0".join(forms)).hexdigest(),
            trace_id=trace_id,
            forms=tuple(_hex(forms)),
            scope=scope,
        )
        self._write(request)
        record_audit(self._engine, tenant, who, _PENDING, request.subject, request_id=request.id)
        return self._state(request)

    def state(self, tenant: str, request_id: str) -> ErasureState:
        """How far a request is. Raises NotFound."""
        for request in self._pending():
            if request.id == request_id and request.tenant == tenant:
                return self._state(request)
        lines = {line.action: line for line in list_audit(self._engine, tenant, 10, request_id=request_id)}
        if not request_id or _DONE not in lines:
            raise NotFound(f"there is no erasure {request_id}")
        line = lines[_DONE]
        counts = ErasureCounts(line.trace_count, line.span_count, line.log_count)
        return ErasureState(request_id, "finished", line.subject, lines.get(_PENDING, line).at_unix_nano, counts)

    def run_pending(self) -> None:
        """Carry out the requests whose turn has come. One that fails doesn't stop the others; then the first error is
        raised.
        """
        errors: list[Exception] = []
        for carry_out in (self._delete, self._finish):
            for request in self._pending():
                if self._journal.usage().released_sequence < request.after_segment:
                    continue
                try:
                    carry_out(request)
                except (StoreError, ClickHouseError, OSError) as error:
                    log.warning("erasure %s is delayed: %s", request.id, error)
                    errors.append(error)
        if errors:
            raise errors[0]

    def _delete(self, request: ErasureRequest) -> None:
        """Every victim from every table."""
        if request.is_deleted:
            return
        if request.versions is None:
            request = self._find_victims(request)
        for day, versions in (request.versions or {}).items():
            if not versions:
                self._pause()
                request = self._erase_day(request, day)
        if request.versions:
            self._await(lambda: self._has_mutated(request), "deleting", _MUTATED_S)
            self._run("forget_erasure.sql", {"erasure": request.id}, _FINISHED)
        self._write(replace(request, is_deleted=True))

    def _finish(self, request: ErasureRequest) -> None:
        """Wait for the disk, and say so in the audit log."""
        if not request.is_deleted:
            return
        if request.versions:
            os.sync()  # merges that were under way when the victims were found
            self._run_for_tables("hurry_cleanup.sql")
            try:
                self._await(lambda: self._is_clean(request), "the removal of old files", _CLEANED_S)
            finally:
                self._run_for_tables("usual_cleanup.sql")
        counts = request.counts
        record_audit(
            self._engine,
            request.tenant,
            request.who,
            _DONE,
            request.subject,
            request_id=request.id,
            traces=counts.traces,
            spans=counts.spans,
            logs=counts.logs,
        )
        self._path(request.id).unlink()
        sync_directory(self._directory)
        log.info("erasure %s: %d spans and %d log records are gone", request.id, counts.spans, counts.logs)

    def _find_victims(self, request: ErasureRequest) -> ErasureRequest:
        """Write the victims down. Until the request knows their days nothing is changed, and this can be done again."""
        parameters = {
            "erasure": request.id,
            "tenant": request.tenant,
            "trace_id": request.trace_id,
            "forms": list(request.forms),
        }
        self._run("forget_erasure.sql", parameters, _FINISHED)  # what a crash left
        if request.scope == "traces":
            self._run("find_traces_to_erase.sql", parameters)
            self._run("find_spans_of_traces_to_erase.sql", parameters)
        else:
            self._run("find_spans_to_erase.sql", parameters)
        self._run("find_logs_to_erase.sql", parameters)
        ((traces, logs, days),) = self._query("sum_erasure.sql", parameters)
        spans = 0
        for day in days:
            self._run("find_values_to_erase.sql", parameters | {"day": day})
            ((of_day,),) = self._query("count_spans_to_erase.sql", parameters | {"day": day})
            spans += of_day
        found = replace(request, counts=ErasureCounts(traces, spans, logs), versions={day: {} for day in days})
        self._write(found)
        return found

    def _erase_day(self, request: ErasureRequest, day: str) -> ErasureRequest:
        """Correct the counts and begin the mutations of a day, while nothing is loaded.

        A mutation takes only what was there when it was created: the loads needn't wait for its end. After a crash all
        of it is done again: the counts are corrected once, by their token, and the summaries follow from what is left.
        """
        parameters = {"erasure": request.id, "tenant": request.tenant, "day": day}
        parameters["partition"] = self._partition(request.tenant, day)
        corrected = {"insert_deduplication_token": f"{request.id}-{day}"}
        self._run_for_tables("sync_merges.sql")
        with self._loading:
            for name in ("correct_operations.sql", "correct_origins.sql"):
                self._run(name, parameters, corrected)
            for table in ("spans", "logs", "traces", "trace_starts"):
                self._run(f"erase_{table}.sql", parameters, _BEGUN)
            self._run("summarise_traces_again.sql", parameters, _ANEW)
            self._run("find_values_to_keep.sql", parameters)
            for table in ("attribute_values", "origins"):
                self._run(f"erase_{table}.sql", parameters, _BEGUN)
            rows = self._query("list_erasure_mutations.sql", parameters)
            begun = replace(request, versions={**(request.versions or {}), day: {row[0]: row[1] for row in rows}})
            self._write(begun)
        return begun

    def _has_mutated(self, request: ErasureRequest) -> bool:
        """Whether the mutations have ended. Raises StoreError when one fails."""
        rows = self._query("list_erasure_mutations.sql", {"erasure": request.id})
        for table, _, waiting, reason in rows:
            if waiting and reason:
                raise StoreError(f"deleting from {table} fails: {reason}; it is tried again")
        return not any(row[2] for row in rows)

    def _is_clean(self, request: ErasureRequest) -> bool:
        """Whether nothing is left on the disk of the parts that the mutations replaced.

        The engine keeps such files for 8 minutes, in case the new ones are lost with the power; since the erasure began
        those are synced instead, and the old ones go after a second.
        """
        self._run_for_tables("wake_cleanup.sql")
        mutated = [
            (table, self._partition(request.tenant, day), version)
            for day, of in (request.versions or {}).items()
            for table, version in of.items()
        ]
        names = ("tables", "partitions", "versions")
        parameters = dict(zip(names, (list(each) for each in zip(*mutated, strict=True)), strict=True))
        return bool(self._query("count_parts_before.sql", parameters)[0][0] == 0)

    def _partition(self, tenant: str, day: str) -> str:
        parameters = {"tables": list(ERASED_TABLES), "tenant": tenant, "day": day}
        ((partition,),) = self._query("find_partition.sql", parameters)
        return str(partition)

    def _await(self, holds: Callable[[], bool], what: str, most_s: float) -> None:
        deadline_s = time.monotonic() + most_s
        while not holds():
            self._pause()
            if time.monotonic() > deadline_s:
                raise StoreError(f"{what} takes longer than {most_s:.0f} s")
            time.sleep(_POLL_S)

    def _state(self, request: ErasureRequest) -> ErasureState:
        is_loaded = self._journal.usage().released_sequence >= request.after_segment
        state: Literal["waiting", "erasing"] = "erasing" if is_loaded else "waiting"
        return ErasureState(request.id, state, request.subject, request.asked_unix_nano, request.counts)

    def _pending(self) -> list[ErasureRequest]:
        """Oldest first."""
        found = []
        for path in self._directory.glob("*.json"):
            try:
                values = json.loads(path.read_text())
            except FileNotFoundError:  # finished since
                continue
            values["counts"] = ErasureCounts(**values["counts"])
            values["forms"] = tuple(values["forms"])
            found.append(ErasureRequest(**values))
        return sorted(found, key=lambda request: request.asked_unix_nano)

    def _write(self, request: ErasureRequest) -> None:
        scratch = self._path(request.id).with_suffix(".new")
        with scratch.open("w") as file:
            json.dump(asdict(request), file)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(self._path(request.id))
        sync_directory(self._directory)

    def _path(self, request_id: str) -> Path:
        return self._directory / f"{request_id}.json"

    def _run_for_tables(self, name: str) -> None:
        for table in ERASED_TABLES:
            run(self._handle, statement(name).replace("/*table*/", table), None, None)

    def _run(
        self,
        name: str,
        parameters: dict[str, Any] | None = None,
        settings: dict[str, Any] | None = None,
    ) -> None:
        run(self._handle, statement(name), parameters, settings)

    def _query(self, name: str, parameters: dict[str, Any]) -> Any:
        return self._handle.query(statement(name), parameters=parameters).result_rows


def _hex(forms: Sequence[bytes]) -> list[str]:
    return [form.hex().upper() for form in forms]
