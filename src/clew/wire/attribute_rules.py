"""Rules on attributes: which values are dropped, hashed or masked before anything is stored."""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import cached_property

import msgspec

from clew.errors import ConfigurationError
from clew.wire.value_patterns import HINTS, PATTERNS, Find, expression

PLACES = ("resource", "scope", "span", "event", "link", "log")
ACTIONS = ("drop", "hash", "mask")

MASK = "***"
SECRET_BYTES = 32
_HASH_BYTES = 16


class AttributeRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule as it is written.

    `key` (a glob) or `key_regex` chooses attributes by name; `pattern` (the name of a built-in one) or `regex` chooses
    values, and is then all that is masked or hashed in them. `places` and `services` (globs) narrow it down.
    """

    action: str
    name: str = ""
    key: str | None = None
    key_regex: str | None = None
    pattern: str | None = None
    regex: str | None = None
    places: tuple[str, ...] = PLACES
    services: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReadyRule:
    """A rule that was checked. `find` is None when the whole value is meant."""

    name: str
    action: str
    places: frozenset[str]
    key: "re.Pattern[str] | None"
    find: Find | None
    services: "re.Pattern[str] | None"
    literal: bytes
    """Each key that matches has these bytes; empty when nothing can be said."""
    hint: Callable[[bytes], bool] | None

    def may_concern(self, payload: bytes) -> bool:
        """False only when nothing in an encoded request can match."""
        return self.literal in payload and (self.hint is None or self.hint(payload))

    def takes_key(self, key: str) -> bool:
        return self.key is None or self.key.fullmatch(key) is not None

    def takes_service(self, service: str | None) -> bool:
        """None is a service that isn't known yet: better one value too many than one too few."""
        return self.services is None or service is None or self.services.fullmatch(service) is not None

    @cached_property
    def reads_texts(self) -> bool:
        """Whether it also concerns the texts that are no attributes: names, messages, bodies."""
        return self.key is None


def ready_rules(rules: Sequence[AttributeRule]) -> tuple[ReadyRule, ...]:
    """The rules, checked and compiled. Raises ConfigurationError that names the rule."""
    ready = tuple(_ready(rule, rule.name or f"rule {number}") for number, rule in enumerate(rules, start=1))
    names = [rule.name for rule in ready]
    for name in names:
        if names.count(name) > 1:
            raise ConfigurationError(f"two rules are called {name!r}; give each a name of its own")
    return ready


def check_rules(key: str, rules: Sequence[AttributeRule], source: str) -> None:
    """Raise ConfigurationError, which names the setting and where it is from, unless the rules can be carried out."""
    try:
        ready_rules(rules)
    except ConfigurationError as error:
        raise ConfigurationError(f"{key} in {source}: {error}") from error


def _ready(rule: AttributeRule, name: str) -> ReadyRule:
    try:
        _check(rule)
        return ReadyRule(
            name=name,
            action=rule.action,
            places=frozenset(rule.places),
            key=_key(rule),
            find=_find(rule),
            services=re.compile("|".join(map(translate, rule.services))) if rule.services else None,
            literal=_literal(rule.key),
            hint=None if rule.pattern is None else HINTS[rule.pattern],
        )
    except ConfigurationError as error:
        raise ConfigurationError(f"{name}: {error}") from error


def _check(rule: AttributeRule) -> None:
    for one, other in (("key", "key_regex"), ("pattern", "regex")):
        if getattr(rule, one) is not None and getattr(rule, other) is not None:
            raise ConfigurationError(f"it has {one} and {other}; leave one of them out")
    if all(getattr(rule, field) is None for field in ("key", "key_regex", "pattern", "regex")):
        raise ConfigurationError("it would take every value; say key, key_regex, pattern or regex")
    if rule.action not in ACTIONS:
        raise ConfigurationError(f"{rule.action!r} is no action; there are: {', '.join(ACTIONS)}")
    if not rule.places:
        raise ConfigurationError(f"it has no places; there are: {', '.join(PLACES)}")
    for place in rule.places:
        if place not in PLACES:
            raise ConfigurationError(f"{place!r} is no place; there are: {', '.join(PLACES)}")


def _key(rule: AttributeRule) -> "re.Pattern[str] | None":
    if rule.key is not None:
        return re.compile(translate(rule.key))
    if rule.key_regex is None:
        return None
    expression(rule.key_regex)  # for its complaints
    return re.compile(rule.key_regex)


def _find(rule: AttributeRule) -> Find | None:
    if rule.regex is not None:
        return expression(rule.regex)
    if rule.pattern is None:
        return None
    if rule.pattern not in PATTERNS:
        raise ConfigurationError(f"{rule.pattern!r} is no pattern; there are: {', '.join(sorted(PATTERNS))}")
    return PATTERNS[rule.pattern]


def _literal(glob: str | None) -> bytes:
    """The longest part of a glob without wildcards."""
    parts = [] if glob is None else re.split(r"\*|\?|\[.*\]", glob)
    return max(parts, key=len, default="").encode()


class Replacement:
    """What values become: a mask, or a hash that nobody can make without the secret."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != SECRET_BYTES:
            raise ValueError(f"the secret has {SECRET_BYTES} bytes, this one {len(secret)}")
        self._secret = secret

    def replace(self, action: str, text: str) -> str:
        """Equal texts have equal hashes."""
        return self.hash(text.encode()) if action == "hash" else MASK

    def hash(self, data: bytes) -> str:
        """32 hexadecimal digits behind `hash:`."""
        return f"hash:{hashlib.blake2b(data, key=self._secret, digest_size=_HASH_BYTES).hexdigest()}"


RULE_FIELDS = AttributeRule.__struct_fields__
