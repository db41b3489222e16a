"""Settings of `clew up`: flags, then `CLEW_*` environment variables, then `clew.toml`, then defaults.

In the file, top-level keys are those of ServerSettings and the sections `[journal]`, `[store]`, `[receive]`,
`[kafka]`, `[analyse]`, `[sampling]` and `[tls]` hold those packages' own; in the environment a section's key is
`CLEW_<SECTION>_<KEY>`. What is below `[agent]` and `CLEW_AGENT_` is for `clew agent`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from clew.analyse.settings import AnalyseSettings
from clew.authenticate.callers import is_loopback
from clew.authenticate.key import TENANT_NAME
from clew.configuration import SettingsForm, check_log_level, check_port
from clew.errors import ConfigurationError
from clew.journal.settings import JournalSettings
from clew.model.trace import DEFAULT_TENANT
from clew.receive.certificates import TlsSettings, check_tls
from clew.receive.doors import DOORS, FAMILIES, DoorKind, UdpKind, doors_of, ports_of, sockets_of
from clew.receive.kafka_settings import KafkaSettings, check_kafka
from clew.receive.settings import ReceiveSettings
from clew.sampling.settings import SamplingSettings
from clew.store.settings import StoreSettings
from clew.wire.attribute_rules import AttributeRule, check_rules
from clew.wire.compiled_library import SWITCH

_OTHER_VARIABLES = frozenset({"CLEW_SERVER", "CLEW_CONFIG", "CLEW_KEY", "CLEW_CA_FILE", SWITCH})
_SECTIONS = ("journal", "store", "receive", "kafka", "analyse", "sampling", "tls")
_LEAST = {"store.max_memory_bytes": 512 << 20, "store.max_query_memory_bytes": 16 << 20}
"""With less the engine doesn't open, or no query runs."""
_MOST = {"sampling.initial_probability": 1, "sampling.min_probability": 1, "sampling.tolerance": 1}
_WIRED = frozenset({"receive.tenant"})
"""Keys of ReceiveSettings that follow from those of the top level, so that nobody sets them twice."""

_LISTS = frozenset({"doors", "faults", "allowed_hosts", "cors_allow_origins", "brokers", "topics"})
_TABLES = frozenset({"options"})
_MAY_BE_ZERO = frozenset(
    {
        "segment_age_s",
        "max_segment_age_s",
        "sync_interval_s",
        "min_free_bytes",
        "inline_bytes",
        "drain_timeout_s",
        "cors_max_age_s",
        "grpc_connection_grace_s",
        "interval_s",
        "delay_s",
        "min_samples_per_s",
    }
)


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Everything that `clew up` can be told; a port of 0 takes any free one."""

    data_dir: Path = Path("clew-data")
    host: str = "127.0.0.1"
    http_port: int = 16686
    otlp_grpc_port: int = 4317
    otlp_http_port: int = 4318
    tenant: str = DEFAULT_TENANT
    ready_file: Path | None = None
    demo: bool = False
    faults: tuple[str, ...] = ()
    log_level: str = "info"
    trace_self: bool = False
    journal: JournalSettings = field(default_factory=JournalSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    receive: ReceiveSettings = field(default_factory=ReceiveSettings)
    kafka: KafkaSettings = field(default_factory=KafkaSettings)
    analyse: AnalyseSettings = field(default_factory=AnalyseSettings)
    tls: TlsSettings = field(default_factory=TlsSettings)
    allowed_hosts: tuple[str, ...] = ()
    allow_anonymous: bool = False
    require_keys: bool = False
    otlp_grpc_socket: Path | None = None
    otlp_http_socket: Path | None = None
    zipkin_port: int = 9411
    jaeger_grpc_port: int = 14250
    jaeger_http_port: int = 14268
    jaeger_compact_port: int = 6831
    jaeger_binary_port: int = 6832
    doors: tuple[str, ...] = FAMILIES
    """Families of clients that may send: all unless told."""
    rules: tuple[AttributeRule, ...] = ()
    sampling_http_port: int = 5778
    sampling_grpc_port: int = 5779
    sampling: SamplingSettings = field(default_factory=SamplingSettings)
    skywalking_grpc_port: int = 11800
    skywalking_http_port: int = 12800


def door_ports(settings: ServerSettings) -> dict[str, int]:
    """The port of each door that is to be open, by the door's name.

    A door over UDP, which has no place for a key, stays shut where everybody needs one.
    """
    kinds = doors_of(settings.doors)
    return ports_of(settings, [kind for kind in kinds if not (settings.require_keys and isinstance(kind, UdpKind))])


def planned_doors(settings: ServerSettings) -> list[tuple[str, int, bool, str]]:
    """What will be open: name, port, whether datagrams come in, and the address."""
    ports = door_ports(settings)
    return [
        (kind.name, ports[kind.name], isinstance(kind, UdpKind), _host_of(kind, settings))
        for kind in DOORS
        if kind.name in ports
    ]


def _host_of(kind: DoorKind, settings: ServerSettings) -> str:
    return udp_host(settings) if isinstance(kind, UdpKind) else settings.host


def udp_host(settings: ServerSettings) -> str:
    """Where doors over UDP listen: for other machines only if everybody is let in."""
    return settings.host if settings.allow_anonymous or is_loopback(settings.host) else "127.0.0.1"


def restricted_udp(settings: ServerSettings) -> str:
    """What doors over UDP, which have no place for a key, lack of what the settings ask for; empty for nothing."""
    names = [kind.name for kind in doors_of(settings.doors) if isinstance(kind, UdpKind)]
    if not names:
        return ""
    listed = ", ".join(names)
    if settings.require_keys:
        return (
            f"{listed} are closed: datagrams carry no key, and require_keys asks for one; put a clew agent before them"
        )
    if udp_host(settings) != settings.host:
        return (
            f"{listed} listen on {udp_host(settings)} only: datagrams carry no key; "
            "put a clew agent on the other machines, or allow_anonymous"
        )
    return ""


def door_sockets(settings: ServerSettings) -> dict[str, Path]:
    """The Unix sockets on which doors listen as well, by the door's name."""
    return sockets_of(settings, doors_of(settings.doors))


def load_settings(
    flags: Mapping[str, object], environ: Mapping[str, str], config_path: Path | None = None
) -> ServerSettings:
    """The settings in force. Raises ConfigurationError that names the key and where it was set."""
    settings = _FORM.load(flags, environ, config_path)
    _check_together(settings)
    return settings


def setting_names(section: str | None) -> list[str]:
    """The keys of a section that can be set, or the top-level ones."""
    return _FORM.names(section)


def _check_ranges(settings: ServerSettings, source: str) -> None:
    for key in ("http_port", *(f"{kind.name}_port" for kind in DOORS)):
        check_port(key, getattr(settings, key), source)
    for family in settings.doors:
        if family not in FAMILIES:
            raise ConfigurationError(f"doors in {source} has {family!r}; there are: {', '.join(FAMILIES)}")
    check_log_level("log_level", settings.log_level, source)
    _check_tenant("tenant", settings.tenant, source)
    if settings.kafka.tenant is not None:
        _check_tenant("kafka.tenant", settings.kafka.tenant, source)
    check_rules("rules", settings.rules, source)


def _check_tenant(key: str, name: str, source: str) -> None:
    if TENANT_NAME.fullmatch(name) is None:
        rule = "1 to 64 of a-z, 0-9, _, . and -"
        raise ConfigurationError(f"{key} in {source} is {name!r}; a tenant's name is {rule}")


def _check_together(settings: ServerSettings) -> None:
    check_kafka(settings.kafka)
    if settings.faults and not settings.demo:
        raise ConfigurationError("faults are for the demo shop, which isn't asked for; add --demo")
    if settings.demo and (settings.tls.cert_file or settings.require_keys):
        raise ConfigurationError("the demo shop has no key and speaks no TLS; run it apart, or without those settings")
    check_tls(settings.tls)
    if settings.demo and "otlp" not in settings.doors:
        raise ConfigurationError("the demo shop sends OTLP, and doors has no otlp; add it, or leave the shop out")


_FORM = SettingsForm(
    ServerSettings,
    _SECTIONS,
    _check_ranges,
    elsewhere=("agent",),
    variables_elsewhere=_OTHER_VARIABLES,
    lists=_LISTS,
    tables=_TABLES,
    wired=_WIRED,
    may_be_zero=_MAY_BE_ZERO,
    least=_LEAST,
    most=_MOST,
)
