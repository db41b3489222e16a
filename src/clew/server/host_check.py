"""Who may be asked for: against web pages that point a name of theirs at this machine (DNS rebinding)."""

import ipaddress
import re
from collections.abc import Sequence
from typing import Any

_REFUSAL = b"Clew answers to localhost and to IP addresses; add this name to allowed_hosts to allow it\n"

_HOST = re.compile(r"(?:\[(?P<address>[0-9a-f:.]+)\]|(?P<name>[^\[\]:@/%]+))(?::[0-9]{1,5})?")


class HostCheck:
    """An ASGI application that passes on requests whose Host is an IP address, `localhost` or an allowed name."""

    def __init__(self, application: Any, allowed_hosts: Sequence[str]) -> None:
        self._application = application
        self._allowed = frozenset(host.lower() for host in allowed_hosts) | {"localhost", ""}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer 421 to a request for another host, also if it names one of ours as well."""
        hosts = [value for name, value in scope.get("headers", ()) if name == b"host"]
        if scope["type"] != "http" or all(map(self._is_allowed, hosts)):
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
    """The name or address; what isn't exactly that, with or without a port, stays as it is and is nobody's name."""
    match = _HOST.fullmatch(host)
    return host if match is None else match["address"] or match["name"]
