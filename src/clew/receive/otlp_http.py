"""OTLP over HTTP: `POST /v1/traces` and `/v1/logs`, in protobuf and JSON."""

from collections.abc import Mapping

from clew.errors import UnsupportedInput
from clew.journal.record import AppendResult
from clew.receive.http_answer import JSON, PROTOBUF, Answer, answer_error, not_found, only_post, refusal
from clew.receive.http_door import BodyForm, Stored
from clew.receive.http_request import HttpRequest
from clew.receive.intake import LOGS, METRICS, TRACES
from clew.wire.otlp_answer import METRICS_NOT_STORED, UNIMPLEMENTED, export_answer
from clew.wire.otlp_json import logs_json_to_otlp, traces_json_to_otlp

_SIGNALS = {"/v1/traces": TRACES, "/v1/logs": LOGS, "/v1/metrics": METRICS}
_JSON_FORMS = {
    TRACES: BodyForm(traces_json_to_otlp, is_costly=True),
    LOGS: BodyForm(logs_json_to_otlp, is_costly=True),
}
_AS_IT_IS = BodyForm()
_MEDIA = {
    "application/x-protobuf": PROTOBUF,
    "application/protobuf": PROTOBUF,
    "application/vnd.google.protobuf": PROTOBUF,
    "application/json": JSON,
}


class OtlpDialect:
    """Answers in the format of the request: the export's response, or a google.rpc.Status."""

    protocol = "http"
    signals: Mapping[str, str] = _SIGNALS

    def other(self, request: HttpRequest) -> Answer:
        """404 for another path, 405 for another method."""
        is_known = request.path in _SIGNALS
        return only_post(_answer_media(request)) if is_known else not_found(request.path, _answer_media(request))

    def form(self, request: HttpRequest, signal: str) -> BodyForm:
        """Raises UnsupportedInput for metrics and for a media type that isn't OTLP's."""
        if signal == METRICS:
            raise UnsupportedInput(METRICS_NOT_STORED)
        media = _media(request)
        if not media:
            sent = request.header(b"content-type")[:80]
            raise UnsupportedInput(f"Content-Type {sent!r} isn't understood; send {PROTOBUF} or {JSON}")
        return _JSON_FORMS[signal] if media == JSON else _AS_IT_IS

    def accepted(self, request: HttpRequest, stored: Stored) -> Answer:
        """The empty message, or what was left out."""
        headers = [(b"idempotency-replayed", b"true")] if stored.result is AppendResult.REPEATED else []
        media = _media(request)
        body = export_answer(stored.signal, stored.checked.rejected, stored.checked.reason, media == JSON)
        return Answer(200, body, media, headers)

    def refused(self, request: HttpRequest, error: Exception) -> Answer:
        """A google.rpc.Status; metrics are nowhere here."""
        if _SIGNALS[request.path] == METRICS and isinstance(error, UnsupportedInput):
            return refusal(404, UNIMPLEMENTED, METRICS_NOT_STORED, _answer_media(request))
        return answer_error(error, _answer_media(request))


def _media(request: HttpRequest) -> str:
    return _MEDIA.get(request.header(b"content-type").partition(";")[0].strip().lower(), "")


def _answer_media(request: HttpRequest) -> str:
    return _media(request) or JSON
