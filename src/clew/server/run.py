"""`clew up`: everything in one process, started in order and stopped in reverse."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import uvloop

from clew.analyse.adaptive_sampling import AdaptiveSampling
from clew.analyse.analyst import Analyst
from clew.api.app import build_app
from clew.api.questions import QuestionLog
from clew.authenticate.callers import Callers, is_loopback, refuse_open_doors
from clew.authenticate.key_directory import KEYS, KeyDirectory
from clew.authenticate.key_ring import KeyRing
from clew.demo.preflight import check_packages, faults_by_service
from clew.errors import ClewError, ConfigurationError
from clew.journal.data_directory import make_data_dir
from clew.journal.journal import Journal
from clew.query.reader import StoredTraces
from clew.receive.admission import AdmissionByKey
from clew.receive.attribute_rules import open_rules
from clew.receive.certificates import Certificates
from clew.receive.counters import ReceiveCounters
from clew.receive.doors import Doors, bound
from clew.receive.entrance import Entrance
from clew.receive.http_door import HttpDoor
from clew.receive.kafka_counters import KafkaCounters
from clew.receive.listen import HttpServer, address_of, bind, raise_descriptor_limit, write_ready_file
from clew.receive.otlp_http import OtlpDialect
from clew.sampling.provider import SamplingProvider
from clew.server.host_check import HostCheck
from clew.server.kafka import check_kafka_client, open_kafka
from clew.server.own_command import own_command
from clew.server.retention import RunningRetention
from clew.server.self_trace import SelfTrace
from clew.server.settings import ServerSettings, door_ports, door_sockets, restricted_udp, udp_host
from clew.server.system import RunningSystem
from clew.store.engine import Engine
from clew.store.load import Loader
from clew.store.migrate import migrate
from clew.store.settle import settle

if TYPE_CHECKING:
    from clew.demo.shop import Shop

log = logging.getLogger(__name__)

_STOP_LIMIT_S = 25.0
"""Of the 30 s that Kubernetes gives; a stop takes 5 s at most unless the disk or a load is slow."""
_API_THREADS = 32
"""Questions that wait for a read handle, each on a thread; more wait before that."""
_READ_GRACE_S = 1.0
"""How long questions under way may take when Clew stops; then the engine drops them (503)."""


@dataclass(frozen=True, slots=True)
class Listeners:
    """What is bound: the port of API and web UI, and the doors."""

    http: socket.socket
    doors: Doors

    @property
    def addresses(self) -> dict[str, str]:
        """Where Clew listens, each as `host:port`."""
        return {"http": address_of(self.http), **self.doors.addresses}


@dataclass(frozen=True, slots=True)
class DataPlane:
    """Journal and store of one data directory, with the loader between them and all that works on its own running."""

    engine: Engine
    journal: Journal
    loader: Loader
    self_trace: SelfTrace | None
    analyst: Analyst
    retention: RunningRetention
    reader: StoredTraces
    sampling: SamplingProvider
    adaptive: AdaptiveSampling


@dataclass(frozen=True, slots=True)
class Guard:
    """Who may come in, and how connections are encrypted (None: not at all)."""

    callers: Callers
    certificates: Certificates | None


def run_server(settings: ServerSettings) -> int:
    """Serve until SIGTERM or SIGINT; the exit code. Raises ClewError before anything listens if it can't start."""
    logging.basicConfig(
        level=settings.log_level.upper(), stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # Its warnings are about single bad requests; a sender of many would fill the disk with them.
    logging.getLogger("uvicorn").setLevel(max(logging.ERROR, logging.root.level))
    if settings.demo:
        # The shop starts last, but nobody should wait for the rest to hear that its settings are wrong.
        check_packages()
        faults_by_service(settings.faults)
    check_kafka_client(settings.kafka)
    raise_descriptor_limit()
    leaving = threading.Timer(_STOP_LIMIT_S, _leave)
    leaving.daemon = True
    with _guard(settings) as guard, _bound(settings) as listeners, open_data_plane(settings) as data_plane:
        if settings.ready_file is not None:
            settings.ready_file.unlink(missing_ok=True)  # that of an earlier run
        uvloop.run(_serve(settings, data_plane, guard, listeners, leaving))
    leaving.cancel()
    return 0


def _leave() -> None:
    log.error("stopping takes too long, leaving; what was acknowledged is on disk, and loaded at the next start")
    os._exit(1)


@contextlib.contextmanager
def _guard(settings: ServerSettings) -> Iterator[Guard]:
    """Keys and certificates; raises ConfigurationError when other machines could come in though nobody wants it."""
    certificates = Certificates(settings.tls) if settings.tls.cert_file else None
    if settings.data_dir.exists():  # what is wrong with it is told as that, and not as something about its keys
        make_data_dir(settings.data_dir)
    ring = KeyRing(KeyDirectory(settings.data_dir / KEYS))
    allowed = {"allow_anonymous": settings.allow_anonymous, "require_keys": settings.require_keys}
    refuse_open_doors(settings.host, has_keys=ring.has_keys, **allowed)
    if settings.demo and ring.has_keys and not settings.allow_anonymous:
        raise ConfigurationError(
            "the demo shop has no key, and there are keys in the data directory; give --data-dir another one for it"
        )
    ring.start()
    try:
        yield Guard(Callers(ring, settings.tenant, **allowed), certificates)
    finally:
        ring.close()


@contextlib.contextmanager
def _bound(settings: ServerSettings) -> Iterator[Listeners]:
    """The ports, before anything that takes time: a taken one is told at once."""
    with contextlib.ExitStack() as stack:
        http = stack.enter_context(bind(settings.host, settings.http_port, "http_port"))
        doors = bound(settings.host, door_ports(settings), door_sockets(settings), udp_host(settings))
        yield Listeners(http, stack.enter_context(doors))


@contextlib.contextmanager
def open_data_plane(settings: ServerSettings) -> Iterator[DataPlane]:
    """Open journal, store and loader; on leaving, what was accepted is sealed in the journal and all is closed."""
    sampling = SamplingProvider(settings.data_dir / "sampling", settings.sampling)
    make_data_dir(settings.data_dir)
    with contextlib.ExitStack() as stack:
        journal = Journal(settings.data_dir / "journal", settings.journal)
        stack.callback(journal.close)
        engine = Engine(settings.data_dir / "store", settings.store)
        stack.callback(engine.close)
        data_dir = settings.data_dir
        migrate(engine, lambda: settle(engine, journal, data_dir / "quarantine", data_dir / "erasures"))
        reader = StoredTraces(engine)
        stack.callback(reader.stop)
        reader.start()  # early: huge traces are open when those who wait for the start can ask
        self_trace = SelfTrace(journal, settings.tenant) if settings.trace_self else None
        on_loaded = None if self_trace is None else self_trace.loaded
        loader = Loader(engine, journal, settings.data_dir / "quarantine", on_loaded)
        stack.callback(loader.stop)
        loader.start()
        analyst = Analyst(engine, settings.analyse)
        stack.callback(analyst.stop)
        if settings.analyse.interval_s > 0:
            analyst.start()
        retention = RunningRetention(engine, journal, loader, settings.data_dir, settings.store.retention_interval_s)
        stack.callback(retention.stop)
        retention.start()
        adaptive = AdaptiveSampling(engine, sampling, lambda: journal.usage().oldest_age_s)
        stack.callback(adaptive.stop)
        adaptive.start()
        yield DataPlane(engine, journal, loader, self_trace, analyst, retention, reader, sampling, adaptive)


async def _serve(
    settings: ServerSettings, data_plane: DataPlane, guard: Guard, listeners: Listeners, leaving: threading.Timer
) -> None:
    stop = _stop_on_signal()
    # The default, 4 more than there are cores, would let questions wait where nobody counts how long.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_API_THREADS, thread_name_prefix="clew-api"))
    counters, kafka_counters = ReceiveCounters(), KafkaCounters()
    self_trace = data_plane.self_trace
    questions = QuestionLog(None if self_trace is None else self_trace.answered)
    system = RunningSystem(
        data_plane.engine,
        data_plane.journal,
        data_plane.loader,
        counters,
        questions=questions,
        self_trace=self_trace,
        analyst=data_plane.analyst,
        kafka=kafka_counters,
        sampling=data_plane.sampling,
        adaptive=data_plane.adaptive,
        callers=guard.callers,
    )
    sampling = data_plane.sampling
    receive = replace(settings.receive, tenant=settings.tenant)
    rules = open_rules(settings.rules, settings.data_dir)
    admission = AdmissionByKey(guard.callers, receive)
    entrance = Entrance(receive, data_plane.journal, counters, admission, rules=rules, sampling=sampling)
    api = build_app(
        data_plane.reader,
        system,
        settings.tenant,
        questions=questions,
        retention=data_plane.retention,
        sampling=sampling,
        readers=guard.callers,
    )
    rest = HostCheck(api, settings.allowed_hosts)
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(entrance.close)
        web = HttpServer(
            _with_ingest(rest, HttpDoor(OtlpDialect(), entrance)), listeners.http, certificates=guard.certificates
        )
        stack.push_async_callback(_stop_servers, web, listeners.doors)
        await web.start()
        await listeners.doors.open(entrance, guard.certificates)
        kafka = open_kafka(settings.kafka, entrance, data_plane.journal, kafka_counters)
        if kafka is not None:
            stack.push_async_callback(asyncio.to_thread, kafka.stop)
        _announce(settings, listeners.addresses)
        if settings.demo:
            await stack.enter_async_context(_demo(settings, listeners.addresses, stop))
        stack.callback(data_plane.engine.end_reads, _READ_GRACE_S)  # the first thing when stopping
        await stop.wait()
        leaving.start()
        log.info("stopping: no new requests; what was accepted is on disk")


async def _stop_servers(web: HttpServer, doors: Doors) -> None:
    await asyncio.gather(web.stop(), doors.close())


def _stop_on_signal() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


def _with_ingest(rest: Any, ingest: Any) -> Any:
    """The REST application, with the OTLP/HTTP door under `/v1/` of the same port."""

    async def dispatch(scope: Any, receive: Any, send: Any) -> None:
        is_ingest = scope["type"] == "http" and scope["path"].startswith("/v1/")
        await (ingest if is_ingest else rest)(scope, receive, send)

    return dispatch


@contextlib.asynccontextmanager
async def _demo(settings: ServerSettings, addresses: Mapping[str, str], stop: asyncio.Event) -> AsyncIterator[None]:
    try:
        from clew.demo.shop import Shop  # noqa: PLC0415 - an extra that need not be installed
    except ImportError as error:
        raise ConfigurationError(
            f"the demo shop needs more packages ({error.name}): pip install '.[demo]' in a clone"
        ) from error
    shop = Shop(f"http://{addresses['otlp_http']}", addresses["otlp_grpc"], settings.faults)
    giving_up = asyncio.create_task(_call_when(stop, shop.give_up))
    try:
        await _open(shop, stop)
        yield
    finally:
        giving_up.cancel()
        await asyncio.to_thread(shop.stop)


async def _open(shop: "Shop", stop: asyncio.Event) -> None:
    try:
        await asyncio.to_thread(shop.start)
    except ClewError:
        # Whoever stops Clew while the shop opens wants no complaint that it did not open.
        if not stop.is_set():
            raise
    else:
        log.info("the demo shop is open; its traces appear within seconds")


async def _call_when(event: asyncio.Event, call: Callable[[], None]) -> None:
    await event.wait()
    call()


def _announce(settings: ServerSettings, addresses: Mapping[str, str]) -> None:
    if settings.ready_file is not None:
        write_ready_file(settings.ready_file, addresses)
    open_doors = ", ".join(f"{name} on {address}" for name, address in addresses.items() if name != "http")
    log.info("%s, data in %s", open_doors or "no doors are open", settings.data_dir)
    if not is_loopback(settings.host) and settings.allow_anonymous:
        log.warning("%s can be reached from other machines, and allow_anonymous lets everybody in", settings.host)
    if not is_loopback(settings.host) and settings.tls.cert_file is None:
        log.warning(
            "%s can be reached from other machines, and keys and spans are not encrypted; see [tls]", settings.host
        )
    if restricted := restricted_udp(settings):
        log.warning("%s", restricted)
    log.info("Clew is up: %s://%s", "http" if settings.tls.cert_file is None else "https", addresses["http"])
    if sys.stderr.isatty():  # a service manager's log needs no advice
        log.info("Ctrl-C stops it; in another terminal, `%s search` lists traces", own_command(sys.argv[0]))
