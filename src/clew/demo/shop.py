"""The shop as a whole: starts its processes, watches over them, stops them."""

import logging
import os
import selectors
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from clew.demo.child import Child
from clew.demo.preflight import check_grpc, check_http, check_packages, check_rate, faults_by_service, unanswered
from clew.demo.roster import ROSTER
from clew.demo.settings import ServiceSettings
from clew.demo.stop_signals import noted
from clew.errors import ClewError

START_TIMEOUT_S = 60.0
LEAVE_TIMEOUT_S = 1.0
STOP_TIMEOUT_S = 2.5
_GLANCE_S = 0.2
_log = logging.getLogger(__name__)
OnDeath = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class ShopAddresses:
    """Where a running shop is: the front's URL, `host:port` of each service that listens, and the process ids."""

    frontend: str
    services: Mapping[str, str]
    pids: Mapping[str, int]


class Shop:
    """The shop's processes, made with subprocess alone; a context manager.

    The constructor raises ConfigurationError for a wrong setting, and starts nothing. `start` and `stop` MUST NOT run
    at the same time; `give_up` MAY be called at any time, also by a signal handler. `on_death(service, exit_code)` is
    called in a thread of the shop when a process ends unasked (the others go on without it); the default logs it.
    """

    def __init__(
        self,
        otlp_http: str,
        otlp_grpc: str,
        faults: Sequence[str] = (),
        rate_per_s: float = 2.0,
        on_death: OnDeath | None = None,
    ) -> None:
        check_packages()
        check_rate(rate_per_s)
        self._rate_per_s = rate_per_s
        self._faults = faults_by_service(faults)
        self._otlp = (check_http(otlp_http), check_grpc(otlp_grpc))
        self._on_death = on_death or _log_death
        self._children: list[Child] = []
        self._stopping = self._given_up = False
        self._directory = ""
        self._watcher: threading.Thread | None = None

    def start(self) -> ShopAddresses:
        """Returns when every service takes connections. Raises ClewError when one can't start; nothing stays then."""
        self._stopping = False
        self._directory = tempfile.mkdtemp(prefix="clew-demo-")
        try:
            self._children.extend(Child(self._settings(name)) for name in ROSTER)
            self._await_ports(time.monotonic() + START_TIMEOUT_S)
            addresses = self._addresses()
            for child in self._children:
                child.introduce(addresses.services)
        except BaseException:
            self._clear_away()
            raise
        self._watcher = threading.Thread(target=self._watch, name="demo-watch", daemon=True)
        self._watcher.start()
        return addresses

    def give_up(self) -> None:
        """Makes a start that is under way, or comes, raise ClewError."""
        self._given_up = True

    def stop(self) -> None:
        """Ends every process in less than 5 s: the customers first, then the services, by force what is left."""
        self._stopping = True
        _dismiss([child for child in self._children if child.name == "shopper"], LEAVE_TIMEOUT_S)
        _dismiss(self._children, STOP_TIMEOUT_S)
        for name in self._clear_away():
            _log.warning("the demo service %s did not end in time and was killed", name)

    def __enter__(self) -> Self:
        self.addresses = self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _settings(self, name: str) -> ServiceSettings:
        faults = self._faults.get(name, ())
        return ServiceSettings(name, *self._otlp, faults=faults, rate_per_s=self._rate_per_s, directory=self._directory)

    def _await_ports(self, deadline_s: float) -> None:
        with _outputs(self._children) as selector:
            while selector.get_map():
                if self._given_up:
                    raise ClewError("the start of the demo shop was broken off")
                if time.monotonic() > deadline_s:
                    raise ClewError(f"the demo shop did not start within {START_TIMEOUT_S:.0f} s; is the machine busy?")
                for key, _ in selector.select(_GLANCE_S):
                    _take_port(key.data)
                    selector.unregister(key.data)

    def _addresses(self) -> ShopAddresses:
        services = {child.name: f"127.0.0.1:{child.port}" for child in self._children if child.port}
        pids = {child.name: child.pid for child in self._children}
        return ShopAddresses(f"http://{services['frontend']}", services, pids)

    def _watch(self) -> None:
        with _outputs(self._children) as selector:
            while selector.get_map():
                for key, _ in selector.select():
                    selector.unregister(key.data)
                    if not self._stopping:
                        self._on_death(key.data.name, key.data.exit_code())

    def _clear_away(self) -> list[str]:
        """The names of those that had to be killed."""
        killed = [child.name for child in self._children if child.kill()]
        if self._watcher is not None:
            self._watcher.join(1.0)
            self._watcher = None
        for child in self._children:
            child.close()
        self._children.clear()
        shutil.rmtree(self._directory, ignore_errors=True)
        return killed


@contextmanager
def _outputs(children: Sequence[Child]) -> Iterator[selectors.DefaultSelector]:
    with selectors.DefaultSelector() as selector:
        for child in children:
            selector.register(child, selectors.EVENT_READ, child)
        yield selector


def _take_port(child: Child) -> None:
    if not child.read_port():
        code = child.exit_code()
        raise ClewError(f"the demo service {child.name} ended with code {code} as it started; its message is above")


def _dismiss(children: Sequence[Child], timeout_s: float) -> None:
    deadline_s = time.monotonic() + timeout_s
    for child in children:
        child.dismiss()
    for child in children:
        child.wait(deadline_s - time.monotonic())


def _describe_death(service: str, exit_code: int) -> str:
    cause = f"was ended by signal {-exit_code}" if exit_code < 0 else f"ended with code {exit_code}"
    return f"the demo service {service} {cause}"


def _log_death(service: str, exit_code: int) -> None:
    _log.error("%s; the others go on without it", _describe_death(service, exit_code))


def run_shop(  # noqa: PLR0917  # the order that the command line calls it with
    otlp_http: str,
    otlp_grpc: str,
    faults: Sequence[str] = (),
    rate_per_s: float = 2.0,
    duration_s: float | None = None,
    on_ready: Callable[[ShopAddresses], None] | None = None,
) -> int:
    """Run the shop until SIGINT, SIGTERM or the end of `duration_s`; what there is to say goes to standard error.

    Returns 0, or 1 when a service died. Raises ConfigurationError for a wrong setting, ClewError when it can't start.
    """
    deaths: list[str] = []
    with _wake_up() as (wake, wait):

        def report(service: str, exit_code: int) -> None:
            deaths.append(_describe_death(service, exit_code))
            wake()

        shop = Shop(otlp_http, otlp_grpc, faults, rate_per_s, report)
        for address in unanswered(otlp_http, check_grpc(otlp_grpc)):
            _say(f"nobody answers at {address}: what the shop sends there is lost until `clew up` runs")
        _run_until(shop, wake, lambda: wait(duration_s), on_ready)
    for death in deaths:
        _say(f"{death}; the shop was closed")
    return 1 if deaths else 0


def _run_until(
    shop: Shop, wake: Callable[[], None], wait: Callable[[], None], on_ready: Callable[[ShopAddresses], None] | None
) -> None:
    stopped: list[bool] = []

    def note() -> None:
        stopped.append(True)
        shop.give_up()
        wake()

    with noted(note):
        try:
            with shop:
                if on_ready is not None:
                    on_ready(shop.addresses)
                wait()
        except ClewError:
            # Whoever stops the shop while it starts wants no complaint that it did not start.
            if not stopped:
                raise


@contextmanager
def _wake_up() -> Iterator[tuple[Callable[[], None], Callable[[float | None], None]]]:
    """A call that wakes the other, from a signal handler or another thread; a pipe, for it needs no lock."""
    reader, writer = os.pipe()

    def wake() -> None:
        with suppress(OSError):
            os.write(writer, b"!")

    def wait(timeout_s: float | None) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(reader, selectors.EVENT_READ)
            selector.select(timeout_s)

    try:
        yield wake, wait
    finally:
        os.close(reader)
        os.close(writer)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
