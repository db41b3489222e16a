"""Which doors there are, and opening them: bound before anything that takes time, served, and closed together.

A door is one port with one family of clients. To add one: its dialect, methods or translation in a module of its own, a
line in `DOORS`, and `<name>_port` in the settings of who opens it.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from clew.errors import ConfigurationError
from clew.receive.certificates import Certificates
from clew.receive.entrance import Entrance
from clew.receive.grpc_door import GrpcMethod, RunningServer, start_grpc
from clew.receive.http_door import HttpDialect, HttpDoor
from clew.receive.jaeger_grpc import jaeger_methods
from clew.receive.jaeger_http import JaegerDialect
from clew.receive.jaeger_udp import binary_to_otlp, compact_to_otlp
from clew.receive.listen import HttpServer, address_of, bind, bind_udp
from clew.receive.otlp_grpc import otlp_methods
from clew.receive.otlp_http import OtlpDialect
from clew.receive.sampling_grpc import sampling_methods
from clew.receive.sampling_http import SamplingDialect
from clew.receive.skywalking_grpc import skywalking_methods
from clew.receive.skywalking_http import SkyWalkingDialect
from clew.receive.udp_door import UdpDoor
from clew.receive.unix_socket import bind_unix, clear, removed_after
from clew.receive.zipkin_http import ZipkinDialect

_GRPC_GRACE_S = 3.0


@dataclass(frozen=True, slots=True)
class HttpKind:
    """A door over HTTP; `family` is what the setting `doors` calls it and its siblings."""

    name: str
    family: str
    dialect: Callable[[Entrance], HttpDialect]


@dataclass(frozen=True, slots=True)
class GrpcKind:
    """A door over gRPC."""

    name: str
    family: str
    methods: Callable[[Entrance], Sequence[GrpcMethod]]


@dataclass(frozen=True, slots=True)
class UdpKind:
    """A door over UDP; `to_otlp` translates a datagram."""

    name: str
    family: str
    to_otlp: Callable[[bytes], bytes]


DoorKind = HttpKind | GrpcKind | UdpKind

DOORS: tuple[DoorKind, ...] = (
    GrpcKind("otlp_grpc", "otlp", lambda _: otlp_methods()),
    HttpKind("otlp_http", "otlp", lambda _: OtlpDialect()),
    GrpcKind(
        "jaeger_grpc",
        "jaeger",
        lambda entrance: [*jaeger_methods(), *sampling_methods(entrance, is_for_everybody=False)],
    ),
    HttpKind("jaeger_http", "jaeger", lambda _: JaegerDialect()),
    UdpKind("jaeger_compact", "jaeger", compact_to_otlp),
    UdpKind("jaeger_binary", "jaeger", binary_to_otlp),
    HttpKind("zipkin", "zipkin", lambda _: ZipkinDialect()),
    HttpKind("sampling_http", "sampling", SamplingDialect),
    GrpcKind("sampling_grpc", "sampling", sampling_methods),
    GrpcKind("skywalking_grpc", "skywalking", lambda _: skywalking_methods()),
    HttpKind("skywalking_http", "skywalking", lambda _: SkyWalkingDialect()),
)
FAMILIES = tuple(dict.fromkeys(kind.family for kind in DOORS))


def doors_of(families: Sequence[str]) -> list[DoorKind]:
    """The doors of some families, in the order of `DOORS`."""
    return [kind for kind in DOORS if kind.family in families]


def ports_of(settings: object, kinds: Sequence[DoorKind]) -> dict[str, int]:
    """The port of each door by its name, from settings that have a `<name>_port` for each."""
    return {kind.name: getattr(settings, f"{kind.name}_port") for kind in kinds}


def sockets_of(settings: object, kinds: Sequence[DoorKind]) -> dict[str, Path]:
    """The Unix sockets on which some doors listen as well, from settings with a `<name>_socket` for those that may."""
    paths = {kind.name: getattr(settings, f"{kind.name}_socket", None) for kind in kinds}
    return {name: path for name, path in paths.items() if path is not None}


@dataclass(slots=True)
class Doors:
    """Doors on bound ports. `addresses` by name: `host:port`, with the real port of gRPC once it is opened."""

    host: str
    ports: Mapping[str, int]
    sockets: Mapping[str, Path]
    listeners: dict[str, list[socket.socket]]
    addresses: dict[str, str] = field(default_factory=dict)
    _http: list[HttpServer] = field(default_factory=list)
    _grpc: list[RunningServer] = field(default_factory=list)
    _udp: list[UdpDoor] = field(default_factory=list)

    async def open(self, entrance: Entrance, certificates: Certificates | None = None) -> None:
        """Serve on all of them. Raises ConfigurationError when a port is gone meanwhile; `close` what is open then."""
        for kind in DOORS:
            if kind.name in self.ports:
                await self._open(kind, entrance, certificates)

    async def close(self) -> None:
        """All at once: one after the other, clients that stall would make it take as many times as long."""
        grpc = [asyncio.to_thread(server.stop, _GRPC_GRACE_S) for server in self._grpc]
        udp = [asyncio.to_thread(door.stop) for door in self._udp]
        await asyncio.gather(*grpc, *udp, *(server.stop() for server in self._http))

    async def _open(self, kind: DoorKind, entrance: Entrance, certificates: Certificates | None) -> None:
        if isinstance(kind, GrpcKind):
            credentials = None if certificates is None else certificates.grpc_credentials()
            try:
                port, path = self.ports[kind.name], self.sockets.get(kind.name)
                server = start_grpc(self.host, port, kind.methods(entrance), entrance, path, credentials=credentials)
            except ConfigurationError as error:
                raise ConfigurationError(f"{kind.name}_port: {error}") from error
            self._grpc.append(server)
            self.addresses[kind.name] = server.address
            return
        listener, *others = self.listeners[kind.name]
        self.addresses[kind.name] = address_of(listener)
        if isinstance(kind, UdpKind):
            self._udp.append(UdpDoor(listener, kind.name, kind.to_otlp, entrance))
            return
        door = HttpDoor(kind.dialect(entrance), entrance)
        if certificates is None:
            http = [HttpServer(door, listener, *others)]
        else:  # Unix sockets stay as they are: nobody listens in between
            http = [
                HttpServer(door, listener, certificates=certificates),
                *(HttpServer(door, unix) for unix in others),
            ]
        for each in http:
            await each.start()
            self._http.append(each)


@contextlib.contextmanager
def bound(
    host: str, ports: Mapping[str, int], sockets: Mapping[str, Path] | None = None, udp_host: str | None = None
) -> Iterator[Doors]:
    """Bind the ports of the named doors, and the Unix sockets that some have as well.

    `udp_host` is for doors over UDP, whose senders show no keys; `host` unless told. Raises ConfigurationError, which
    names the setting, when one is taken.
    """
    sockets = sockets or {}
    listeners: dict[str, list[socket.socket]] = {}
    with contextlib.ExitStack() as stack:
        for kind in DOORS:
            if kind.name not in ports:
                continue
            key = f"{kind.name}_port"
            if isinstance(kind, GrpcKind):  # gRPC wants to bind by itself, so that this one is only tried
                bind(host, ports[kind.name], key).close()
            else:
                is_udp = isinstance(kind, UdpKind)
                binds, at = (bind_udp, udp_host or host) if is_udp else (bind, host)
                listeners[kind.name] = [stack.enter_context(binds(at, ports[kind.name], key))]
        for name, path in sockets.items():
            if name in listeners:
                listeners[name].append(stack.enter_context(bind_unix(path, f"{name}_socket")))
            elif name in ports:
                clear(path, f"{name}_socket")
            stack.enter_context(removed_after(path))
        yield Doors(host, ports, sockets, listeners)
