"""HTTP services on Flask: one thread per request, errors recorded on the span and told to the caller as JSON."""

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

import requests
from flask import Flask
from flask.typing import ResponseReturnValue
from opentelemetry import trace
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.trace import StatusCode
from werkzeug.exceptions import HTTPException
from werkzeug.serving import make_server

from clew.demo.fault import FaultPlan
from clew.demo.service import listening_socket
from clew.demo.settings import Peers

_STATUS_OF: tuple[tuple[type[Exception], int], ...] = (
    (LookupError, 404),
    (requests.Timeout, 504),
    (requests.RequestException, 502),
    (PermissionError, 402),
    (TimeoutError, 504),
    (ConnectionError, 503),
    (ValueError, 409),
)
_log = logging.getLogger(__name__)


class FlaskService:
    """A Flask application made from the addresses of the others, behind faults."""

    def __init__(self, make_app: Callable[[Peers], Flask], faults: FaultPlan) -> None:
        self._make_app = make_app
        self._faults = faults
        self._socket = listening_socket()

    def bind(self) -> int:
        port: int = self._socket.getsockname()[1]
        return port

    def serve(self, peers: Peers, stop: threading.Event) -> None:
        app = self._make_app(peers)
        FlaskInstrumentor().instrument_app(app)  # type: ignore[no-untyped-call]  # partly typed
        app.before_request(self._faults.strike)
        app.register_error_handler(Exception, _answer_error)
        server = make_server("127.0.0.1", self.bind(), app, threaded=True, fd=self._socket.fileno())
        threading.Thread(target=server.serve_forever, args=(0.2,), daemon=True).start()
        stop.wait()
        server.shutdown()
        server.server_close()
        self._socket.close()


def status_of(error: Exception) -> int:
    """The HTTP status that tells a caller about an exception of a request."""
    if isinstance(error, HTTPException):
        return error.code or 500
    return next((status for kind, status in _STATUS_OF if isinstance(error, kind)), 500)


def _answer_error(error: Exception) -> ResponseReturnValue:
    status = status_of(error)
    trace.get_current_span().record_exception(error)
    if status >= 500:
        trace.get_current_span().set_status(StatusCode.ERROR, f"{type(error).__name__}: {error}")
    _log.log(logging.ERROR if status >= 500 else logging.WARNING, "answering %d: %s", status, error)
    return {"error": type(error).__name__, "message": str(error)}, status


class HttpClient:
    """JSON over HTTP to one service; safe to share among threads."""

    def __init__(self, address: str, timeout_s: float = 2.0) -> None:
        RequestsInstrumentor().instrument()
        self._base = f"http://{address}"
        self._timeout_s = timeout_s
        self._session = requests.Session()
        self._session.trust_env = False

    def close(self) -> None:
        self._session.close()

    def request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The decoded answer. Raises requests.RequestException, also for an answer of 400 and above."""
        answer = self._session.request(method, self._base + path, json=body, timeout=self._timeout_s)
        answer.raise_for_status()
        return answer.json()
