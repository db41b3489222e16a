"""Sends batches to `POST /v1/traces` and `/v1/logs` until they are acknowledged; counts what is in them."""

import threading
from dataclasses import dataclass, field

import httpx
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from clew.errors import ClewError, MalformedInput, Overloaded, RemoteError
from clew.terminal.batches import Batch
from clew.terminal.connection import PROTOBUF, Connection, retry_after_s
from clew.terminal.telemetry_file import LOGS, METRICS
from clew.wire.otlp_pieces import read_fields

# A restart of the server takes seconds; who waits longer than this in vain wants to know.
GIVE_UP_AFTER_S = 60.0
_FIRST_DELAY_S = 0.2
_LONGEST_DELAY_S = 10.0
_AGAIN_LATER = (429, 502, 503, 504)


@dataclass(slots=True)
class Outcome:
    """What became of one batch, or of all so far: spans or log records, traces by id, repeats, and refusals."""

    spans: int = 0
    log_records: int = 0
    trace_ids: set[bytes] = field(default_factory=set)
    already_there: int = 0
    refused: int = 0
    skipped_metrics: int = 0
    reason: str = ""

    def add(self, other: "Outcome") -> None:
        """Counts another batch in."""
        self.spans += other.spans
        self.log_records += other.log_records
        self.trace_ids |= other.trace_ids
        self.already_there += other.already_there
        self.refused += other.refused
        self.skipped_metrics += other.skipped_metrics
        self.reason = self.reason or other.reason


class Uploader:
    """Sends batches, from several threads at once; `salt` (at most 16 bytes) makes the keys those of another import."""

    def __init__(self, connection: Connection, salt: bytes = b"", give_up_after_s: float = GIVE_UP_AFTER_S) -> None:
        self._connection = connection
        self._salt = salt
        self._give_up_after_s = give_up_after_s
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Ends the waiting of all threads; what isn't sent yet raises RemoteError."""
        self._stopped.set()

    def send(self, batch: Batch) -> Outcome:
        """Returns when the server has the batch on disk. Raises MalformedInput, or RemoteError when it refuses."""
        if batch.signal == METRICS:
            return Outcome(skipped_metrics=1)
        outcome = _count(batch)
        headers = {"Content-Type": PROTOBUF, "Idempotency-Key": batch.key(self._salt)}
        answer = self._post_until_answered(f"/v1/{batch.signal}", batch.body, headers)
        if answer.is_error:
            raise RemoteError(f"{answer.url} refused a batch ({answer.status_code}): {_status_message(answer)}")
        _note_refused(outcome, batch.signal, answer)
        if answer.headers.get("idempotency-replayed") == "true":
            outcome.already_there = outcome.spans + outcome.log_records
        return outcome

    def _post_until_answered(self, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        delay_s, waited_s = _FIRST_DELAY_S, 0.0
        while True:
            try:
                answer = self._connection.post(path, body, headers)
            except RemoteError as error:
                trouble: ClewError = error
                wait_s = delay_s
            else:
                if answer.status_code not in _AGAIN_LATER:
                    return answer
                trouble = Overloaded(f"{answer.url} is too busy ({_status_message(answer)}); try again later")
                wait_s = max(delay_s, retry_after_s(answer, 0.0))
            if waited_s + wait_s > self._give_up_after_s or self._stopped.wait(wait_s):
                raise trouble
            waited_s += wait_s
            delay_s = min(2 * delay_s, _LONGEST_DELAY_S)


def _count(batch: Batch) -> Outcome:
    # Parsing costs 0.05 us a span, walking over their trace ids 0.2 us.
    try:
        if batch.signal == LOGS:
            logs = ExportLogsServiceRequest.FromString(batch.body)
            return Outcome(
                log_records=sum(len(s.log_records) for block in logs.resource_logs for s in block.scope_logs)
            )
        request = ExportTraceServiceRequest.FromString(batch.body)
    except DecodeError as error:
        raise MalformedInput(f"a message of the file is damaged ({error}); get the file again") from error
    scopes = [scope_spans for block in request.resource_spans for scope_spans in block.scope_spans]
    trace_ids = {span.trace_id for scope_spans in scopes for span in scope_spans.spans}
    return Outcome(spans=sum(len(scope_spans.spans) for scope_spans in scopes), trace_ids=trace_ids)


def _note_refused(outcome: Outcome, signal: str, answer: httpx.Response) -> None:
    if signal == LOGS:
        logs = ExportLogsServiceResponse.FromString(answer.content).partial_success
        outcome.refused, outcome.reason = logs.rejected_log_records, logs.error_message
        outcome.log_records -= outcome.refused
    else:
        traces = ExportTraceServiceResponse.FromString(answer.content).partial_success
        outcome.refused, outcome.reason = traces.rejected_spans, traces.error_message
        outcome.spans -= outcome.refused


def _status_message(answer: httpx.Response) -> str:
    """The message of the google.rpc.Status that OTLP/HTTP errors carry: field 2."""
    try:
        fields = read_fields(answer.content, 0, len(answer.content))
        texts = [answer.content[each.content : each.end] for each in fields if each.number == 2]
        return texts[0].decode() if texts else answer.reason_phrase
    except (MalformedInput, UnicodeDecodeError):
        return answer.reason_phrase
