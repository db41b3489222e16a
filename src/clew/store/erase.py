"""Erasing traces, or whatever carries an attribute value, from every table and from the disk.

A request is a file until it is finished, so that a crash delays it and doesn't lose it. It waits until all that was
acknowledged before it is loaded; its victims are written down first (ids and hashes, never values), so that a second
run knows them although half of them are gone. Mutations name the victims' table only: the engine keeps their text.
A request is finished when the mutations are, and the files of the parts that they replaced are removed.
"""

import hashlib
import json
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

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
_CLEANED_S = 240.0
_POLL_S = 0.2
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

    `after_segment`: the last journal segment begun when it was asked for. `days`: set when the victims are known.
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
    days: tuple[str, ...] | None = None


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
        parameters = {"tenant": tenant, "trace_id": trace_id or "00", "forms": _hex(forms)}
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
        """Carry out the requests whose turn has come."""
        for request in self._pending():
            if self._journal.usage().released_sequence >= request.after_segment:
                self._carry_out(request)

    def _carry_out(self, request: ErasureRequest) -> None:
        if request.days is None:
            request = self._find_victims(request)
        for day in request.days or ():
            self._erase_day(request, day)
        self._await_clean_disk()
        parameters = {"erasure": request.id}
        self._run("forget_erasure.sql", parameters, _FINISHED)
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
        """Write the victims down. Until the request knows their days this can be done again: sets don't double."""
        parameters = {
            "erasure": request.id,
            "tenant": request.tenant,
            "trace_id": request.trace_id or "00",
            "forms": list(request.forms),
        }
        if request.scope == "traces":
            self._run("find_traces_to_erase.sql", parameters)
        else:
            self._run("find_spans_to_erase.sql", parameters)
        self._run("find_logs_to_erase.sql", parameters)
        ((traces, logs, days),) = self._query("sum_erasure.sql", parameters)
        spans = 0
        for day in days:
            self._run("find_values_to_erase.sql", parameters | {"day": day})
            ((of_day,),) = self._query("count_spans_to_erase.sql", parameters | {"days": [day]})
            spans += of_day
        found = replace(request, counts=ErasureCounts(traces, spans, logs), days=tuple(days))
        self._write(found)
        return found

    def _erase_day(self, request: ErasureRequest, day: str) -> None:
        parameters = {"erasure": request.id, "tenant": request.tenant, "day": day}
        corrected = {"insert_deduplication_token": f"{request.id}-{day}"}
        for name in ("correct_operations.sql", "correct_origins.sql"):  # while the spans are still there
            self._run(name, parameters, corrected)
        for name in ("erase_spans.sql", "erase_logs.sql"):
            self._run(name, parameters, _FINISHED)
        self._summarise(request, parameters)
        self._run("find_values_to_keep.sql", parameters)
        for name in ("erase_values.sql", "erase_origins.sql"):
            self._run(name, parameters, _FINISHED)

    def _summarise(self, request: ErasureRequest, parameters: dict[str, Any]) -> None:
        """The summaries of the traces concerned, from what is left of them.

        A mutation takes only what was there when it was created, so that what is inserted after it stays: the loads
        need to wait for its creation, not for its end.
        """
        with self._loading:
            self._run("erase_traces.sql", parameters, {"mutations_sync": 0})
            if request.scope == "spans":
                self._run("summarise_traces_again.sql", parameters)
        if request.scope == "traces":
            self._run("erase_trace_starts.sql", parameters, _FINISHED)
        else:
            self._run("erase_empty_trace_starts.sql", parameters, _FINISHED)
        self._await(lambda: self._waiting("count_mutations.sql", ["traces"]) == 0, "a mutation")

    def _await_clean_disk(self) -> None:
        """Remove the files of replaced parts, which the engine keeps for some minutes, now that all is synced."""
        os.sync()
        try:
            for table in ERASED_TABLES:
                self._run("hurry_cleanup.sql", table=table)
            self._await(self._is_clean, "the removal of old parts")
        finally:
            for table in ERASED_TABLES:
                self._run("usual_cleanup.sql", table=table)

    def _await(self, holds: Callable[[], bool], what: str) -> None:
        deadline_s = time.monotonic() + _CLEANED_S
        while not holds():
            self._pause()
            if time.monotonic() > deadline_s:
                raise StoreError(f"{what} takes longer than {_CLEANED_S:.0f} s")
            time.sleep(_POLL_S)

    def _is_clean(self) -> bool:
        for table in ERASED_TABLES:
            self._run("wake_cleanup.sql", table=table)
        return self._waiting("count_old_parts.sql", list(ERASED_TABLES)) == 0

    def _waiting(self, name: str, tables: list[str]) -> int:
        return int(self._query(name, {"tables": tables})[0][0])

    def _state(self, request: ErasureRequest) -> ErasureState:
        is_loaded = self._journal.usage().released_sequence >= request.after_segment
        state: Literal["waiting", "erasing"] = "erasing" if is_loaded else "waiting"
        return ErasureState(request.id, state, request.subject, request.asked_unix_nano, request.counts)

    def _pending(self) -> list[ErasureRequest]:
        """Oldest first."""
        found = []
        for path in self._directory.glob("*.json"):
            values = json.loads(path.read_text())
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

    def _run(
        self,
        name: str,
        parameters: dict[str, Any] | None = None,
        settings: dict[str, Any] | None = None,
        table: str = "",
    ) -> None:
        run(self._handle, statement(name).replace("/*table*/", table), parameters, settings)

    def _query(self, name: str, parameters: dict[str, Any]) -> Any:
        return self._handle.query(statement(name), parameters=parameters).result_rows


def _hex(forms: Sequence[bytes]) -> list[str]:
    return [form.hex().upper() for form in forms]
