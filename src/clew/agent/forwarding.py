"""Journal and forwarders of one data directory, opened together and closed in reverse."""

import contextlib
import os
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from clew.agent.attribute_list import parse_attributes
from clew.agent.backlog import Backlog
from clew.agent.backoff import Backoff
from clew.agent.forwarder import Depot, ForwardCounts, Forwarder, stop_all
from clew.agent.gateway import Gateway
from clew.agent.gateway_key import GatewayKey
from clew.agent.host_attributes import attribute_groups
from clew.agent.identity import agent_id
from clew.agent.settings import AgentSettings
from clew.journal.data_directory import make_data_dir
from clew.journal.journal import Journal
from clew.journal.quarantine import Quarantine
from clew.wire.resource_attributes import ResourceAttributes


@dataclass(frozen=True, slots=True)
class Forwarding:
    """What runs between the doors and the gateways."""

    journal: Journal
    quarantine: Quarantine
    forwarders: Sequence[Forwarder]

    @property
    def counts(self) -> dict[str, ForwardCounts]:
        """What came of each gateway, by its URL."""
        return {forwarder.gateway.url: forwarder.counts for forwarder in self.forwarders}

    def drain(self, timeout_s: float) -> bool:
        """Try to forward all that is there; False when some of it stays for the next start."""
        for forwarder in self.forwarders:
            forwarder.hurry()
        return self.journal.wait_released(self.journal.usage().last_sequence, timeout_s)


@contextlib.contextmanager
def open_forwarding(
    settings: AgentSettings, key: GatewayKey, trusted: ssl.SSLContext | None = None
) -> Iterator[Forwarding]:
    """Open the journal and begin to send. Raises JournalLocked when another process has it, ConfigurationError."""
    make_data_dir(settings.data_dir)
    with contextlib.ExitStack() as stack:
        journal = Journal(settings.data_dir / "journal", settings.journal)
        stack.callback(journal.close)
        gateways = [Gateway(url, key, settings.answer_timeout_s, trusted) for url in settings.gateways]
        steps = settings.data_dir / "forwarding"
        Backlog.clean(settings.data_dir / "journal", steps)
        depot = Depot(
            agent_id(settings.data_dir),
            journal,
            Backlog(journal, steps, [gateway.url for gateway in gateways]),
            Quarantine(settings.data_dir / "quarantine"),
            has_one_gateway=len(gateways) == 1,
        )
        forwarders = [_forwarder(gateway, depot, settings) for gateway in gateways]
        for forwarder in forwarders:
            forwarder.start()
        stack.callback(stop_all, forwarders)
        yield Forwarding(journal, depot.quarantine, forwarders)


def _forwarder(gateway: Gateway, depot: Depot, settings: AgentSettings) -> Forwarder:
    given = [{key: value} for key, value in parse_attributes(settings.attributes).items()]
    resources = ResourceAttributes([*given, *attribute_groups(settings.shared, os.environ)])
    return Forwarder(gateway, depot, resources, Backoff(longest_s=settings.longest_pause_s))
