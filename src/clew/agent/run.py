"""`clew agent`: takes spans on this host, keeps them on disk, and forwards them to the gateways."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import uvloop

from clew.agent.authority import trusted_by
from clew.agent.forwarding import Forwarding, open_forwarding
from clew.agent.gateway_key import GatewayKey
from clew.agent.gateway_strategies import GatewayStrategies, sampling_urls
from clew.agent.metrics import forward_metrics, sampling_metrics
from clew.agent.sampling_proxy import SamplingProxy
from clew.agent.settings import AgentSettings, door_ports, door_sockets
from clew.agent.status_app import StatusApp
from clew.model.metric import HistogramMetric, Metric
from clew.receive.attribute_rules import open_rules
from clew.receive.counters import ReceiveCounters
from clew.receive.doors import Doors, bound
from clew.receive.entrance import Entrance
from clew.receive.listen import HttpServer, address_of, bind, raise_descriptor_limit, write_ready_file
from clew.receive.metrics import journal_metrics, quarantine_metrics, receive_metrics
from clew.receive.process_figures import process_metrics

log = logging.getLogger(__name__)

_STOP_LIMIT_S = 15.0
"""Besides the time to drain; a stop takes 3 s at most unless the disk is slow or a gateway silent."""


@dataclass(frozen=True, slots=True)
class Listeners:
    """What is bound: the ports of the status and of sampling, and the doors."""

    http: socket.socket
    sampling: socket.socket
    doors: Doors

    @property
    def addresses(self) -> dict[str, str]:
        """Where the agent listens, each as `host:port`."""
        own = {"http": address_of(self.http), "sampling": address_of(self.sampling)}
        return own | self.doors.addresses


@dataclass(frozen=True, slots=True)
class Status:
    """The figures of one running agent."""

    settings: AgentSettings
    forwarding: Forwarding
    counters: ReceiveCounters
    strategies: GatewayStrategies

    def metrics(self) -> Iterator[Metric | HistogramMetric]:
        """Everything that `/metrics` shows."""
        yield from receive_metrics(self.counters.snapshot())
        yield from journal_metrics(self.forwarding.journal.usage())
        yield from quarantine_metrics(self.forwarding.quarantine.files())
        yield from forward_metrics(self.forwarding.counts)
        yield from sampling_metrics(self.strategies.counts)
        yield from process_metrics()

    def trouble(self) -> str | None:
        """Why clients are refused; None when they are not."""
        waiting, most = self.forwarding.journal.usage().waiting_bytes, self.settings.journal.max_bytes
        return f"the journal is full: {waiting} bytes wait for the gateway" if waiting >= most else None


def run_agent(settings: AgentSettings) -> int:
    """Serve until SIGTERM or SIGINT; the exit code. Raises ClewError before anything listens if it can't start."""
    logging.basicConfig(
        level=settings.log_level.upper(), stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # Its warnings are about single bad requests; a sender of many would fill the disk with them.
    logging.getLogger("uvicorn").setLevel(max(logging.ERROR, logging.root.level))
    raise_descriptor_limit()
    key, trusted = GatewayKey(settings.key, settings.key_file), trusted_by(settings.ca_file)
    leaving = threading.Timer(settings.drain_timeout_s + _STOP_LIMIT_S, _leave)
    leaving.daemon = True
    with _bound(settings) as listeners, open_forwarding(settings, key, trusted) as forwarding:
        if settings.ready_file is not None:
            settings.ready_file.unlink(missing_ok=True)  # that of an earlier run
        urls = settings.sampling_urls or sampling_urls(settings.gateways)
        log.info("sampling strategies are asked for at %s", ", ".join(urls))
        strategies = GatewayStrategies(urls, key, trusted)
        status = Status(settings, forwarding, ReceiveCounters(), strategies)
        uvloop.run(_serve(status, listeners, leaving))
        _drain(forwarding, settings.drain_timeout_s)
    leaving.cancel()
    return 0


def _leave() -> None:
    log.error("stopping takes too long, leaving; what was acknowledged is on disk, and forwarded after the next start")
    os._exit(1)


@contextlib.contextmanager
def _bound(settings: AgentSettings) -> Iterator[Listeners]:
    """The ports, before anything that takes time: a taken one is told at once."""
    with contextlib.ExitStack() as stack:
        http = stack.enter_context(bind(settings.host, settings.http_port, "http_port"))
        sampling = stack.enter_context(bind(settings.host, settings.sampling_port, "sampling_port"))
        doors = stack.enter_context(bound(settings.host, door_ports(settings), door_sockets(settings)))
        yield Listeners(http, sampling, doors)


async def _serve(status: Status, listeners: Listeners, leaving: threading.Timer) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    settings, journal = status.settings, status.forwarding.journal
    rules = open_rules(settings.rules, settings.data_dir)
    entrance = Entrance(settings.receive, journal, status.counters, rules=rules, sampling=status.strategies)
    own = [
        HttpServer(StatusApp(status.metrics, status.trouble), listeners.http),
        HttpServer(SamplingProxy(status.strategies), listeners.sampling),
    ]
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(entrance.close)
        stack.push_async_callback(_stop_servers, own, listeners.doors)
        for server in own:
            await server.start()
        await listeners.doors.open(entrance)
        _announce(settings, listeners.addresses)
        await stop.wait()
        leaving.start()
        log.info("stopping: no new requests; what was accepted is on disk")


async def _stop_servers(own: list[HttpServer], doors: Doors) -> None:
    await asyncio.gather(doors.close(), *(server.stop() for server in own))


def _announce(settings: AgentSettings, addresses: dict[str, str]) -> None:
    if settings.ready_file is not None:
        write_ready_file(settings.ready_file, addresses)
    listening = ", ".join(f"{name} on {address}" for name, address in addresses.items())
    log.info("%s; data in %s", listening, settings.data_dir)
    log.info("The agent is up, and forwards to %s", ", ".join(settings.gateways))


def _drain(forwarding: Forwarding, timeout_s: float) -> None:
    if not forwarding.drain(timeout_s):
        waiting_bytes = forwarding.journal.usage().waiting_bytes
        log.warning("%d bytes stay on disk, and are forwarded after the next start", waiting_bytes)
