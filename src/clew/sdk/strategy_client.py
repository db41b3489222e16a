"""Asks a server of Jaeger's remote sampling, over HTTP, for the strategy of a service."""

import http.client
import ssl
from urllib.parse import quote, urlsplit

from clew import __version__
from clew.errors import RemoteError
from clew.sdk.sampling_strategy import Strategy, read_strategy

_MOST_ANSWER_BYTES = 4 << 20
"""20,000 operations with names of 100 characters, and some."""
_AGENT = f"clew-python/{__version__}"


def fetch_strategy(endpoint: str, service: str, timeout_s: float) -> Strategy:
    """On a connection of its own, once a minute. Raises RemoteError, or MalformedInput for an answer that is none."""
    url = f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}service={quote(service, safe='')}"
    parts = urlsplit(url)
    connection = _connection(parts.scheme, parts.hostname or "", parts.port, timeout_s)
    try:
        connection.request("GET", f"{parts.path or '/'}?{parts.query}", headers={"user-agent": _AGENT})
        answer = connection.getresponse()
        content = answer.read(_MOST_ANSWER_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise RemoteError(f"{url} can't be asked ({error!r}); is a server of remote sampling there?") from None
    finally:
        connection.close()
    if answer.status != http.HTTPStatus.OK:
        text = ascii(content[:200].decode("utf-8", "replace").strip())
        raise RemoteError(f"{url} answered {answer.status} {text}; is it the port of remote sampling?")
    return read_strategy(content)


def _connection(scheme: str, host: str, port: int | None, timeout_s: float) -> http.client.HTTPConnection:
    if scheme == "https":
        return http.client.HTTPSConnection(host, port, timeout=timeout_s, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, port, timeout=timeout_s)
