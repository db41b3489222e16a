"""What the HTTP doors answer: status codes, error bodies in the client's format, CORS."""

import ipaddress
import math
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import orjson

from clew.errors import (
    ForeignPage,
    ForeignService,
    InputTooLarge,
    JournalError,
    MalformedInput,
    Overloaded,
    PermissionDenied,
    Unauthenticated,
    UnsupportedInput,
)
from clew.receive.http_request import HttpRequest, Send
from clew.receive.inflate import ACCEPTED_ENCODINGS
from clew.receive.settings import ReceiveSettings
from clew.wire.otlp_answer import (
    DEADLINE_EXCEEDED,
    INTERNAL,
    INVALID_ARGUMENT,
    NOT_FOUND,
    PERMISSION_DENIED,
    RESOURCE_EXHAUSTED,
    UNAUTHENTICATED,
    UNAVAILABLE,
    UNIMPLEMENTED,
    status_answer,
)

PROTOBUF, JSON = "application/x-protobuf", "application/json"
Header = tuple[bytes, bytes]

_ALLOWED_HEADERS = (
    "content-type, content-encoding, idempotency-key, authorization, x-clew-key, "
    "traceparent, tracestate, baggage, x-requested-with"
)

JOURNAL_RETRY_AFTER_S = 5.0

_REFUSALS: tuple[tuple[type[Exception], int, int], ...] = (
    (MalformedInput, 400, INVALID_ARGUMENT),
    (InputTooLarge, 413, INVALID_ARGUMENT),
    (UnsupportedInput, 415, UNIMPLEMENTED),
    (ForeignPage, 403, PERMISSION_DENIED),
    (ForeignService, 403, PERMISSION_DENIED),
    (PermissionDenied, 403, PERMISSION_DENIED),
    (Unauthenticated, 401, UNAUTHENTICATED),
    (TimeoutError, 408, DEADLINE_EXCEEDED),
)
_HEADERS: dict[type[Exception], list[Header]] = {
    UnsupportedInput: [
        (b"accept-encoding", ACCEPTED_ENCODINGS.encode()),
        (b"accept-post", f"{PROTOBUF}, {JSON}".encode()),
    ],
    ForeignService: [(b"clew-refused", b"content")],
    Unauthenticated: [(b"www-authenticate", b'Bearer realm="Clew"')],
}
_STRANGERS_BYTES = 2**20
"""So much of a body without a good key is read and thrown away, which most batches are within; others, see drain."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP response; `headers` are those beyond Content-Type, Content-Length and CORS."""

    status: int
    body: bytes = b""
    content_type: str = ""
    headers: list[Header] = field(default_factory=list)


def refusal(status: int, code: int, message: str, media: str, headers: list[Header] | None = None) -> Answer:
    """An error with a google.rpc.Status body in the given media type."""
    return Answer(status, status_answer(code, message, media == JSON), media, headers or [])


def answer_error(error: Exception, media: str) -> Answer:
    """The status code and body for anything that went wrong with an export."""
    if isinstance(error, Overloaded):
        return _retry_later(429, RESOURCE_EXHAUSTED, str(error), media, error.retry_after_s)
    if isinstance(error, JournalError):
        return _retry_later(503, UNAVAILABLE, str(error), media, JOURNAL_RETRY_AFTER_S)
    for kind, status, code in _REFUSALS:
        if isinstance(error, kind):
            return refusal(status, code, str(error), media, list(_HEADERS.get(kind, ())))
    message = "an internal error; Clew's log has the reason, and the same again may do"
    return _retry_later(503, INTERNAL, message, media, JOURNAL_RETRY_AFTER_S)


def answer_in_words(error: Exception) -> Answer:
    """The same as plain text, for clients that know no google.rpc.Status."""
    told = answer_error(error, JSON)
    message = str(orjson.loads(told.body)["message"])
    return Answer(told.status, f"{message}\n".encode(), "text/plain; charset=utf-8", told.headers)


def _retry_later(status: int, code: int, message: str, media: str, retry_after_s: float) -> Answer:
    body = status_answer(code, message, media == JSON, retry_after_s)
    return Answer(status, body, media, [(b"retry-after", str(max(1, math.ceil(retry_after_s))).encode())])


def not_found(path: str, media: str) -> Answer:
    """404 for a path that isn't OTLP's."""
    return refusal(404, NOT_FOUND, f"nothing is received at {path[:200]}; send to /v1/traces or /v1/logs", media)


def only_post(media: str) -> Answer:
    """405 for GET and the like."""
    return refusal(405, UNIMPLEMENTED, "OTLP is sent with POST", media, [(b"allow", b"POST, OPTIONS")])


class Cors:
    """Which pages may send from a browser: those of this machine, and of the origins in the settings.

    Browsers name the page's origin with each POST, also for a page that points its own name at this machine (DNS
    rebinding), and a page can't change that. Programs name none; they may send under any name of this host.
    """

    def __init__(self, settings: ReceiveSettings) -> None:
        self._any_origin = "*" in settings.cors_allow_origins
        self._origins = frozenset(settings.cors_allow_origins)
        self._max_age = str(settings.cors_max_age_s).encode()

    def allows(self, request: HttpRequest) -> bool:
        """Whether the request comes from a program, or from a page that may send."""
        origin = request.header(b"origin")
        return b"origin" not in request.headers or self._allows_origin(origin)

    def headers(self, request: HttpRequest) -> list[Header]:
        """The headers for an answer to this request; none when it comes from no page, or from a stranger."""
        origin = request.header(b"origin")
        if not origin:
            return []
        exposed = (b"access-control-expose-headers", b"idempotency-replayed, retry-after")
        if self._any_origin:
            return [(b"access-control-allow-origin", b"*"), exposed]
        vary = (b"vary", b"origin")
        if not self._allows_origin(origin):
            return [vary]
        return [(b"access-control-allow-origin", origin.encode("latin-1")), vary, exposed]

    def _allows_origin(self, origin: str) -> bool:
        return self._any_origin or origin in self._origins or _is_of_this_machine(origin)

    def preflight(self, request: HttpRequest) -> Answer:
        """The answer to OPTIONS; the CORS headers proper are added as to any other answer."""
        asked = request.header(b"access-control-request-headers")
        # Pages may send headers of their own to a proxy in front of Clew; without credentials that harms nobody.
        allowed = asked if asked and len(asked) <= 1000 and asked.isprintable() else _ALLOWED_HEADERS
        headers = [
            (b"allow", b"POST, OPTIONS"),
            (b"access-control-allow-methods", b"POST, OPTIONS"),
            (b"access-control-allow-headers", allowed.encode("latin-1")),
            (b"access-control-max-age", self._max_age),
        ]
        return Answer(204, headers=headers)


def _is_of_this_machine(origin: str) -> bool:
    """Pages under development: `http://localhost:3000`, `http://127.0.0.1:8080`."""
    try:
        parts = urlsplit(origin)
        host = parts.hostname or ""
        is_loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
    # A browser's origin is this and no more; what has a path, a user or a list in it is no browser's.
    is_plain = origin in (f"{parts.scheme}://{parts.netloc}", f"{parts.scheme}://{parts.netloc}/") and "@" not in origin
    return is_loopback and is_plain and parts.scheme in ("http", "https")


async def send_answer(send: Send, request: HttpRequest, answer: Answer, cors: list[Header]) -> None:
    """Send it; when the client is still sending its body, see to it that it can read the answer."""
    headers = [(b"content-length", str(len(answer.body)).encode()), *answer.headers, *cors]
    if answer.content_type:
        headers.append((b"content-type", answer.content_type.encode()))
    is_early = not request.body_is_read and answer.status >= 400
    if is_early:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if is_early:
        await send({"type": "http.response.body", "body": answer.body, "more_body": True})
        await request.drain(_STRANGERS_BYTES if answer.status == 401 else None)
        await send({"type": "http.response.body", "body": b""})
    else:
        await send({"type": "http.response.body", "body": answer.body})
