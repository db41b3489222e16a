"""Settings of `clew agent`: flags, then `CLEW_AGENT_*` variables, then `[agent]` in `clew.toml`, then defaults.

The sections `[agent.journal]` and `[agent.receive]` hold what those of `clew up` do, with defaults for a small process.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from clew.agent.attribute_list import parse_attributes
from clew.agent.gateway import normal_url
from clew.agent.host_attributes import SHARED
from clew.configuration import SettingsForm, check_log_level, check_number, check_port
from clew.errors import ConfigurationError
from clew.journal.settings import JournalSettings
from clew.receive.doors import FAMILIES, doors_of, ports_of, sockets_of
from clew.receive.settings import ReceiveSettings
from clew.wire.attribute_rules import AttributeRule, check_rules

_MIB = 2**20
_PREFIX = "CLEW_AGENT_"
_AUTHORITY_VARIABLE = "CLEW_CA_FILE"
_NOT_HERE = frozenset({"sampling"})
"""The agent has no strategies of its own; it passes on those of the gateway."""
AGENT_FAMILIES = tuple(family for family in FAMILIES if family not in _NOT_HERE)
AGENT_DOORS = doors_of(AGENT_FAMILIES)


@dataclass(frozen=True, slots=True)
class AgentJournalSettings(JournalSettings):
    """Segments that are small enough to be held in memory while they are sent."""

    segment_bytes: int = 4 * _MIB
    segment_age_s: float = 1.0
    """When a segment is sealed if the gateway has all others: a span is at the gateway so much later. Each segment
    is at least one batch, whose key the gateway remembers for ever, at 100 bytes of memory each."""
    max_segment_age_s: float = 30.0
    """When a segment is sealed in any case: while a gateway is away for days, 3,000 a day, each of 1 kB in memory."""
    max_unsynced_bytes: int = 16 * _MIB


@dataclass(frozen=True, slots=True)
class AgentReceiveSettings(ReceiveSettings):
    """Bounds under which the process stays below 80 MB."""

    max_body_bytes: int = 8 * _MIB
    max_inflated_bytes: int = 8 * _MIB
    max_json_bytes: int = 2 * _MIB
    max_in_flight_bytes: int = 16 * _MIB
    check_threads: int = 1
    grpc_threads: int = 128
    grpc_max_concurrent_rpcs: int = 128


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """Everything that `clew agent` can be told; a port of 0 takes any free one."""

    gateways: tuple[str, ...] = ()
    key: str = ""
    key_file: Path | None = None
    ca_file: Path | None = None
    data_dir: Path = Path("clew-agent-data")
    host: str = "127.0.0.1"
    http_port: int = 16687
    otlp_grpc_port: int = 4317
    otlp_http_port: int = 4318
    jaeger_grpc_port: int = 14250
    jaeger_http_port: int = 14268
    jaeger_compact_port: int = 6831
    jaeger_binary_port: int = 6832
    zipkin_port: int = 9411
    skywalking_grpc_port: int = 11800
    skywalking_http_port: int = 12800
    otlp_grpc_socket: Path | None = None
    otlp_http_socket: Path | None = None
    sampling_port: int = 5778
    doors: tuple[str, ...] = AGENT_FAMILIES
    sampling_urls: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    shared: str = "host"
    ready_file: Path | None = None
    log_level: str = "info"
    answer_timeout_s: float = 60.0
    longest_pause_s: float = 30.0
    drain_timeout_s: float = 10.0
    rules: tuple[AttributeRule, ...] = ()
    journal: AgentJournalSettings = field(default_factory=AgentJournalSettings)
    receive: AgentReceiveSettings = field(default_factory=AgentReceiveSettings)


def door_ports(settings: AgentSettings) -> dict[str, int]:
    """The port of each door that is to be open, by the door's name."""
    return ports_of(settings, doors_of(settings.doors))


def door_sockets(settings: AgentSettings) -> dict[str, Path]:
    """The Unix sockets on which doors listen as well, by the door's name."""
    return sockets_of(settings, doors_of(settings.doors))


def load_settings(
    flags: Mapping[str, object], environ: Mapping[str, str], config_path: Path | None = None
) -> AgentSettings:
    """The settings in force. Raises ConfigurationError that names the key and where it was set."""
    authority = environ.get(_AUTHORITY_VARIABLE, "")
    # The variable of the other commands, for what they need it for.
    if authority and f"{_PREFIX}CA_FILE" not in environ:
        environ = {**environ, f"{_PREFIX}CA_FILE": authority}
    settings = _FORM.load(flags, environ, config_path)
    if not settings.gateways:
        raise ConfigurationError("gateways is empty; name one, such as --gateway http://gateway.internal:4318")
    if settings.key and settings.key_file is not None:
        raise ConfigurationError("key and key_file are both set; keep one of them")
    return settings


def setting_names(section: str | None) -> list[str]:
    """The keys of a section that can be set, or the top-level ones."""
    return _FORM.names(section)


def _check(settings: AgentSettings, source: str) -> None:
    for name in ("http", "sampling", *(kind.name for kind in AGENT_DOORS)):
        check_port(f"agent.{name}_port", getattr(settings, f"{name}_port"), source)
    for family in settings.doors:
        if family not in AGENT_FAMILIES:
            raise ConfigurationError(f"agent.doors in {source} has {family!r}; there are: {', '.join(AGENT_FAMILIES)}")
    if settings.shared not in SHARED:
        raise ConfigurationError(f"agent.shared in {source} is {settings.shared!r}; take {', '.join(SHARED)}")
    check_log_level("agent.log_level", settings.log_level, source)
    for name in ("answer_timeout_s", "longest_pause_s"):
        check_number(f"agent.{name}", getattr(settings, name), source)
    check_number("agent.drain_timeout_s", settings.drain_timeout_s, source, is_over_zero=False)
    check_rules("agent.rules", settings.rules, source)
    _check_gateways(settings)
    parse_attributes(settings.attributes)


def _check_gateways(settings: AgentSettings) -> None:
    urls = [normal_url(url) for url in settings.gateways]
    twice = next((url for url in urls if urls.count(url) > 1), None)
    if twice is not None:
        raise ConfigurationError(f"gateway {twice} is named twice; name each once")
    for url in settings.sampling_urls:
        normal_url(url)


_FORM = SettingsForm(
    AgentSettings,
    ("journal", "receive"),
    _check,
    prefix=_PREFIX,
    table="agent",
    lists=frozenset({"gateways", "doors", "sampling_urls", "attributes", "cors_allow_origins"}),
    wired=frozenset({"receive.tenant"}),
    may_be_zero=frozenset(
        {
            "segment_age_s",
            "max_segment_age_s",
            "sync_interval_s",
            "min_free_bytes",
            "inline_bytes",
            "drain_timeout_s",
            "cors_max_age_s",
            "grpc_connection_grace_s",
        }
    ),
)
