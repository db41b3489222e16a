"""Settings from flags, environment variables and a TOML file, as a dataclass; errors name the key and the place."""

import dataclasses
import math
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from clew.errors import ConfigurationError

DEFAULT_FILE = Path("clew.toml")

_WANTED = re.compile(r"Expected `(\w+)")
_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "a text",
    "array": "a list",
    "object": "a table",
}
"""What the types of msgspec are called in the places where people write settings."""
_LONGEST_VALUE = 80

Values = dict[str, Any]
SettingsT = TypeVar("SettingsT")


@dataclass(frozen=True, slots=True)
class SettingsForm(Generic[SettingsT]):
    """How the settings `kind` are written down.

    - `sections`: its fields that are dataclasses themselves; tables of the file, `<PREFIX><SECTION>_<KEY>` variables.
    - `check`: raises ConfigurationError for a value out of range, given the source that it comes from.
    - `table`: the table of the file that all of it is in; empty for the top.
    - `elsewhere`: tables of the file, and beginnings of variables, that belong to somebody else.
    - `lists`: keys with several values, written with commas in the environment.
    - `tables`: keys of sections that are tables themselves, whose pairs are written `name=value,name=value` there.
    - `wired`: keys of sections that nobody sets, each as `section.key`.
    - `may_be_zero`: numbers of sections that need not be positive; `least` and `most`: bounds on others.
    """

    kind: type[SettingsT]
    sections: tuple[str, ...]
    check: Callable[[SettingsT, str], None]
    prefix: str = "CLEW_"
    table: str = ""
    elsewhere: tuple[str, ...] = ()
    variables_elsewhere: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    tables: frozenset[str] = frozenset()
    wired: frozenset[str] = frozenset()
    may_be_zero: frozenset[str] = frozenset()
    least: Mapping[str, float] = dataclasses.field(default_factory=dict)
    most: Mapping[str, float] = dataclasses.field(default_factory=dict)

    def load(
        self, flags: Mapping[str, object], environ: Mapping[str, str], config_path: Path | None = None
    ) -> SettingsT:
        """The settings in force: of two sources that have a key, the later one named here counts less.

        Flags, the environment, the file (`clew.toml` if there, unless told), defaults.
        """
        merged: Values = {}
        for source, values in (
            (str(config_path or DEFAULT_FILE), self._from_file(config_path)),
            ("the environment", self._from_environment(environ)),
            ("the command line", dict(flags)),
        ):
            self._convert(values, source)
            _merge(merged, values)
        return self._convert(merged, "the settings")

    def names(self, section: str | None) -> list[str]:
        """The keys of a section that can be set, or the top-level ones."""
        kind: Any = self.kind
        fields = dataclasses.fields(kind if section is None else getattr(kind(), section))
        return sorted(each.name for each in fields if section is None or f"{section}.{each.name}" not in self.wired)

    def _from_file(self, path: Path | None) -> Values:
        if path is None and not DEFAULT_FILE.exists():
            return {}
        where = path or DEFAULT_FILE
        try:
            values = tomllib.loads(where.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigurationError(f"{where} can't be read: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{where} is not valid TOML: {error}") from error
        if self.table:
            values = values.get(self.table, {})
            if not isinstance(values, dict):
                raise ConfigurationError(f"{self.table} in {where} is a section; write [{self.table}], its keys below")
        return {key: value for key, value in values.items() if key not in self.elsewhere}

    def _from_environment(self, environ: Mapping[str, str]) -> Values:
        values: Values = {}
        top = self.names(None)  # some of its keys may begin like a section
        for name, text in environ.items():
            if not name.startswith(self.prefix) or name in self.variables_elsewhere:
                continue
            key = name.removeprefix(self.prefix).lower()
            section, separator, rest = key.partition("_")
            if separator and section in self.elsewhere:
                continue
            if separator and section in self.sections and key not in top:
                values.setdefault(section, {})[rest] = self._from_text(rest, text)
            else:
                values[key] = self._from_text(key, text)
        return values

    def _from_text(self, key: str, text: str) -> object:
        if key in self.tables:
            return dict(item.partition("=")[::2] for item in text.split(",") if item)
        return [item for item in text.split(",") if item] if key in self.lists else text

    def _convert(self, values: Values, source: str) -> SettingsT:
        self._refuse_unknown(values, None, source)
        for section in self.sections:
            inner = values.get(section, {})
            if not isinstance(inner, dict):
                name = self._named(section)
                raise ConfigurationError(f"{name} in {source} is a section; write [{name}] and its keys below")
            self._refuse_unknown(inner, section, source)
        try:
            settings = msgspec.convert(values, self.kind, strict=False, dec_hook=_decode)
        except msgspec.ValidationError as error:
            raise ConfigurationError(self._explained(str(error), values, source)) from error
        self.check(settings, source)
        for section in self.sections:
            self._check_numbers(section, getattr(settings, section), source)
        return settings

    def _explained(self, complaint: str, values: Values, source: str) -> str:
        """What msgspec says, which speaks of types and paths, as a sentence about a key."""
        what, _, path = complaint.partition(" - at `$.")
        key = path.rstrip("`")
        found: Any = values
        for name in key.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        wanted = _WANTED.match(what)
        if wanted is None or wanted[1] not in _KINDS:
            return f"{self._named(key)} in {source}: {what}"
        if found is None:  # within a list
            return f"{self._named(key)} in {source}: it takes {_KINDS[wanted[1]]}"
        return f"{self._named(key)} in {source} is {repr(found)[:_LONGEST_VALUE]}; it takes {_KINDS[wanted[1]]}"

    def _refuse_unknown(self, values: Values, section: str | None, source: str) -> None:
        known = self.names(section)
        for key in values:
            if key not in known:
                name = self._named(key if section is None else f"{section}.{key}")
                raise ConfigurationError(f"{name} in {source} is no setting; there are: {', '.join(known)}")

    def _named(self, key: str) -> str:
        return f"{self.table}.{key}" if self.table else key

    def _check_numbers(self, section: str, inner: Any, source: str) -> None:
        for each in dataclasses.fields(inner):
            name, value = f"{section}.{each.name}", getattr(inner, each.name)
            is_over_zero = each.name not in self.may_be_zero
            check_number(self._named(name), value, source, self.least.get(name, 0), is_over_zero)
            if name in self.most and value > self.most[name]:
                raise ConfigurationError(
                    f"{self._named(name)} in {source} is {value}; it can't be more than {self.most[name]}"
                )


def check_port(name: str, port: int, source: str) -> None:
    """Raise ConfigurationError unless it is a port."""
    if not 0 <= port <= 65535:
        raise ConfigurationError(f"{name} in {source} is {port}; a port is 0 to 65535")


def check_log_level(name: str, level: str, source: str) -> None:
    """Raise ConfigurationError unless it is a level."""
    if level not in ("debug", "info", "warning", "error"):
        raise ConfigurationError(f"{name} in {source} is {level!r}; take debug, info, warning or error")


def check_number(name: str, value: object, source: str, least: float = 0, is_over_zero: bool = True) -> None:
    """Raise ConfigurationError for a number that is too small or none; whatever is not a number may be as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    if not math.isfinite(value):
        raise ConfigurationError(f"{name} in {source} is {value}; it must be a finite number")
    if value < 0:
        raise ConfigurationError(f"{name} in {source} is {value}; it can't be negative")
    if value < least:
        raise ConfigurationError(f"{name} in {source} is {value}; Clew needs at least {least}")
    if value == 0 and is_over_zero:
        raise ConfigurationError(f"{name} in {source} is 0; it must be more")


def _merge(into: Values, values: Values) -> None:
    for key, value in values.items():
        if isinstance(value, dict):
            _merge(into.setdefault(key, {}), value)
        else:
            into[key] = value


def _decode(wanted: type, value: object) -> object:
    if wanted is Path and isinstance(value, str | Path):
        return Path(value)
    raise TypeError(f"Expected `str`, got `{type(value).__name__}`")
