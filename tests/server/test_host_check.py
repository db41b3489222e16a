import asyncio
from typing import Any

import pytest

from clew.server.host_check import HostCheck


async def _pass(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})


def _status(*hosts: bytes, allowed: tuple[str, ...] = ()) -> int:
    statuses: list[int] = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {"type": "http", "headers": [(b"host", host) for host in hosts]}
    asyncio.run(HostCheck(_pass, allowed)(scope, None, send))
    return statuses[0]


@pytest.mark.parametrize(
    "host", [b"localhost", b"localhost:16686", b"127.0.0.1:16686", b"[::1]:16686", b"192.168.1.7", b"LOCALHOST"]
)
def test_localhost_and_addresses_are_answered(host: bytes) -> None:
    """A name that can't be somebody else's is fine."""
    assert _status(host) == 200


@pytest.mark.parametrize(
    "host",
    [
        b"attacker.example",
        b"localhost.attacker.example:16686",
        b"127.0.0.1.nip.example",
        b"[localhost]attacker.example",
        b"[127.0.0.1]attacker.example",
        b"127.0.0.1:80@attacker.example",
        b"localhost:abc",
        b"[::1%attacker.example]",
        b":80",
    ],
)
def test_another_name_is_refused(host: bytes) -> None:
    """A web page that points its own name at this machine reads nothing."""
    assert _status(host) == 421


def test_a_name_can_be_allowed() -> None:
    """Behind a proxy, the names of the proxy are set."""
    assert _status(b"clew.example:443", allowed=("clew.example",)) == 200


def test_every_host_that_a_request_names_is_checked() -> None:
    """Two of them are no way around; a request without any comes from no browser."""
    assert _status(b"localhost", b"attacker.example") == 421
    assert _status(b"attacker.example", b"localhost") == 421
    assert _status() == 200
