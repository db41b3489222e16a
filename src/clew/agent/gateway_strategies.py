"""Sampling strategies of the gateways: asked for once a minute and service, and kept while no gateway answers."""

import logging
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from clew.agent.gateway_key import GatewayKey
from clew.errors import MalformedInput, Overloaded
from clew.journal.complaint import Complaint
from clew.sampling.answer import Answer, from_json

log = logging.getLogger(__name__)

SAMPLING_PORT = 5778
_FRESH_S = 60.0
_PAUSE_S = 10.0
"""How long nobody is asked after nobody answered."""
_TIMEOUT_S = 3.0
_MOST_SERVICES = 1000
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
    lock: threading.Lock = field(default_factory=threading.Lock)


class GatewayStrategies:
    """`urls` are asked in turn until one answers. From any thread; may take seconds when a gateway is silent."""

    def __init__(self, urls: Sequence[str], key: GatewayKey, trusted: ssl.SSLContext | None = None) -> None:
        self.counts = SamplingCounts()
        # Without the proxies of the environment: gateways are reached directly.
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusted)
        )
        self._urls = urls
        self._key = key
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._silent_until_s = float("-inf")
        self._complaint = Complaint(log)

    def json(self, service: str) -> bytes:
        """The gateway's answer as it came; empty when there is none, and never was."""
        kept = self._entry(service)
        with kept.lock:
            if time.monotonic() - kept.came_s >= _FRESH_S:
                self._refresh(service, kept)
            body, is_fresh = kept.body, time.monotonic() - kept.came_s < _FRESH_S
        with self._lock:
            self.counts.none += not body
            self.counts.fresh += bool(body) and is_fresh
            self.counts.stale += bool(body) and not is_fresh
        return body

    def answer(self, service: str, protocol: str) -> Answer:
        """The same for clients that ask over gRPC. Raises Overloaded without one: they keep what they have."""
        body = self.json(service)
        if not body:
            raise Overloaded("no gateway answers, and this service's strategy isn't known; ask again later", _PAUSE_S)
        return from_json(body)

    def _entry(self, service: str) -> _Kept:
        with self._lock:
            kept = self._kept.setdefault(service, _Kept())
            self._kept.move_to_end(service)
            if len(self._kept) > _MOST_SERVICES:
                self._kept.popitem(last=False)
            return kept

    def _refresh(self, service: str, kept: _Kept) -> None:
        if time.monotonic() < self._silent_until_s:
            return
        body = self._ask(service)
        if body:
            kept.body, kept.came_s = body, time.monotonic()
        else:
            self._silent_until_s = time.monotonic() + _PAUSE_S

    def _ask(self, service: str) -> bytes:
        """What the first gateway that answers says; empty when none does."""
        authorization = self._key.authorization()
        headers = {"Authorization": authorization} if authorization else {}
        for url in self._urls:
            request = urllib.request.Request(  # noqa: S310  # the settings take http only
                f"{url}?service={quote(service, safe='')}", headers=headers
            )
            try:
                with self._opener.open(request, timeout=_TIMEOUT_S) as found:
                    body: bytes = found.read(_LARGEST_ANSWER_BYTES)
                from_json(body)  # whatever else answers there is no strategy for clients
                return body
            except (OSError, ValueError, urllib.error.URLError, MalformedInput) as error:
                self._complaint.tell(f"no sampling strategies from {url}: {error}")
        return b""


def sampling_urls(gateways: Sequence[str]) -> list[str]:
    """Where gateways serve their strategies unless somebody says otherwise: on port 5778 of the same hosts."""
    urls = []
    for gateway in gateways:
        parts = urlsplit(gateway)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        urls.append(f"{parts.scheme}://{host}:{SAMPLING_PORT}/sampling")
    return urls
