"""One gateway: posts a batch, and says what became of it.

The difference that counts is between a batch that was certainly not taken (the connection was refused, or the answer
was 429) and one whose fate is unknown: any other gateway may get the first, only the same gateway the second. A 503 is
of the second kind, because Clew says so, too, when its disk is too slow to tell whether a batch is stored.
"""

import contextlib
import enum
import gzip
import http.client
import select
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urlsplit

import zstandard
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from clew import __version__
from clew.agent.gateway_key import GatewayKey
from clew.errors import ConfigurationError
from clew.receive.intake import LOGS
from clew.wire.otlp_answer import status_message

PROTOBUF = "application/x-protobuf"
_CONNECT_TIMEOUT_S = 5.0
_ZSTD_LEVEL = 1
_GZIP_LEVEL = 1
_LARGEST_ANSWER_BYTES = 1 << 20
_LONGEST_PAUSE_S = 3600
_CONNECTION_ERRORS = (OSError, http.client.HTTPException)


class Fate(enum.Enum):
    """What became of a batch that was posted."""

    TAKEN = "taken"
    NOT_TAKEN = "not_taken"
    """Certainly not, and later it may be."""
    UNKNOWN = "unknown"
    REFUSED = "refused"
    """For what is in it: the same will never be taken."""
    DENIED = "denied"
    """Certainly not taken, for what is wrong with a setting: the key, the URL."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A gateway's answer, or why there is none; `retry_after_s` (seconds) is 0 unless it asked for a pause.

    `rejected` records were left out of what it took, for `reason`; `is_repeat`: it knew the batch.
    """

    fate: Fate
    reason: str = ""
    retry_after_s: float = 0.0
    rejected: int = 0
    is_repeat: bool = False


_FATES = {429: Fate.NOT_TAKEN, 400: Fate.REFUSED, 413: Fate.REFUSED, 422: Fate.REFUSED, 408: Fate.UNKNOWN}


class Gateway:
    """One URL, with one connection; used by one thread. `trusted` says whose certificates are good, the system's
    authorities unless told. Raises ConfigurationError for a URL that is none.
    """

    def __init__(
        self, url: str, key: GatewayKey, answer_timeout_s: float = 60.0, trusted: ssl.SSLContext | None = None
    ) -> None:
        self.url = normal_url(url)
        parts = urlsplit(self.url)
        self._key = key
        self._prefix = parts.path
        self._answer_timeout_s = answer_timeout_s
        self._is_zstd = True
        self._has_taken = False
        self._zstd = zstandard.ZstdCompressor(level=_ZSTD_LEVEL)
        self._connection = _connection(parts, trusted)

    def connect(self) -> str:
        """Open the connection unless it is; empty, or why it can't be: then nothing was sent."""
        sock = self._connection.sock
        if sock is not None and not _can_be_read(sock):
            return ""
        self.close()  # what can be read where nothing was asked is the end: the gateway closed it
        self._connection.timeout = _CONNECT_TIMEOUT_S
        try:
            self._connection.connect()
        except _CONNECTION_ERRORS as error:
            self.close()
            return f"{self.url} can't be reached: {error}"
        self._connection.sock.settimeout(self._answer_timeout_s)
        return ""

    def close(self) -> None:
        """Close the connection; the next `connect` opens another."""
        self._connection.close()

    def interrupt(self) -> None:
        """Wait for no answer any more; from another thread."""
        sock = self._connection.sock
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def post(self, signal: str, body: bytes, key: str) -> Reply:
        """Send an encoded request of `traces` or `logs` under an Idempotency-Key; call `connect` before."""
        try:
            answer, content = self._exchange(signal, body, key)
        except _CONNECTION_ERRORS as error:
            self.close()
            return Reply(Fate.UNKNOWN, f"{self.url} gave no answer: {str(error) or type(error).__name__}")
        if answer.status == 415 and self.takes_gzip_instead():
            return Reply(Fate.NOT_TAKEN, f"{self.url} takes no zstd; it gets gzip")
        reply = _judged(self.url, signal, answer, content)
        self._has_taken = self._has_taken or reply.fate is Fate.TAKEN
        return reply

    def takes_gzip_instead(self) -> bool:
        """Go over to gzip; False when that may not help: it is sent already, or zstd has been taken before."""
        may_help = self._is_zstd and not self._has_taken
        self._is_zstd = self._is_zstd and not may_help
        return may_help

    def _exchange(self, signal: str, body: bytes, key: str) -> tuple[http.client.HTTPResponse, bytes]:
        headers = {
            "Content-Type": PROTOBUF,
            "Content-Encoding": "zstd" if self._is_zstd else "gzip",
            "Idempotency-Key": key,
            "User-Agent": f"clew-agent/{__version__}",
        }
        if authorization := self._key.authorization():
            headers["Authorization"] = authorization
        packed = self._zstd.compress(body) if self._is_zstd else gzip.compress(body, _GZIP_LEVEL)
        # The time limit of the socket is for each piece of an answer; this one is for all of it.
        is_late = threading.Event()

        def give_up() -> None:
            is_late.set()
            self.interrupt()

        deadline = threading.Timer(self._answer_timeout_s, give_up)
        deadline.start()
        try:
            self._connection.request("POST", f"{self._prefix}/v1/{signal}", packed, headers)
            answer = self._connection.getresponse()
            content = answer.read(_LARGEST_ANSWER_BYTES)
        finally:
            deadline.cancel()
        if is_late.is_set():  # what is there was cut off by us
            raise TimeoutError(f"not all of it within {self._answer_timeout_s:g} s")
        if not answer.isclosed():  # there is more of it, and no use for that
            self.close()
        return answer, content


def _can_be_read(sock: socket.socket) -> bool:
    poll = select.poll()  # not select.select, which knows a thousand descriptors only
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


def normal_url(url: str) -> str:
    """The URL as it is compared: without a slash at its end. Raises ConfigurationError for what is no gateway's."""
    try:
        parts = urlsplit(url)
        is_gateway = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_gateway = False
    if not is_gateway or parts.query or parts.fragment or "@" in parts.netloc or not url.isascii() or " " in url:
        raise ConfigurationError(f"gateway {url!r} is no URL of a gateway; write it like http://gateway.internal:4318")
    return url.rstrip("/")


def _connection(parts: SplitResult, trusted: ssl.SSLContext | None) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "https":
        return http.client.HTTPSConnection(host, parts.port, context=trusted or ssl.create_default_context())
    return http.client.HTTPConnection(host, parts.port)


def _judged(url: str, signal: str, answer: http.client.HTTPResponse, content: bytes) -> Reply:
    if 200 <= answer.status < 300:
        try:
            rejected, reason = _partial_success(signal, answer, content)
        except DecodeError:
            reason = f"{url} answered {answer.status}, but not as an OTLP gateway does; check the URL"
            return Reply(Fate.UNKNOWN, reason)
        return Reply(Fate.TAKEN, reason, 0.0, rejected, answer.headers.get("Idempotency-Replayed") == "true")
    fate = _fate(answer)
    reason = f"{url} answered {answer.status}: {status_message(content) or answer.reason}"
    return Reply(fate, reason, _seconds(answer.headers.get("Retry-After")))


def _fate(answer: http.client.HTTPResponse) -> Fate:
    if answer.headers.get("Clew-Refused") == "content":  # a 403 for a service in it, where others may be taken
        return Fate.REFUSED
    return _FATES.get(answer.status, Fate.UNKNOWN if answer.status >= 500 else Fate.DENIED)


def _partial_success(signal: str, answer: http.client.HTTPResponse, content: bytes) -> tuple[int, str]:
    """What was left out. Raises DecodeError for what is no answer of OTLP's, which comes in the format of the question:
    a proxy's login page, or another service.
    """
    is_typed = "Content-Type" in answer.headers
    if (content or is_typed) and answer.headers.get_content_type() != PROTOBUF:
        raise DecodeError(answer.headers.get_content_type())
    if signal == LOGS:
        logs = ExportLogsServiceResponse.FromString(content).partial_success
        return logs.rejected_log_records, logs.error_message
    traces = ExportTraceServiceResponse.FromString(content).partial_success
    return traces.rejected_spans, traces.error_message


def _seconds(retry_after: str | None) -> float:
    """Retry-After in seconds, or as a date; 0 when it is neither, at most an hour."""
    if retry_after is None:
        return 0.0
    if retry_after.isascii() and retry_after.isdigit():
        return float(min(int(retry_after[:9]), _LONGEST_PAUSE_S))
    with contextlib.suppress(ValueError):
        left_s = parsedate_to_datetime(retry_after).timestamp() - time.time()
        return min(max(0.0, left_s), float(_LONGEST_PAUSE_S))
    return 0.0
