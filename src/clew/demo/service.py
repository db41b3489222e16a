"""What every process of the shop offers to the one that runs it."""

import random
import socket
import threading
import time
from math import log
from typing import Protocol

from clew.demo.settings import Peers


class Service(Protocol):
    """From `bind` on it MUST accept connections (they may wait); `serve` MUST return soon after `stop`."""

    def bind(self) -> int:
        """Take a port of the operating system's choice; 0 when this service listens on none."""

    def serve(self, peers: Peers, stop: threading.Event) -> None:
        """Work until `stop` is set, then finish what is in hand."""


def listening_socket() -> socket.socket:
    """A loopback TCP socket that already queues connections, so that nobody is refused while the service starts."""
    return socket.create_server(("127.0.0.1", 0), backlog=256)


def latency_s(median_ms: float, spread: float = 0.35) -> float:
    """Seconds, drawn from a log-normal distribution: a few are several times the median, as in real systems."""
    return random.lognormvariate(log(median_ms), spread) / 1000


def spend(median_ms: float, spread: float = 0.35) -> None:
    """Wait as long as something outside the shop would take."""
    time.sleep(latency_s(median_ms, spread))
