"""SkyWalking over HTTP: segments and log records in JSON at `/v3/`; OTLP at `/v1/`, as SkyWalking has it.

Agents that speak HTTP also report that they live; that is answered and not kept.
"""

import time
from collections.abc import Mapping

from clew.errors import UnsupportedInput
from clew.receive.http_answer import JSON, Answer, answer_in_words
from clew.receive.http_door import BodyForm, Stored
from clew.receive.http_request import HttpRequest
from clew.receive.intake import LOGS, TRACES
from clew.receive.otlp_http import OtlpDialect
from clew.receive.skywalking_grpc import PROTOCOL
from clew.wire.skywalking_json import segment_json_to_otlp, segments_json_to_otlp
from clew.wire.skywalking_logs_json import logs_json_to_otlp


def _logs_to_otlp(body: bytes) -> bytes:
    return logs_json_to_otlp(body, time.time_ns())


_FORMS = {
    "/v3/segment": BodyForm(segment_json_to_otlp, is_costly=True),
    "/v3/segments": BodyForm(segments_json_to_otlp, is_costly=True),
    "/v3/logs": BodyForm(_logs_to_otlp, is_costly=True),
}
_SIGNALS = {"/v3/segment": TRACES, "/v3/segments": TRACES, "/v3/logs": LOGS}
_MANAGEMENT = frozenset({"/v3/management/reportProperties", "/v3/management/keepAlive"})
_MEDIA = frozenset({"", JSON, "text/json", "text/plain"})  # a page that is being left sends text/plain
_NO_COMMANDS = Answer(200, b"{}", JSON)


class SkyWalkingDialect:
    """Answers with an empty Commands, and with a reason in words when it is no."""

    protocol = PROTOCOL

    def __init__(self) -> None:
        self._otlp = OtlpDialect()
        self.signals: Mapping[str, str] = {**self._otlp.signals, **_SIGNALS}

    def other(self, request: HttpRequest) -> Answer:
        """No commands for those that report themselves, 404 for another path, 405 for another method."""
        if request.path in self._otlp.signals:
            return self._otlp.other(request)
        if request.path in _MANAGEMENT and request.method == "POST":
            return _NO_COMMANDS
        if request.path in _MANAGEMENT or request.path in _SIGNALS:
            return Answer(405, b"SkyWalking's agents send with POST\n", "text/plain", [(b"allow", b"POST, OPTIONS")])
        paths = ", ".join(sorted((*_SIGNALS, *_MANAGEMENT)))
        text = f"nothing is received at {request.path[:200]}; SkyWalking's agents send to {paths}\n"
        return Answer(404, text.encode(), "text/plain; charset=utf-8")

    def form(self, request: HttpRequest, signal: str) -> BodyForm:
        """By the path; raises UnsupportedInput for a media type that isn't JSON."""
        if request.path not in _FORMS:
            return self._otlp.form(request, signal)
        media = request.header(b"content-type").partition(";")[0].strip().lower()
        if media not in _MEDIA:
            raise UnsupportedInput(f"Content-Type {media[:80]!r} isn't understood; send {JSON}")
        return _FORMS[request.path]

    def accepted(self, request: HttpRequest, stored: Stored) -> Answer:
        """An empty Commands; OTLP has its own answer."""
        return _NO_COMMANDS if request.path in _FORMS else self._otlp.accepted(request, stored)

    def refused(self, request: HttpRequest, error: Exception) -> Answer:
        """The reason in words; OTLP has its own answer."""
        return answer_in_words(error) if request.path in _FORMS else self._otlp.refused(request, error)
