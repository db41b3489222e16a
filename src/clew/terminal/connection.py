"""HTTP to one Clew server; whatever goes wrong becomes one exception of Clew with a sentence that helps."""

import os
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx

from clew.errors import BadQuery, KeyWanted, NotFound, Overloaded, QueryTooExpensive, RemoteError, UntrustedServer

DEFAULT_SERVER = "http://127.0.0.1:16686"
REST = "/api/clew/v1"
PROTOBUF = "application/x-protobuf"

# A query may take the server's full time limit; a connection on a LAN is there at once or not at all.
_TIMEOUT = httpx.Timeout(120, connect=5)

KEY_VARIABLE, AUTHORITY_VARIABLE = "CLEW_KEY", "CLEW_CA_FILE"

Params = Mapping[str, str | int | Sequence[str]]


class Connection:
    """A server's REST API. Methods raise BadQuery, NotFound, QueryTooExpensive, Overloaded or RemoteError."""

    def __init__(self, server: str) -> None:
        self.server = server.rstrip("/") if "://" in server else f"http://{server.rstrip('/')}"
        try:
            self._client = httpx.Client(
                base_url=self.server, timeout=_TIMEOUT, trust_env=False, headers=_key_header(), verify=_trusted()
            )
        except httpx.InvalidURL as error:
            raise BadQuery("server", f"{server!r} is no address; write it like {DEFAULT_SERVER}") from error

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get_json(self, path: str, params: Params | None = None) -> Any:
        """The decoded JSON of a GET."""
        answer = self.get(path, params)
        try:
            return answer.json()
        except ValueError as error:
            raise self._not_a_clew() from error

    def get_bytes(self, path: str, accept: str) -> bytes:
        """The body of a GET in the form asked for."""
        answer = self.get(path, headers={"Accept": accept})
        if answer.headers.get("content-type", "").partition(";")[0] != accept:
            raise self._not_a_clew()
        return answer.content

    def get(self, path: str, params: Params | None = None, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """The answer of a successful GET."""
        with self._reported():
            return _checked(self._client.get(path, params=_encodable(params), headers=headers))

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """The answer of a POST, successful or not."""
        with self._reported():
            return self._client.post(path, content=body, headers=headers)

    def send_json(self, method: str, path: str, body: Any, params: Params | None = None) -> Any:
        """The decoded JSON that answers a request with a JSON body; with None it has no body."""
        with self._reported():
            answer = _checked(self._client.request(method, path, json=body, params=_encodable(params)))
        return answer.json()

    @contextmanager
    def stream(self, path: str, params: Params) -> Iterator[Iterator[bytes]]:
        """The body of a GET in chunks; raises RemoteError when it ends early."""
        with self._reported(), self._client.stream("GET", path, params=_encodable(params)) as answer:
            if answer.is_error:
                answer.read()
            yield _checked(answer).iter_bytes()

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise UntrustedServer(
                    f"{self.server} shows a certificate that can't be verified ({error}); "
                    f"put the file of its authority into {AUTHORITY_VARIABLE}"
                ) from error
            raise RemoteError(
                f"no Clew answers at {self.server}; start one with `clew up`, or name another with --server"
            ) from error
        except httpx.TimeoutException as error:
            raise RemoteError(f"{self.server} took too long to answer; try again, or ask for less") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise RemoteError(f"the connection to {self.server} broke ({error}); try again") from error

    def _not_a_clew(self) -> RemoteError:
        return RemoteError(f"{self.server} doesn't answer like a Clew; is --server the address of its web UI?")


def _key_header() -> dict[str, str]:
    """A key comes from the environment only: the arguments of a program are there for all users of a machine to see."""
    key = os.environ.get(KEY_VARIABLE, "").strip()
    if key and not (key.isascii() and key.isprintable()):
        raise BadQuery(KEY_VARIABLE, "is no key; `clew keys create` makes one")
    return {"X-Clew-Key": key} if key else {}


def _trusted() -> ssl.SSLContext | bool:
    authority = os.environ.get(AUTHORITY_VARIABLE, "")
    if not authority:
        return True
    try:
        return ssl.create_default_context(cafile=authority)
    except OSError as error:  # ssl's own errors are among them
        raise BadQuery(AUTHORITY_VARIABLE, f"{authority} can't be read as PEM: {error}") from error


def _encodable(params: Params | None) -> dict[str, Any] | None:
    return None if params is None else {key: value for key, value in params.items() if value not in ("", (), [])}


def _checked(answer: httpx.Response) -> httpx.Response:
    if not answer.is_error:
        return answer
    if answer.status_code == 421:
        raise RemoteError(f"{answer.url.host} is a name that this server isn't asked by: {answer.text.strip()}")
    try:
        error = answer.json()["error"]
        key, message = error["key"], str(error["message"])
    except (ValueError, KeyError, TypeError):
        raise RemoteError(f"{answer.url} answered {answer.status_code}; is that the address of a Clew?") from None
    if answer.status_code == 400 and key:
        raise BadQuery(key, message.removeprefix(f"{key}: "))
    if answer.status_code == 404:
        raise NotFound(message)
    if answer.status_code == 422:
        raise QueryTooExpensive(message)
    if answer.status_code == 429:
        raise Overloaded(message, retry_after_s(answer))
    if answer.status_code == 401:
        server = answer.url.copy_with(path="/", query=None)
        raise KeyWanted(f"{server} wants a key: {message}; put one into {KEY_VARIABLE}")
    raise RemoteError(f"{answer.url.copy_with(query=None)} answered {answer.status_code}: {message}")


def retry_after_s(answer: httpx.Response, default_s: float = 1.0) -> float:
    """The seconds of a Retry-After header; a date, or nothing, is `default_s`."""
    try:
        return max(0.0, float(answer.headers["retry-after"]))
    except (KeyError, ValueError):
        return default_s
