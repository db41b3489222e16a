"""Jaeger's collector over HTTP: `POST /api/traces` with a Batch in Thrift."""

from collections.abc import Mapping
from functools import partial

from clew.errors import UnsupportedInput
from clew.receive.http_answer import Answer, answer_in_words
from clew.receive.http_door import BodyForm, Stored
from clew.receive.http_request import HttpRequest
from clew.receive.intake import TRACES
from clew.wire.jaeger_thrift import BATCHES, Protocol, read_batch

_PATH = "/api/traces"
_MEDIA = {
    "application/x-thrift": Protocol.BINARY,
    "application/vnd.apache.thrift.binary": Protocol.BINARY,
    "application/vnd.apache.thrift.compact": Protocol.COMPACT,
}
_FORMS = {
    protocol: BodyForm(partial(read_batch, protocol=protocol), is_costly=True, quick=BATCHES[protocol].translate)
    for protocol in Protocol
}
_TEXT = "text/plain; charset=utf-8"


class JaegerDialect:
    """Answers as Jaeger's collector does, 202 or the reason as text, but only when the spans are on disk."""

    protocol = "jaeger_http"
    signals: Mapping[str, str] = {_PATH: TRACES}

    def other(self, request: HttpRequest) -> Answer:
        """405 for another method, 404 for another path."""
        if request.path == _PATH:
            return Answer(405, b"batches of spans are sent with POST\n", _TEXT, [(b"allow", b"POST, OPTIONS")])
        return Answer(404, f"nothing is received at {request.path[:200]}; send to {_PATH}\n".encode(), _TEXT)

    def form(self, request: HttpRequest, signal: str) -> BodyForm:
        media = request.header(b"content-type").partition(";")[0].strip().lower()
        if media not in _MEDIA:
            raise UnsupportedInput(f"Content-Type {media[:80]!r} isn't understood; send {' or '.join(_MEDIA)}")
        return _FORMS[_MEDIA[media]]

    def accepted(self, request: HttpRequest, stored: Stored) -> Answer:
        """There is no partial success: with nothing stored it is an error, else the reason is for who looks."""
        checked = stored.checked
        if not checked.rejected:
            return Answer(202)
        return Answer(202 if checked.span_count else 400, f"{checked.reason}\n".encode(), _TEXT)

    def refused(self, request: HttpRequest, error: Exception) -> Answer:
        """In words; Jaeger says 400 to another media type as well."""
        answer = answer_in_words(error)
        if not isinstance(error, UnsupportedInput):
            return answer
        return Answer(400, answer.body, answer.content_type, answer.headers)
