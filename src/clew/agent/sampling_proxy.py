"""Sampling strategies of the gateway, for the clients of this host: kept for a minute, and longer while it is away.

What is asked and answered is Jaeger's remote sampling protocol: `GET /sampling?service=NAME`, answered with JSON.
"""

import asyncio
import logging
import time
import urllib.error
import urllib.request
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote, urlsplit

from clew.agent.gateway_key import GatewayKey
from clew.agent.plain_answer import JSON, answer, live
from clew.journal.complaint import Complaint
from clew.receive.http_request import Receive, Scope, Send

log = logging.getLogger(__name__)

SAMPLING_PORT = 5778
_FRESH_S = 60.0
_PAUSE_S = 10.0
"""How long nobody is asked after nobody answered."""
_TIMEOUT_S = 3.0
_MOST_SERVICES = 1000
_LONGEST_NAME = 500
_LARGEST_ANSWER_BYTES = 1 << 20


@dataclass(slots=True)
class SamplingCounts:
    """Answers that were as new as they are to be, older ones, and questions without an answer."""

    fresh: int = 0
    stale: int = 0
    none: int = 0


@dataclass(slots=True)
class _Kept:
    """The answer for one service, and when it came; the lock lets one question at a time go out for it."""

    body: bytes = b""
    came_s: float = float("-inf")
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class SamplingProxy:
    """An ASGI application; `urls` are asked in turn until one answers."""

    def __init__(self, urls: Sequence[str], key: GatewayKey) -> None:
        self.counts = SamplingCounts()
        self._urls = urls
        self._key = key
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._silent_until_s = float("-inf")
        self._complaint = Complaint(log)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if await live(scope, receive, send):
            return
        if scope["type"] != "http":
            return
        services = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True).get("service", [])
        if scope["method"] != "GET":
            await answer(send, 405, "strategies are asked for with GET\n")
        elif len(services) != 1:
            await answer(send, 400, "'service' parameter must be provided once\n")
        elif len(services[0]) > _LONGEST_NAME:
            await answer(send, 400, f"a service's name has at most {_LONGEST_NAME} characters\n")
        else:
            await self._serve(services[0], send)

    async def _serve(self, service: str, send: Send) -> None:
        kept = self._entry(service)
        async with kept.lock:
            if time.monotonic() - kept.came_s >= _FRESH_S:
                await self._refresh(service, kept)
        if not kept.body:
            self.counts.none += 1
            await answer(send, 503, "no gateway answers, and this service's strategy isn't known; ask again later\n")
            return
        is_fresh = time.monotonic() - kept.came_s < _FRESH_S
        self.counts.fresh += is_fresh
        self.counts.stale += not is_fresh
        await answer(send, 200, kept.body, JSON)

    def _entry(self, service: str) -> _Kept:
        kept = self._kept.setdefault(service, _Kept())
        self._kept.move_to_end(service)
        if len(self._kept) > _MOST_SERVICES:
            self._kept.popitem(last=False)
        return kept

    async def _refresh(self, service: str, kept: _Kept) -> None:
        if time.monotonic() < self._silent_until_s:
            return
        body = await asyncio.to_thread(self._ask, service)
        if body:
            kept.body, kept.came_s = body, time.monotonic()
        else:
            self._silent_until_s = time.monotonic() + _PAUSE_S

    def _ask(self, service: str) -> bytes:
        """What the first gateway that answers says; empty when none does."""
        authorization = self._key.authorization()
        headers = {"Authorization": authorization} if authorization else {}
        for url in self._urls:
            request = urllib.request.Request(f"{url}?service={quote(service, safe='')}", headers=headers)  # noqa: S310  # the settings take http only
            try:
                with _OPENER.open(request, timeout=_TIMEOUT_S) as found:
                    body: bytes = found.read(_LARGEST_ANSWER_BYTES)
            except (OSError, ValueError, urllib.error.URLError) as error:
                self._complaint.tell(f"no sampling strategies from {url}: {error}")
                continue
            if body:
                return body
        return b""


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Without the proxies of the environment: gateways are reached directly."""


def sampling_urls(gateways: Sequence[str]) -> list[str]:
    """Where gateways serve their strategies unless somebody says otherwise: on port 5778 of the same hosts."""
    urls = []
    for gateway in gateways:
        parts = urlsplit(gateway)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        urls.append(f"{parts.scheme}://{host}:{SAMPLING_PORT}/sampling")
    return urls
