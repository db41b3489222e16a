"""The rules of retention: how long what is kept, how much in all, and which traces once they have been sampled.

Written as TOML; docs/guides/retention.md has examples. Parsed into frozen dataclasses; whatever is wrong is a BadQuery
that names the key.
"""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from clew.errors import BadQuery
from clew.model.duration import parse_duration_ns

DEFAULT_RULES = 'max_age = "30d"\n'
"""Until others are applied: a month, as long as people usually look back, and no sampling."""

KINDS = ("errors", "slow", "rare", "attribute")
_DAY_NS = 86_400_000_000_000
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(|[kMGT]B|[KMGT]iB)")
_UNIT_BYTES = {"": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_UNIT_BYTES |= {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
_COUNTS_DAYS = 400
_MOST_CHARACTERS = 1 << 20
_MOST_DAYS = 36_500
"""A hundred years: more is no date, and no use."""
_MOST_TRACES = 10**12
_MOST_BYTES = 1 << 60

_SHOWN_CHARACTERS = 100
_QUOTES = 'ages, sizes and names are texts, in quotes: max_age = "30d"'
_KIND_NAMES: dict[Any, str] = {dict: "table", list: "list", str: "text", bool: "boolean", int: "whole number"}
_KIND_NAMES[int | float] = "number"

FormsOf = Callable[[str, str], Sequence[bytes]]
"""From an attribute's key and the value as typed to the encoded KeyValues that may be meant."""


@dataclass(frozen=True, slots=True)
class KeepRule:
    """One reason to keep a whole trace: `kind` is one of KINDS.

    `number`: of `slow` the share of the operation's spans that are faster (0 to 1), of `rare` the number of traces a
    day below which a path is rare. `service`: only traces that have a span of it; empty for any. `forms`: of
    `attribute`.
    """

    name: str
    kind: str
    number: float = 0.0
    service: str = ""
    forms: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class SamplingRules:
    """Keep everything for `keep_all_ns`, then what `keep` names, and of the rest a share (`probability`, 0 to 1).

    `traces_per_day`: per service of the root, how many traces of the rest are kept at most (as expected by chance).
    """

    keep_all_ns: int
    probability: float
    keep: tuple[KeepRule, ...]
    traces_per_day: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """Ages in days since the day of receipt; `max_bytes` None is no bound; `sampling` None keeps every trace."""

    max_age_days: int
    max_age_errors_days: int
    counts_days: int
    service_days: Mapping[str, int]
    max_bytes: int | None = None
    sampling: SamplingRules | None = None

    @property
    def longest_days(self) -> int:
        """How long the last trace of a day stays that isn't pinned."""
        return max(self.max_age_days, self.max_age_errors_days, *self.service_days.values())


def parse_rules(text: str, forms_of: FormsOf) -> RetentionRules:
    """The rules of a TOML text. Raises BadQuery that names the key."""
    if len(text) > _MOST_CHARACTERS:
        raise BadQuery("rules", f"has {len(text)} characters; {_MOST_CHARACTERS} are the most")
    try:
        return _rules(_Table(tomllib.loads(text), ""), forms_of)
    except RecursionError:
        raise BadQuery("rules", "is nested too deeply") from None
    except tomllib.TOMLDecodeError as error:
        raise BadQuery("rules", f"is not valid TOML: {error}; {_QUOTES}") from None
    except (ValueError, OverflowError) as error:  # also of a number with more than 4300 digits, which is no TOML error
        raise BadQuery("rules", f"is not valid TOML: {error}") from None


def _rules(table: "_Table", forms_of: FormsOf) -> RetentionRules:
    max_age_days = table.days("max_age", 30)
    services = table.table("services")
    parsed = {name: services.table(name) for name in list(services.values)}
    rules = RetentionRules(
        max_age_days=max_age_days,
        max_age_errors_days=max(max_age_days, table.days("max_age_errors", max_age_days)),
        counts_days=table.days("counts_max_age", _COUNTS_DAYS),
        service_days={name: each.days("max_age", max_age_days) for name, each in parsed.items()},
        max_bytes=table.size("max_bytes"),
        sampling=_sampling(table.table("sampling"), parsed, forms_of) if table.has("sampling") else None,
    )
    for each in parsed.values():
        each.refuse_rest()
    table.refuse_rest()
    return rules


def _sampling(table: "_Table", services: Mapping[str, "_Table"], forms_of: FormsOf) -> SamplingRules:
    entries = table.take("keep", list, [])
    sampling = SamplingRules(
        keep_all_ns=table.duration_ns("keep_all_for", 6 * 3_600_000_000_000),
        probability=table.share("probability", 1.0),
        keep=_distinct([_keep_rule(entry, f"sampling.keep[{place}]", forms_of) for place, entry in enumerate(entries)]),
        traces_per_day={
            name: each.count("traces_per_day") for name, each in services.items() if each.has("traces_per_day")
        },
    )
    table.refuse_rest()
    return sampling


def _distinct(rules: Sequence[KeepRule]) -> tuple[KeepRule, ...]:
    """The rules, with a number behind each name that another has, so that a trial shows which one finds nothing."""
    names: list[str] = []
    for rule in rules:
        name, number = rule.name, 1
        while name in names:
            number += 1
            name = f"{rule.name} {number}"
        names.append(name)
    return tuple(replace(rule, name=name) for rule, name in zip(rules, names, strict=True))


def _keep_rule(entry: object, where: str, forms_of: FormsOf) -> KeepRule:
    if not isinstance(entry, dict):
        raise BadQuery(where, "is no table; write [[sampling.keep]] and its keys below")
    table = _Table(entry, where + ".")
    table.refuse_all_but(*KINDS, "name", "service")
    kinds = [kind for kind in KINDS if kind in entry]
    if len(kinds) != 1:
        raise BadQuery(where, f"must have exactly one of {', '.join(KINDS)}")
    (kind,) = kinds
    number, forms, name = 0.0, tuple[bytes, ...](), kind
    if kind == "errors":
        if not table.take(kind, bool, True):
            raise BadQuery(f"{where}.errors", "is false; leave the rule out instead")
    elif kind == "slow":
        number = table.share(kind, 0.99)
    elif kind == "rare":
        number = table.count(kind)
    else:
        name = table.take(kind, str, "")
        key, separator, value = name.partition("=")
        if not separator or not key:
            raise BadQuery(f"{where}.attribute", "is no key=value, such as customer.tier=gold")
        forms = tuple(forms_of(key, value))
    rule = KeepRule(
        table.take("name", str, name[:_SHOWN_CHARACTERS]), kind, number, table.take("service", str, ""), forms
    )
    table.refuse_rest()
    return rule


class _Table:
    """A table of the file, from which each known key is taken; `where` leads to it."""

    def __init__(self, values: Mapping[str, Any], where: str) -> None:
        self.values = dict(values)
        self._where = where
        self._known: list[str] = []

    def take(self, key: str, wanted: Any, default: Any) -> Any:
        self._known.append(key)
        value = self.values.pop(key, default)
        if not isinstance(value, wanted) or (wanted is not bool and isinstance(value, bool)):
            self._refuse(key, f"must be a {_KIND_NAMES[wanted]}, and is {_shown(value)}")
        return value

    def table(self, key: str) -> "_Table":
        return _Table(self.take(key, dict, {}), f"{self._where}{key}.")

    def duration_ns(self, key: str, default_ns: int) -> int:
        self._known.append(key)
        if key not in self.values:
            return default_ns
        text = str(self.values.pop(key))
        try:
            age_ns = parse_duration_ns(text[:_SHOWN_CHARACTERS])
        except ValueError as error:
            self._refuse(key, str(error))
        if len(text) > _SHOWN_CHARACTERS or age_ns > _MOST_DAYS * _DAY_NS:
            self._refuse(key, f"is {_shown(text)}; {_MOST_DAYS}d is the longest")
        return age_ns

    def days(self, key: str, default: int) -> int:
        age_ns = self.duration_ns(key, default * _DAY_NS)
        if age_ns < _DAY_NS or age_ns % _DAY_NS:
            self._refuse(key, "must be whole days, at least one, such as 30d: whole days are dropped")
        return age_ns // _DAY_NS

    def size(self, key: str) -> int | None:
        self._known.append(key)
        if key not in self.values:
            return None
        text = str(self.values.pop(key))
        match = _SIZE.fullmatch(text)
        if match is None:
            self._refuse(key, f"{_shown(text)} is no size; write it like 500GB or 200GiB")
        size = float(match[1]) * _UNIT_BYTES[match[2]]
        if not 1 <= size <= _MOST_BYTES:
            self._refuse(key, f"is {_shown(text)}; it must be 1 byte to {_MOST_BYTES >> 40} TiB")
        return int(size)

    def share(self, key: str, default: float) -> float:
        value = self.take(key, int | float, default)
        if not 0 <= value <= 1:  # before it is made a float: an int may be too large for one
            self._refuse(key, f"is {_shown(value)}; a share is 0 to 1")
        return float(value)

    def count(self, key: str) -> int:
        value: int = self.take(key, int, 1)
        if not 1 <= value <= _MOST_TRACES:
            self._refuse(key, f"is {_shown(value)}; it must be 1 to {_MOST_TRACES}")
        return value

    def has(self, key: str) -> bool:
        """Whether the key is given; a misspelt one is told of it either way."""
        self._known.append(key)
        return key in self.values

    def refuse_all_but(self, *known: str) -> None:
        self._known += known
        for key in self.values:
            if key not in self._known:
                self._refuse(key, f"is no key here; there are: {', '.join(sorted(set(self._known)))}")

    def refuse_rest(self) -> None:
        self.refuse_all_but()

    def _refuse(self, key: str, message: str) -> NoReturn:
        raise BadQuery(f"{self._where}{key}", message)


def _shown(value: object) -> str:
    """The value, as far as a message has room for it."""
    if isinstance(value, int) and value.bit_length() > 64:
        return "a number of more than 64 bits"
    shown = repr(value)
    return shown if len(shown) <= _SHOWN_CHARACTERS else shown[:_SHOWN_CHARACTERS] + "..."
