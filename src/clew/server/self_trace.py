"""Clew traces itself: its answers, the queries behind them and its loads, as OTLP in its own journal.

Of loads only those that tell something: those that fail or have failed before, those of damaged segments, those that
take long, and of all others one a minute. With one for each load, and a load each second, they were 28 % of all traces
of a small installation.

Never in a loop: taking spans in is not traced, a load of nothing but these spans (they have segments of their own)
is not traced, what machines ask about the system is not traced, and there are at most so many spans a second. So
nothing comes from nothing: who asks nothing and sends nothing finds no new span.
"""

import logging
import secrets
import threading
import time

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from clew import __version__
from clew.api.questions import Answered
from clew.errors import ClewError
from clew.journal.journal import Journal
from clew.journal.record import AppendResult
from clew.model.question import Step
from clew.model.span_context import SpanContext
from clew.store.load import SELF_TRACES, Loaded

log = logging.getLogger(__name__)

SERVICE = "clew"
SPANS_PER_S = 50
SLOW_LOAD_NS = 500_000_000
"""A full segment of 4 MB takes 60 ms when the disk and a core are free."""
_SAMPLE_NS = 60_000_000_000
_SAMPLED = 1


class SpanBudget:
    """At most so many spans a second, and as many at once; a trace fits as a whole or not at all."""

    def __init__(self, spans_per_s: float) -> None:
        self._spans_per_s = spans_per_s
        self._left = spans_per_s
        self._counted_s = time.monotonic()
        self._lock = threading.Lock()

    def take(self, spans: int) -> bool:
        """True when there is room for all of them."""
        with self._lock:
            now_s = time.monotonic()
            self._left = min(self._spans_per_s, self._left + (now_s - self._counted_s) * self._spans_per_s)
            self._counted_s = now_s
            if spans > self._left:
                return False
            self._left -= spans
            return True


class SelfTrace:
    """Writes spans of service `clew`; from any thread, and it never raises."""

    def __init__(self, journal: Journal, tenant: str, spans_per_s: float = SPANS_PER_S) -> None:
        self._journal = journal
        self._stream = f"{SELF_TRACES}/{tenant}"
        self._most_spans = int(spans_per_s)
        self._budget = SpanBudget(spans_per_s)
        self._last_load_minute = -1
        self.spans = 0
        self.dropped = 0

    def answered(self, answered: Answered) -> None:
        """A span for the request, if it is traced, and one below it for each query.

        Of more queries than the bound allows, the first ones.
        """
        if answered.span is None:
            return
        root = _request_span(answered, answered.span)
        steps = answered.question.steps[: self._most_spans - 1]
        self._write([root, *(_query_span(answered.question.kind, step, root) for step in steps)])

    def loaded(self, loaded: Loaded) -> None:
        """A span for a load that tells something, unless it is one of spans of this sort; MUST come from one thread."""
        if loaded.segment.stream.startswith(f"{SELF_TRACES}/"):
            return
        reason = self._reason(loaded)
        if reason:
            self._write([_load_span(loaded, reason)])

    def _reason(self, loaded: Loaded) -> str:
        """Why a load is traced; empty when it isn't."""
        minute, before = loaded.ended_unix_nano // _SAMPLE_NS, self._last_load_minute
        if loaded.error:  # once a segment: while the disk is full, it fails for as long
            return "" if loaded.failed_tries else "failed"
        self._last_load_minute = minute
        reasons = {
            "retried": loaded.failed_tries > 0,
            "damaged": not loaded.is_whole,
            "slow": loaded.ended_unix_nano - loaded.began_unix_nano >= SLOW_LOAD_NS,
            "sample": minute != before,
        }
        return next((reason for reason, holds in reasons.items() if holds), "")

    def _write(self, spans: list[Span]) -> None:
        if not self._budget.take(len(spans)):
            self.dropped += len(spans)
            return
        try:
            self._journal.append(self._stream, _request_of(spans), _forget)
        except ClewError as error:  # the journal is full or closing: the spans of others come first
            self.dropped += len(spans)
            log.debug("spans about Clew itself were left out: %s", error)
        else:
            self.spans += len(spans)


def _forget(_: AppendResult | Exception) -> None:
    """Nobody waits for these spans to be durable."""


def _request_of(spans: list[Span]) -> bytes:
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    for key, value in (("service.name", SERVICE), ("service.version", __version__)):
        group.resource.attributes.add(key=key).value.string_value = value
    scope_spans = group.scope_spans.add()
    scope_spans.scope.name = __name__
    scope_spans.spans.extend(spans)
    return request.SerializeToString()


def _request_span(answered: Answered, context: SpanContext) -> Span:
    span = _new_span(f"{answered.method} {answered.route}", context.trace_id, Span.SPAN_KIND_SERVER)
    span.span_id, span.parent_span_id = context.span_id, context.parent_span_id
    question = answered.question
    span.start_time_unix_nano, span.end_time_unix_nano = question.began_unix_nano, answered.ended_unix_nano
    _set_text(span, "http.request.method", answered.method)
    _set_text(span, "http.route", answered.route)
    _set_text(span, "url.path", answered.path)
    _set_text(span, "clew.query", question.kind)
    if answered.status:
        _set_number(span, "http.response.status_code", answered.status)
    if question.is_withdrawn or answered.status >= 500:
        span.status.code = Status.STATUS_CODE_ERROR
        span.status.message = "the client left" if question.is_withdrawn else question.refusal
    return span


def _query_span(kind: str, step: Step, parent: Span) -> Span:
    span = _new_span(f"query {kind}", parent.trace_id, Span.SPAN_KIND_CLIENT)
    span.parent_span_id = parent.span_id
    span.start_time_unix_nano, span.end_time_unix_nano = step.began_unix_nano, step.ended_unix_nano
    _set_text(span, "db.system.name", "clickhouse")
    _set_text(span, "clew.query", kind)
    _set_number(span, "clew.rows_read", step.rows_read)
    _set_number(span, "db.response.returned_rows", step.rows)
    _set_number(span, "clew.waited_ns", step.waited_ns)
    if step.refusal:
        span.status.code, span.status.message = Status.STATUS_CODE_ERROR, step.refusal
    return span


def _load_span(loaded: Loaded, reason: str) -> Span:
    span = _new_span("load segment", secrets.token_bytes(16), Span.SPAN_KIND_CONSUMER)
    span.start_time_unix_nano, span.end_time_unix_nano = loaded.began_unix_nano, loaded.ended_unix_nano
    _set_text(span, "clew.segment.stream", loaded.segment.stream)
    _set_number(span, "clew.segment.sequence", loaded.segment.sequence)
    _set_number(span, "clew.segment.bytes", loaded.segment.size_bytes)
    _set_text(span, "clew.load.reason", reason)
    _set_number(span, "clew.load.failed_tries", loaded.failed_tries)
    if loaded.error:
        span.status.code, span.status.message = Status.STATUS_CODE_ERROR, loaded.error
    elif not loaded.is_whole:
        span.status.code, span.status.message = Status.STATUS_CODE_ERROR, "damaged: what could be read is stored"
    return span


def _new_span(name: str, trace_id: bytes, kind: Span.SpanKind.ValueType) -> Span:
    return Span(name=name, trace_id=trace_id, span_id=secrets.token_bytes(8), kind=kind, flags=_SAMPLED)


def _set_text(span: Span, key: str, value: str) -> None:
    span.attributes.add(key=key).value.string_value = value


def _set_number(span: Span, key: str, value: int) -> None:
    span.attributes.add(key=key).value.int_value = value
