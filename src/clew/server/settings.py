"""Settings of `clew up`: flags, then `CLEW_*` environment variables, then `clew.toml`, then defaults.

In the file, top-level keys are those of ServerSettings and the sections `[journal]`, `[store]`, `[receive]`,
`[analyse]` and `[sampling]` hold those packages' own; in the environment a section's key is `CLEW_<SECTION>_<KEY>`.
"""

import dataclasses
import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from clew.analyse.settings import AnalyseSettings
from clew.errors import ConfigurationError
from clew.journal.settings import JournalSettings
from clew.model.trace import DEFAULT_TENANT
from clew.receive.doors import DOORS, FAMILIES, doors_of
from clew.receive.settings import ReceiveSettings
from clew.sampling.settings import SamplingSettings
from clew.store.settings import StoreSettings
from clew.wire.compiled_library import SWITCH

DEFAULT_FILE = Path("clew.toml")
_PREFIX = "CLEW_"
_OTHER_VARIABLES = frozenset({"CLEW_SERVER", "CLEW_CONFIG", SWITCH})
_SECTIONS = ("journal", "store", "receive", "analyse", "sampling")
_LEAST = {"store.max_memory_bytes": 512 << 20, "store.max_query_memory_bytes": 16 << 20}
"""With less the engine doesn't open, or no query runs."""
_MOST = {"sampling.initial_probability": 1, "sampling.min_probability": 1, "sampling.tolerance": 1}
_WIRED = frozenset({"tenant"})
"""Keys of ReceiveSettings that follow from those of the top level, so that nobody sets them twice."""

_LISTS = frozenset({"doors", "faults", "allowed_hosts", "cors_allow_origins"})
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
_TENANT = re.compile(r"[a-z0-9_.-]{1,64}")  # it is part of the names of the journal's segments

Values = dict[str, Any]


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
    analyse: AnalyseSettings = field(default_factory=AnalyseSettings)
    allowed_hosts: tuple[str, ...] = ()
    otlp_grpc_socket: Path | None = None
    otlp_http_socket: Path | None = None
    zipkin_port: int = 9411
    jaeger_grpc_port: int = 14250
    jaeger_http_port: int = 14268
    jaeger_compact_port: int = 6831
    jaeger_binary_port: int = 6832
    doors: tuple[str, ...] = FAMILIES
    """Families of clients that may send: all unless told."""
    sampling_http_port: int = 5778
    sampling_grpc_port: int = 5779
    sampling: SamplingSettings = field(default_factory=SamplingSettings)
    skywalking_grpc_port: int = 11800
    skywalking_http_port: int = 12800


def door_ports(settings: ServerSettings) -> dict[str, int]:
    """The port of each door that is to be open, by the door's name."""
    return {kind.name: getattr(settings, f"{kind.name}_port") for kind in doors_of(settings.doors)}


def door_sockets(settings: ServerSettings) -> dict[str, Path]:
    """The Unix sockets on which doors listen as well, by the door's name."""
    paths = {kind.name: getattr(settings, f"{kind.name}_socket", None) for kind in doors_of(settings.doors)}
    return {name: path for name, path in paths.items() if path is not None}


def load_settings(
    flags: Mapping[str, object], environ: Mapping[str, str], config_path: Path | None = None
) -> ServerSettings:
    """The settings in force. Raises ConfigurationError that names the key and where it was set."""
    merged: Values = {}
    for source, values in (
        (str(config_path or DEFAULT_FILE), _from_file(config_path)),
        ("the environment", _from_environment(environ)),
        ("the command line", dict(flags)),
    ):
        _convert(values, source)
        _merge(merged, values)
    settings = _convert(merged, "the settings")
    _check_together(settings)
    return settings


def _from_file(path: Path | None) -> Values:
    if path is None and not DEFAULT_FILE.exists():
        return {}
    where = path or DEFAULT_FILE
    try:
        return tomllib.loads(where.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{where} can't be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{where} is not valid TOML: {error}") from error


def _from_environment(environ: Mapping[str, str]) -> Values:
    values: Values = {}
    top = setting_names(None)  # of which some begin like a section: sampling_http_port
    for name, text in environ.items():
        if not name.startswith(_PREFIX) or name in _OTHER_VARIABLES:
            continue
        key = name.removeprefix(_PREFIX).lower()
        section, separator, rest = key.partition("_")
        if separator and section in _SECTIONS and key not in top:
            values.setdefault(section, {})[rest] = _from_text(rest, text)
        else:
            values[key] = _from_text(key, text)
    return values


def _from_text(key: str, text: str) -> object:
    """A list is written with commas."""
    return [item for item in text.split(",") if item] if key in _LISTS else text


def _merge(into: Values, values: Values) -> None:
    for key, value in values.items():
        if isinstance(value, dict):
            into.setdefault(key, {}).update(value)
        else:
            into[key] = value


def _convert(values: Values, source: str) -> ServerSettings:
    _refuse_unknown(values, None, source)
    for section in _SECTIONS:
        inner = values.get(section, {})
        if not isinstance(inner, dict):
            raise ConfigurationError(f"{section} in {source} is a section; write [{section}] and its keys below")
        _refuse_unknown(inner, section, source)
    try:
        settings = msgspec.convert(values, ServerSettings, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"a wrong setting in {source}: {error}") from error
    _check_ranges(settings, source)
    return settings


def setting_names(section: str | None) -> list[str]:
    """The keys of a section that can be set, or the top-level ones."""
    if section is None:
        return sorted(each.name for each in dataclasses.fields(ServerSettings))
    fields = dataclasses.fields(getattr(ServerSettings(), section))
    return sorted(each.name for each in fields if section != "receive" or each.name not in _WIRED)


def _refuse_unknown(values: Values, section: str | None, source: str) -> None:
    known = setting_names(section)
    for key in values:
        if key not in known:
            name = key if section is None else f"{section}.{key}"
            raise ConfigurationError(f"{name} in {source} is no setting; there are: {', '.join(known)}")


def _check_ranges(settings: ServerSettings, source: str) -> None:
    for key in ("http_port", *(f"{kind.name}_port" for kind in DOORS)):
        if not 0 <= getattr(settings, key) <= 65535:
            raise ConfigurationError(f"{key} in {source} is {getattr(settings, key)}; a port is 0 to 65535")
    for family in settings.doors:
        if family not in FAMILIES:
            raise ConfigurationError(f"doors in {source} has {family!r}; there are: {', '.join(FAMILIES)}")
    if settings.log_level not in ("debug", "info", "warning", "error"):
        raise ConfigurationError(f"log_level in {source} is {settings.log_level!r}; take debug, info, warning or error")
    if _TENANT.fullmatch(settings.tenant) is None:
        rule = "1 to 64 of a-z, 0-9, _, . and -"
        raise ConfigurationError(f"tenant in {source} is {settings.tenant!r}; a tenant's name is {rule}")
    for section in _SECTIONS:
        inner = getattr(settings, section)
        for each in dataclasses.fields(inner):
            _check_number(f"{section}.{each.name}", getattr(inner, each.name), source)


def _check_together(settings: ServerSettings) -> None:
    if settings.faults and not settings.demo:
        raise ConfigurationError("faults are for the demo shop, which isn't asked for; add --demo")
    if settings.demo and "otlp" not in settings.doors:
        raise ConfigurationError("the demo shop sends OTLP, and doors has no otlp; add it, or leave the shop out")


def _check_number(name: str, value: object, source: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    if not math.isfinite(value):
        raise ConfigurationError(f"{name} in {source} is {value}; it must be a finite number")
    if value < 0:
        raise ConfigurationError(f"{name} in {source} is {value}; it can't be negative")
    if value < _LEAST.get(name, 0):
        raise ConfigurationError(f"{name} in {source} is {value}; Clew needs at least {_LEAST[name]}")
    if value > _MOST.get(name, math.inf):
        raise ConfigurationError(f"{name} in {source} is {value}; it can't be more than {_MOST[name]}")
    if value == 0 and name.partition(".")[2] not in _MAY_BE_ZERO:
        raise ConfigurationError(f"{name} in {source} is 0; it must be more")


def _decode(wanted: type, value: object) -> object:
    if wanted is Path and isinstance(value, str | Path):
        return Path(value)
    raise TypeError(f"Expected `str`, got `{type(value).__name__}`")
