"""Zipkin's HTTP API as clients write to it: `POST /api/v2/spans` and `/api/v1/spans`, and `GET /health`."""

from collections.abc import Mapping

from clew.errors import UnsupportedInput
from clew.receive.http_answer import Answer, answer_in_words
from clew.receive.http_door import BodyForm, Stored
from clew.receive.http_request import HttpRequest
from clew.receive.intake import TRACES
from clew.wire.zipkin_json import zipkin_json_to_otlp
from clew.wire.zipkin_proto import zipkin_proto_to_otlp
from clew.wire.zipkin_thrift import zipkin_thrift_to_otlp
from clew.wire.zipkin_v1_json import zipkin_v1_json_to_otlp

_JSON, _PROTOBUF, _THRIFT = "application/json", "application/x-protobuf", "application/x-thrift"
_MEDIA = {
    "application/protobuf": _PROTOBUF,
    "application/vnd.google.protobuf": _PROTOBUF,
    _PROTOBUF: _PROTOBUF,
    _THRIFT: _THRIFT,
    "application/vnd.apache.thrift.binary": _THRIFT,
}
# Read by Python where it isn't the usual form: so each may cost as much as JSON.
_FORMS = {
    ("/api/v2/spans", _JSON): BodyForm(zipkin_json_to_otlp, is_costly=True),
    ("/api/v2/spans", _PROTOBUF): BodyForm(zipkin_proto_to_otlp, is_costly=True),
    ("/api/v1/spans", _JSON): BodyForm(zipkin_v1_json_to_otlp, is_costly=True),
    ("/api/v1/spans", _THRIFT): BodyForm(zipkin_thrift_to_otlp, is_costly=True),
}
_TEXT = "text/plain; charset=utf-8"
_HEALTH = "/health"


class ZipkinDialect:
    """Answers 202 without a body, as Zipkin does, but only when the spans are on disk; errors in words."""

    protocol = "zipkin"
    signals: Mapping[str, str] = dict.fromkeys(("/api/v2/spans", "/api/v1/spans"), TRACES)

    def other(self, request: HttpRequest) -> Answer:
        """Some clients ask for `/health` before they send; 405 for another method, 404 for another path."""
        if request.path == _HEALTH and request.method in ("GET", "HEAD"):
            return Answer(200, b'{"status":"UP"}' if request.method == "GET" else b"", _JSON)
        if request.path in self.signals:
            return Answer(405, b"spans are sent with POST\n", _TEXT, [(b"allow", b"POST, OPTIONS")])
        message = f"nothing is received at {request.path[:200]}; send to /api/v2/spans or /api/v1/spans\n"
        return Answer(404, message.encode(), _TEXT)

    def form(self, request: HttpRequest, signal: str) -> BodyForm:
        """JSON unless the media type says otherwise, as Zipkin has it: some clients send none, browsers text."""
        media = _MEDIA.get(request.header(b"content-type").partition(";")[0].strip().lower(), _JSON)
        form = _FORMS.get((request.path, media))
        if form is None:
            other = "/api/v1/spans" if media == _THRIFT else "/api/v2/spans"
            raise UnsupportedInput(f"{media} isn't taken at {request.path}; send it to {other}")
        return form

    def accepted(self, request: HttpRequest, stored: Stored) -> Answer:
        """Zipkin has no partial success; what is said of spans that were left out is for a person who looks."""
        checked = stored.checked
        return Answer(202, f"{checked.reason}\n".encode(), _TEXT) if checked.rejected else Answer(202)

    def refused(self, request: HttpRequest, error: Exception) -> Answer:
        """The reason as text."""
        return answer_in_words(error)
