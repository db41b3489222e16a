"""A journal, and forwarders to the gateways of a test."""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew.agent.backlog import Backlog
from clew.agent.backoff import Backoff
from clew.agent.forwarder import Depot, Forwarder, stop_all
from clew.agent.gateway import Gateway
from clew.agent.gateway_key import GatewayKey
from clew.journal.journal import Journal
from clew.journal.quarantine import Quarantine
from clew.journal.settings import JournalSettings
from clew.wire.resource_attributes import ResourceAttributes
from tests.journal.appends import TIMEOUT_S, append

ONE_EACH = JournalSettings(segment_bytes=1, min_free_bytes=0)
"""Each record is sealed alone."""
TOGETHER = JournalSettings(segment_age_s=0.05, max_segment_age_s=0.05, min_free_bytes=0, sync_interval_s=0.05)
"""Records that are appended at once are sealed together."""


@dataclass(frozen=True, slots=True)
class Rig:
    """One agent's directory, journal and forwarders."""

    directory: Path
    journal: Journal
    forwarders: Sequence[Forwarder]

    def send(self, *payloads: bytes, stream: str = "traces/default") -> None:
        """Append the payloads, and return when all are durable."""
        for future in [append(self.journal, payload, stream=stream) for payload in payloads]:
            future.result(TIMEOUT_S)

    def wait_forwarded(self) -> None:
        """Return when the journal is empty."""
        assert self.journal.wait_released(self.journal.usage().last_sequence, TIMEOUT_S), "not forwarded in time"

    def quarantined(self) -> list[str]:
        """The names of what was set aside."""
        return [file.name for file in Quarantine(self.directory / "quarantine").files()]


@contextlib.contextmanager
def forwarding(
    directory: Path, urls: Sequence[str], settings: JournalSettings = ONE_EACH, attributes: dict[str, str] | None = None
) -> Iterator[Rig]:
    """Forwarders that run until the block ends."""
    steps = directory / "steps"
    Backlog.clean(directory / "journal", steps)
    journal = Journal(directory / "journal", settings)
    backlog = Backlog(journal, steps, urls)
    depot = Depot("agent", journal, backlog, Quarantine(directory / "quarantine"), len(urls) == 1)
    forwarders = [
        Forwarder(Gateway(url, GatewayKey()), depot, ResourceAttributes([attributes or {}]), Backoff(0.02, 0.1))
        for url in urls
    ]
    for forwarder in forwarders:
        forwarder.start()
    try:
        yield Rig(directory, journal, forwarders)
    finally:
        stop_all(forwarders)
        journal.close()


def payload(name: str) -> bytes:
    """A request with one span of that name."""
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.add(trace_id=b"t" * 16, span_id=b"s" * 8, name=name)
    return request.SerializeToString()


def names_in(bodies: Sequence[bytes]) -> list[str]:
    """The names of all spans in encoded requests."""
    return [
        span.name
        for body in bodies
        for group in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    ]


def wait_until(condition: Callable[[], bool]) -> None:
    """Return when the condition holds; it is asked now and then, for what gives no sign of its own."""
    deadline_s = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline_s, "it did not happen in time"
        time.sleep(0.005)
