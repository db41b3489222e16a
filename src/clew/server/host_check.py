"""Who may be asked for: against web pages that point a name of theirs at this machine (DNS rebinding)."""

import ipaddress
from collections.abc import Sequence
from typing import Any

_REFUSAL = b"Clew answers to localhost and to IP addresses; add this name to allowed_hosts to allow it\n"


class HostCheck:
    """An ASGI application that passes on requests whose Host is an IP address, `localhost` or an allowed name."""

    def __init__(self, application: Any, allowed_hosts: Sequence[str]) -> None:
        self._application = application
        self._allowed = frozenset(host.lower() for host in allowed_hosts) | {"localhost", ""}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer 421 to a request for another host."""
        if scope["type"] != "http" or self._is_allowed(dict(scope["headers"]).get(b"host", b"")):
            await self._application(scope, receive, send)
            return
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(_REFUSAL))]
        await send({"type": "http.response.start", "status": 421, "headers": headers})
        await send({"type": "http.response.body", "body": _REFUSAL})

    def _is_allowed(self, host_header: bytes) -> bool:
        host = _without_port(host_header.decode("latin-1").lower())
        if host in self._allowed:
            return True
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return False
        return True


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if ":" in host else host
