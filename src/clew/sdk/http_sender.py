"""OTLP over HTTP, on one connection that is kept open."""

import email.utils
import gzip
import http.client
import os
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from clew import __version__
from clew.errors import ConfigurationError
from clew.sdk.reporter import Delivered, Outcome, Refused, TryLater

_LATER = frozenset({429, 502, 503, 504})
_MOST_ANSWER_BYTES = 64 << 10
_AGENT = f"clew-python/{__version__}"


@dataclass(frozen=True, slots=True)
class HttpEndpoint:
    """Where and how: `url` with its path, such as `http://127.0.0.1:4318/v1/traces`."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout_s: float = 10.0
    gzip: bool = False
    tls: ssl.SSLContext | None = None
    """For https; None is what the system trusts."""


class HttpSender:
    """Raises ConfigurationError when the URL is none."""

    def __init__(self, endpoint: HttpEndpoint) -> None:
        parts = urlsplit(endpoint.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigurationError(f"{endpoint.url!r} is no address of a collector; write http://host:4318")
        self._endpoint = endpoint
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._headers = {
            "content-type": "application/x-protobuf",
            "user-agent": _AGENT,
            **({"content-encoding": "gzip"} if endpoint.gzip else {}),
            **endpoint.headers,
        }
        self._host, self._port, self._is_secure = parts.hostname, parts.port, parts.scheme == "https"
        self._connection: http.client.HTTPConnection | None = None

    def send(self, request: bytes) -> Outcome:
        body = gzip.compress(request, 1) if self._endpoint.gzip else request
        for is_last in (False, True):
            is_fresh = self._connection is None
            try:
                return self._post(body)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if is_last or is_fresh:  # one that was kept open may simply have been closed meanwhile
                    return TryLater(f"{self._endpoint.url}: {error!r}")
        raise AssertionError("the loop returns")

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def forget(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None and connection.sock is not None:
            os.close(connection.sock.detach())  # no farewell: it would end the parent's conversation

    def _post(self, body: bytes) -> Outcome:
        if self._connection is None:
            self._connection = self._connect()
        connection = self._connection
        connection.request("POST", self._path, body, self._headers)
        answer = connection.getresponse()
        content = answer.read(_MOST_ANSWER_BYTES)
        if answer.will_close or answer.read(1):
            self.close()
        if answer.status == http.HTTPStatus.OK:
            return Delivered(rejected_spans(content))
        reason = f"{self._endpoint.url}: {answer.status} {_readable(content) or answer.reason}"
        if answer.status in _LATER:
            return TryLater(reason, _seconds(answer.headers.get("retry-after")))
        return Refused(reason)

    def _connect(self) -> http.client.HTTPConnection:
        timeout_s = self._endpoint.timeout_s
        if not self._is_secure:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=timeout_s)
        else:
            context = self._endpoint.tls or ssl.create_default_context()
            connection = http.client.HTTPSConnection(self._host, self._port, timeout=timeout_s, context=context)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection


def rejected_spans(answer: bytes) -> int:
    """Of an `ExportTraceServiceResponse`: partial_success (1), rejected_spans (1). What isn't one rejects nothing."""
    if answer[:1] != b"\x0a" or len(answer) < 4 or answer[2:3] != b"\x08":  # two tags, a length, a byte
        return 0
    number = shift = 0
    for byte in answer[3:13]:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:  # the last byte of a varint
            return number
    return 0


def _seconds(retry_after: str | None) -> float | None:
    """Of a Retry-After header: seconds, or a date."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(retry_after).timestamp() - time.time())
    except ValueError:
        return None


def _readable(content: bytes) -> str:
    """What the other side says, as far as it is text."""
    text = content.decode("utf-8", "replace")
    return "".join(character if character.isprintable() else " " for character in text).strip()[:200]
