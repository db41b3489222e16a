"""Remote sampling over HTTP, as Jaeger's clients ask for it: `GET /sampling?service=…`, and on any other path."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from clew.errors import UnsupportedInput
from clew.receive.entrance import Entrance
from clew.receive.http_answer import JSON, Answer
from clew.receive.http_door import BodyForm, Stored
from clew.receive.http_request import HttpRequest
from clew.sampling.answer import to_json

_BAGGAGE_PATH = "/baggageRestrictions"
_NO_SERVICE = "'service' parameter must be provided once"
_NOTHING_IS_TAKEN = "nothing is taken here; send spans to another port"


class SamplingDialect:
    """Stores nothing. Paths, texts and media types are Jaeger's, because clients look at them."""

    protocol = "sampling_http"
    signals: Mapping[str, str] = {}

    def __init__(self, entrance: Entrance) -> None:
        self._answers = entrance.sampling

    def other(self, request: HttpRequest) -> Answer:
        """The strategy for the one `service` of the query, on whatever path; old clients ask for baggage as well."""
        services = [value for name, value in parse_qsl(request.query, keep_blank_values=True) if name == "service"]
        if len(services) != 1:
            return _text(400, _NO_SERVICE)
        if request.path == _BAGGAGE_PATH:
            return Answer(200, b"[]", JSON)
        return Answer(200, to_json(self._answers.answer(services[0], self.protocol)), JSON)

    def form(self, request: HttpRequest, signal: str) -> BodyForm:
        """No body is ever read."""
        raise UnsupportedInput(_NOTHING_IS_TAKEN)

    def accepted(self, request: HttpRequest, stored: Stored) -> Answer:
        """Never happens: there is no path that takes anything."""
        raise UnsupportedInput(_NOTHING_IS_TAKEN)

    def refused(self, request: HttpRequest, error: Exception) -> Answer:
        """As Jaeger words it."""
        return _text(500, f"collector error: {error}")


def _text(status: int, message: str) -> Answer:
    return Answer(
        status, f"{message}\n".encode(), "text/plain; charset=utf-8", [(b"x-content-type-options", b"nosniff")]
    )
